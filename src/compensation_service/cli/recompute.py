"""`recompute`: one stored decision again."""

from typing import Annotated

import orjson
import typer

from compensation_service.cli import terminal
from compensation_service.cli.merchant import Merchant
from compensation_service.clock import system_clock
from compensation_service.services.policy_book import PolicyBook
from compensation_service.services.recompute import recompute_stored
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store


def recompute_offer(
    offer: Annotated[str, typer.Argument(help="The offer's id, off_….")],
    merchant: Merchant,
    *,
    as_json: terminal.AsJson = False,
) -> None:
    """Decide a stored offer again, from its facts and by its version of the policy: exit code 0 if it is the same."""
    store = open_settings_store(Settings())
    try:
        found = recompute_stored(store, PolicyBook(store, system_clock), merchant, offer)
    finally:
        store.close()
    if as_json:
        terminal.answer_json(found)
    else:
        policy = found["policy"]
        verdict = "the same decision" if found["same"] else "another decision"
        terminal.answer(f"{offer}, by policy {policy['name']} version {policy['version']}: {verdict}.")
        if found["reworded"]:
            terminal.answer("It is said in other words than then.")
        rows = [[each["field"], _shown(each["old"]), _shown(each["new"])] for each in found["differences"]]
        if rows:
            terminal.answer(terminal.table(["where", "then", "now"], rows))
    raise typer.Exit(0 if found["same"] else 1)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
