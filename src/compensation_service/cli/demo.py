"""`demo`: the whole service in one command."""

from typing import Annotated

import typer

from compensation_service.cli import terminal
from compensation_service.demo.client import Refused
from compensation_service.demo.run import FIRST_PORT
from compensation_service.demo.run import demo as run


def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65000, help="Where to listen; if taken, the next free port.")
    ] = FIRST_PORT,
) -> None:
    """Start the service, let it decide on 300 made-up incidents, show what came out; Ctrl-C stops.

    A second run sends the same incidents and gets the same offers.

    With DEMO_ONCE=1 in the environment it checks that all of them are stored and found again, and stops by itself.
    """
    try:
        run(port)
    except Refused as error:
        terminal.complain(str(error))
        raise typer.Exit(1) from error
