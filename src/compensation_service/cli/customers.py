"""`customers`: erasing what identifies one."""

from typing import Annotated

import typer

from compensation_service.cli import terminal
from compensation_service.cli.merchant import Merchant, demand_known
from compensation_service.clock import random_id, system_clock
from compensation_service.domain.api_key import COMMAND_LINE
from compensation_service.services.erasure import ErasureService
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store

app = typer.Typer(help="Erase customers.", no_args_is_help=True)


@app.command()
def erase(
    reference: Annotated[str, typer.Argument(help="The shop's own name for the customer.")],
    merchant: Merchant,
    *,
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be taken back.")] = False,
    as_json: terminal.AsJson = False,
) -> None:
    """Remove what identifies a customer from everything, for ever. What was decided, given and counted stays."""
    if not sure:
        typer.confirm(f"Erase {reference} of {merchant}? It cannot be taken back.", abort=True, err=True)
    store = open_settings_store(Settings())
    try:
        demand_known(store, merchant)
        done = ErasureService(store, system_clock, random_id).erase(merchant, reference, COMMAND_LINE)
    finally:
        store.close()
    if as_json:
        terminal.answer_json({"incidents": done})
    else:
        terminal.answer(f"incidents erased: {done}")
