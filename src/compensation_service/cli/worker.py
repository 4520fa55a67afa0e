"""`worker`: what happens by itself."""

from dataclasses import asdict
from typing import Annotated

import typer

from compensation_service.cli import terminal
from compensation_service.clock import random_id, system_clock
from compensation_service.main import open_settings_store
from compensation_service.services.due import DueService
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.settings import Settings


def worker(
    *,
    _: Annotated[bool, typer.Option("--once", help="Do what is due now and stop: run it every minute.")],
    as_json: terminal.AsJson = False,
) -> None:
    """Let offers expire whose time has run out, and accept defaults that ask nothing of the customer.

    Exit code 1 if one of them could not be settled. Several workers may run at once.
    """
    store = open_settings_store(Settings())
    try:
        moves = OfferMoveService(store, system_clock, random_id)
        settled = DueService(store, moves, system_clock).settle()
    finally:
        store.close()
    if as_json:
        terminal.answer_json(asdict(settled))
    else:
        terminal.answer(f"expired {settled.expired}, accepted by default {settled.accepted}, refused {settled.refused}")
    raise typer.Exit(1 if settled.refused else 0)
