"""`serve`: the HTTP service."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Annotated

import typer

from compensation_service import logs
from compensation_service.cli import database, server, terminal
from compensation_service.main import create_app
from compensation_service.settings import PREFIX, Environment, Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.worker import make_sender, make_worker

EVERYWHERE = "0.0.0.0"  # noqa: S104 - in production the network in front decides who may reach us
HERE = "127.0.0.1"
GC_AFTER_ALLOCATIONS = 10_000
"""How many containers are made before the collector looks at the young ones; a request makes a few hundred."""


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on; otherwise 127.0.0.1, in production all.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work.")] = 1,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Do the work of `worker` too.")] = False,
) -> None:
    """Answer requests over HTTP until told to stop. In development the database is brought up to date first."""
    if with_worker:
        os.environ[f"{PREFIX}WITH_WORKER"] = "true"  # processes that share the work read their settings themselves
    settings = Settings()
    if settings.environment is Environment.DEVELOPMENT:
        database.bring_up(settings)
    host = host or (EVERYWHERE if settings.environment is Environment.PRODUCTION else HERE)
    terminal.tell(f"Serving on http://{host}:{port} ({settings.environment}); Ctrl-C stops.")
    service = server.Service(
        "compensation_service.cli.serve:application", host, port, settings.keep_alive_seconds, settings.draining
    )
    try:
        went_well = server.run(service, workers)
    except SystemExit as left:  # uvicorn has exit codes of its own
        raise typer.Exit(1 if left.code else 0) from left
    if not went_well:
        raise typer.Exit(1)


def application() -> object:
    """Put together the ASGI application of one process, with settings from the environment."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    beside = partial(_working, settings) if settings.with_worker else nullcontext
    app = create_app(settings, beside=beside)
    _spare_the_collector()
    return app


@asynccontextmanager
async def _working(settings: Settings) -> AsyncIterator[None]:
    """Let a worker run meanwhile, on connections of its own."""
    store = open_settings_store(settings)
    made = make_worker(settings, store, make_sender(settings))
    running = asyncio.create_task(made.run())
    try:
        yield
    finally:
        made.stop()
        await running
        store.close()


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what lives as long as the process: it stopped requests for tens of ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_AFTER_ALLOCATIONS, *gc.get_threshold()[1:])
