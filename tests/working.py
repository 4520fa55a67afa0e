"""A worker in a process of its own, for tests that kill it."""

import asyncio
import signal

from compensation_service.settings import Settings
from compensation_service.store.store import open_store
from compensation_service.worker import Pace, make_sender, make_worker


def work(database_url: str, secret_key: str) -> None:
    """Work until told to stop."""
    settings = Settings(database_url=database_url, secret_key=secret_key, webhooks_to_localhost=True)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    store = open_store(settings.database_url)
    worker = make_worker(settings, store, make_sender(settings), Pace(look_s=0.05))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    store.close()
