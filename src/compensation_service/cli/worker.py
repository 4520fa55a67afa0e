"""`worker`: what happens by itself."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server

from compensation_service import logs
from compensation_service.api.telemetry import process_registry
from compensation_service.cli import server, terminal
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store.store import Store
from compensation_service.worker import make_sender, make_worker
from compensation_service.worker_metrics import WorkerMetrics


def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now and stop.")] = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port on which Prometheus finds /metrics.", show_default="none")
    ] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Send webhooks; let offers expire, accept defaults, remind of follow-ups, escalate broken clocks; until stopped.

    Several may run at once, and any of them may be killed. SIGTERM and Ctrl-C let it end what it has in hand.

    With --once exit code 1 tells that something could not be settled.
    """
    if once and metrics_port:
        raise typer.BadParameter("there is nobody to ask once it is done: leave one of --once and --metrics-port out")
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    store = open_settings_store(settings)
    try:
        if once:
            counts = asyncio.run(_once(settings, store))
        else:
            registry = process_registry()
            metrics = WorkerMetrics(registry)
            with (
                _served(registry, server.host_of(settings.environment), metrics_port) if metrics_port else nullcontext()
            ):
                asyncio.run(_until_told(settings, store, metrics))
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


@contextmanager
def _served(registry: CollectorRegistry, host: str, port: int) -> Iterator[None]:
    """Let Prometheus ask meanwhile. Raises OSError if the port is taken."""
    serving, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        serving.shutdown()
        serving.server_close()
        thread.join()


async def _until_told(settings: Settings, store: Store, metrics: WorkerMetrics) -> None:
    made = make_worker(settings, store, make_sender(settings), metrics=metrics)
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, made.stop)
    terminal.tell("Working; Ctrl-C stops.")
    await made.run()
