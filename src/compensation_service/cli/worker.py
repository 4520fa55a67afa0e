"""`worker`: what happens by itself."""

import asyncio
import signal
from typing import Annotated

import typer

from compensation_service import logs
from compensation_service.cli import terminal
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store.store import Store
from compensation_service.worker import make_sender, make_worker


def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now and stop.")] = False,
    as_json: terminal.AsJson = False,
) -> None:
    """Send webhooks; let offers expire, accept defaults, remind of follow-ups, escalate broken clocks; until stopped.

    Several may run at once, and any of them may be killed. SIGTERM and Ctrl-C let it end what it has in hand.

    With --once exit code 1 tells that something could not be settled.
    """
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    store = open_settings_store(settings)
    try:
        if once:
            counts = asyncio.run(_once(settings, store))
        else:
            asyncio.run(_until_told(settings, store))
            return
    finally:
        store.close()
    if as_json:
        terminal.answer_json(counts)
    else:
        terminal.answer(
            f"expired {counts['expired']}, accepted by default {counts['accepted']}, refused {counts['refused']}, "
            f"reminded {counts['reminded']}, escalated {counts['escalated']}, sent {counts['sent']}"
        )
    raise typer.Exit(1 if counts["refused"] else 0)


async def _once(settings: Settings, store: Store) -> dict[str, int]:
    return await make_worker(settings, store, make_sender(settings)).run_once()


async def _until_told(settings: Settings, store: Store) -> None:
    made = make_worker(settings, store, make_sender(settings))
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, made.stop)
    terminal.tell("Working; Ctrl-C stops.")
    await made.run()
