"""The store that the settings name, for the app, the worker and the command line."""

from compensation_service.settings import Settings
from compensation_service.store.store import Store, open_store


def open_settings_store(settings: Settings) -> Store:
    """Open it. Connections are made when they are needed: nothing fails here while the database is away."""
    return open_store(
        settings.database_url,
        pool_size=settings.pool_size,
        connect_timeout_s=settings.database_connect_timeout_seconds,
    )
