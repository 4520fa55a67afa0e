"""An offer as a person at a terminal reads it."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Document = Mapping[str, Any]


def offer(document: Document) -> RenderableType:
    """Show an offer, as the HTTP interface answers it: what is offered, then every reason."""
    return Group(
        Text(_heading(document), "bold"), _options(document), _reasons(document), Text(_clocks(document), "dim")
    )


def _heading(document: Document) -> str:
    severity, goodwill = document["severity"], document["goodwill"]
    words = [
        document.get("id") or "preview",
        document["incident"]["reference"] or "",
        f"{severity['band']} ({severity['score']})",
        f"goodwill {goodwill['amount']['display']}",
        document["status"].replace("_", " "),
    ]
    return " · ".join(filter(None, words))


def _options(document: Document) -> Table:
    table = _table("option", "what the customer gets", "worth", "cost")
    for option in document["options"]:
        mark = " ★" if option["id"] == document["default_option"] else ""
        table.add_row(option["id"] + mark, option["text"], option["worth"]["display"], option["cost"]["display"])
    return table


def _reasons(document: Document) -> Table:
    table = _table("because of", "value", "in words")
    for owed in document["entitlements"]:
        amount = owed["amount"]["display"] if owed["amount"] else ""
        table.add_row(f"owed: {owed['scheme']}", amount, owed["text"])
    for part in ("severity", "loyalty", "goodwill"):
        _add(table, document[part]["factors"])
    _add(table, [document["goodwill"]["refused"]] if document["goodwill"]["refused"] else [])
    _add(table, document["guards"])
    _add(table, document["approval"]["reasons"] if document["approval"] else [])
    return table


def _add(table: Table, reasons: Iterable[Document]) -> None:
    for reason in reasons:
        table.add_row(reason["code"], reason.get("value", ""), reason["text"])


def _clocks(document: Document) -> str:
    return f"Answer by {document['respond_by']}; the offer ends {document['expires_at']}."


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, justify="right" if name in {"value", "worth", "cost"} else "left", overflow="fold")
    return table
