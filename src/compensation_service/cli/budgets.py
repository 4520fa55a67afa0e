"""`budgets`: the most that goodwill may cost over a period."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import MAXYEAR, datetime
from typing import Annotated, Any

import typer

from compensation_service.api.fields import MONEY_MOST
from compensation_service.cli import terminal
from compensation_service.cli.merchant import Merchant
from compensation_service.clock import random_id, system_clock
from compensation_service.domain.api_key import COMMAND_LINE
from compensation_service.domain.budget import LOW_PERCENT_USUAL, AskedBudget, month
from compensation_service.services.budgets import BudgetService
from compensation_service.services.policy_book import PolicyBook
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store.budgets import BudgetFilter
from compensation_service.store.pages import LIMIT_MOST

AMOUNTS = ("limit", "reserved", "spent", "left")

app = typer.Typer(help="Make and read budgets for goodwill.", no_args_is_help=True)


@contextmanager
def budget_service() -> Iterator[BudgetService]:
    """Open the budgets of the database that the settings name."""
    store = open_settings_store(Settings())
    try:
        yield BudgetService(store, PolicyBook(store, system_clock), system_clock, random_id)
    finally:
        store.close()


@app.command()
def create(
    merchant: Merchant,
    name: Annotated[str, typer.Option(callback=terminal.in_words, help="What it is for, in your words.")],
    currency: Annotated[str, typer.Option(help="ISO 4217, such as EUR.")],
    limit: Annotated[int, typer.Option(min=0, max=MONEY_MOST, help="In minor units: 500000 is 5,000.00 EUR.")],
    in_month: Annotated[
        datetime, typer.Option("--month", formats=["%Y-%m"], help="The month in UTC, such as 2026-12.")
    ],
    *,
    category: Annotated[str | None, typer.Option(help="Only goodwill in this category; otherwise in all.")] = None,
    low_percent: Annotated[
        int, typer.Option(min=0, max=100, help="So much of the limit left, or less, is low.")
    ] = LOW_PERCENT_USUAL,
    as_json: terminal.AsJson = False,
) -> None:
    """Make a budget for a month and print its id. Over HTTP it can have any period.

    Example: compensation-service budgets create --merchant shop --name May --currency EUR --limit 50000 --month 2027-05
    """
    if in_month.year == MAXYEAR:
        raise typer.BadParameter("a month ends before the year 10000", param_hint="--month")
    starts_at, ends_at = month(in_month.year, in_month.month)
    asked = AskedBudget(name, currency, limit, starts_at, ends_at, category, low_percent)
    with budget_service() as budgets:
        made = budgets.create_as(merchant, asked, COMMAND_LINE)
    if as_json:
        terminal.answer_json(made)
    else:
        terminal.answer(made["id"])


@app.command("list")
def list_budgets(merchant: Merchant, *, as_json: terminal.AsJson = False) -> None:
    """List a merchant's budgets with what is reserved, spent and left, newest first."""
    with budget_service() as budgets:
        found = list(_all(budgets, merchant))
    if as_json:
        terminal.answer_json(found)
    else:
        terminal.answer(terminal.table(["id", "name", "category", "from", "until", *AMOUNTS], list(map(_row, found))))


@app.command()
def show(
    budget: Annotated[str, typer.Argument(help="The budget's id, bud_….")],
    merchant: Merchant,
    *,
    as_json: terminal.AsJson = False,
) -> None:
    """Show one budget as it stands."""
    with budget_service() as budgets:
        found = budgets.get(merchant, budget)
    if as_json:
        terminal.answer_json(found)
    else:
        terminal.answer(terminal.table(["", ""], [[name, _cell(value)] for name, value in found.items()]))


def _all(budgets: BudgetService, merchant: str) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page, after = budgets.page(merchant, BudgetFilter(), after, LIMIT_MOST)
        yield from page
        if after is None:
            return


def _row(budget: dict[str, Any]) -> list[str]:
    period = [budget[name][:10] for name in ("starts_at", "ends_at")]
    amounts = [budget[name]["display"] for name in AMOUNTS]
    return [budget["id"], budget["name"], budget["category"] or "all", *period, *amounts]


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return str(value["display"])
    return "" if value is None else str(value)
