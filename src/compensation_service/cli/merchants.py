"""`merchants`: whose incidents and offers these are."""

from typing import Annotated

import typer

from compensation_service.cli import terminal
from compensation_service.cli.merchant import demand_slug
from compensation_service.clock import system_clock
from compensation_service.domain.merchant import Merchant
from compensation_service.services.merchants import MerchantService
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store

app = typer.Typer(help="Create and list merchants.", no_args_is_help=True)


@app.command()
def create(
    merchant: Annotated[str, typer.Argument(callback=demand_slug, help="The merchant's id, such as my-shop.")],
    *,
    name: Annotated[
        str | None,
        typer.Option(
            callback=lambda text: text and terminal.in_words(text), help="Its name in your words; otherwise the id."
        ),
    ] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Create a merchant, which the package's default policy decides for until it activates one of its own."""
    store = open_settings_store(Settings())
    try:
        made = MerchantService(store, system_clock).create(merchant, name or merchant)
    finally:
        store.close()
    if as_json:
        terminal.answer_json(_document(made))
    else:
        terminal.tell(f"Merchant {made.id} is added; its first key: keys create --merchant {made.id} --name …")


@app.command("list")
def list_merchants(*, as_json: terminal.AsJson = False) -> None:
    """List every merchant."""
    store = open_settings_store(Settings())
    try:
        found = MerchantService(store, system_clock).list()
    finally:
        store.close()
    if as_json:
        terminal.answer_json([_document(merchant) for merchant in found])
    else:
        rows = [[merchant.id, merchant.name, f"{merchant.created_at:%Y-%m-%d %H:%M}"] for merchant in found]
        terminal.answer(terminal.table(["id", "name", "created"], rows))


def _document(merchant: Merchant) -> dict[str, object]:
    return {"id": merchant.id, "name": merchant.name, "created_at": merchant.created_at}
