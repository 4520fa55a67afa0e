"""The application of one process of `serve`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial

from prometheus_client import CollectorRegistry

from compensation_service import logs
from compensation_service.cli import collector
from compensation_service.main import create_app
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.worker import make_sender, make_worker
from compensation_service.worker_metrics import WorkerMetrics


def application() -> object:
    """Put together the ASGI application, with settings from the environment."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    beside = partial(_working, settings) if settings.with_worker else nullcontext
    app = create_app(settings, beside=beside)
    collector.pass_over()
    return app


@asynccontextmanager
async def _working(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Let a worker run meanwhile, on connections of its own."""
    store = open_settings_store(settings)
    made = make_worker(settings, store, make_sender(settings), metrics=WorkerMetrics(registry))
    running = asyncio.create_task(made.run())
    try:
        yield
    finally:
        made.stop()
        await running
        store.close()
