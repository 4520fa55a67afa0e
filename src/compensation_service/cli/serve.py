"""`serve`: the HTTP service."""

import os
from typing import Annotated

import typer

from compensation_service.cli import database, server, terminal
from compensation_service.settings import PREFIX, Environment, Settings

APPLICATION = "compensation_service.cli.application:application"
"""Each process that does the work imports it; one that only looks after others does without."""


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
    host = host or server.host_of(settings.environment)
    bound = server.bind(host, port)
    if settings.environment is Environment.DEVELOPMENT:
        database.bring_up(settings)
    address = f"[{host}]" if ":" in host else host
    terminal.tell(f"Serving on http://{address}:{bound.getsockname()[1]} ({settings.environment}); Ctrl-C stops.")
    service = server.Service(APPLICATION, settings.keep_alive_seconds, settings.draining)
    try:
        went_well = server.run(service, bound, workers)
    except SystemExit as left:  # uvicorn has exit codes of its own
        raise typer.Exit(1 if left.code else 0) from left
    if not went_well:
        raise typer.Exit(1)
