"""What the demonstration prints."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from compensation_service import printout
from compensation_service.demo.help_desk import Told
from compensation_service.letters.money import display

Document = dict[str, Any]
Pair: TypeAlias = tuple[Document, Document]
"""A request and the offer that it got."""

BANDS = ("trivial", "low", "moderate", "high", "critical")


def story(offers: Sequence[Document], fresh: int, sent: int, seconds: float) -> RenderableType:
    """Sum up: how many, how serious, in which state, what was given."""
    known = f", {sent - fresh} were known and kept their offers" if sent > fresh else ""
    line = f"{sent} incidents in {seconds:.1f} s: {fresh} new offers{known}; {len(offers)} stored and found again."
    bands = Counter(offer["severity"]["band"] for offer in offers)
    statuses = Counter(offer["status"].replace("_", " ") for offer in offers)
    side_by_side = Table.grid(padding=(0, 6))
    side_by_side.add_row(
        _counts("band", [(band, bands[band]) for band in BANDS]),
        _counts("status", statuses.most_common()),
    )
    return Group(Text(line, "bold"), "", side_by_side, "", _money(offers), "")


def most_telling(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """The request and the offer from which most is learned, of each language."""
    best: dict[str, Pair] = {}
    for case, offer in pairs:
        language = case["customer"]["locale"][:2]
        if language not in best or _telling(offer) > _telling(best[language][1]):
            best[language] = case, offer
    return best


def example(best: Mapping[str, Pair]) -> RenderableType:
    """One offer with all its reasons, and what a customer of each language reads."""
    case, offer = best["en"]
    said = [Text(f"  {case['incident']['summary']}\n  → {_default_text(offer)}\n") for case, offer in best.values()]
    complaint = Text(f"One of them: “{case['incident']['summary']}”", "dim")
    return Group(complaint, printout.offer(offer), "", Text("To customers", "dim"), *said)


def addresses(offer: Document, best: Mapping[str, Pair], letters: Path, token: str, address: str) -> RenderableType:
    """Where to go on from here; `letters` is a page with every kind of letter."""
    pages = {language: address + urlsplit(told["links"]["customer"]).path for language, (_, told) in best.items()}
    lines = [
        "",
        *[f"Customer {language} {page}" for language, page in sorted(pages.items())],
        f"Letters     {letters}, the four languages side by side",
        f"Interface   {address}/docs",
        f"Problems    {address}/problems/unusable_facts",
        f"Metrics     {address}/metrics",
        f"One offer   curl -s -H 'Authorization: Bearer {token}' {address}/offers/{offer['id']}",
        f"A list      curl -s -H 'Authorization: Bearer {token}' '{address}/offers?band=critical&limit=5'",
    ]
    return Text("\n".join(lines))


def answered(told: Told) -> RenderableType:
    """What became of a help desk's webhook."""
    lines = [
        f"A help desk's webhook: “{told.ticket}”",
        f"  → {_default_text(told.offer)}",
        f"  Decided, and told to a receiver on this machine {told.seconds:.1f} s later; its signature is good.",
    ]
    return Text("\n".join(lines))


def _telling(offer: Document) -> tuple[bool, bool, int]:
    """How much a reader learns from an offer: a plain one with money, open to the customer, with many reasons."""
    reasons = sum(len(offer[part]["factors"]) for part in ("severity", "loyalty", "goodwill"))
    return offer["status"] == "open", offer["goodwill"]["amount"]["amount"] > 0, len(offer["options"]) * 3 + reasons


def _currency(offer: Document) -> str:
    currency: str = offer["goodwill"]["amount"]["currency"]
    return currency


def _default_text(offer: Document) -> str:
    text: str = next(option["text"] for option in offer["options"] if option["id"] == offer["default_option"])
    return text


def _counts(name: str, counted: Iterable[tuple[str, int]]) -> Table:
    table = Table(name, "offers", box=None, header_style="dim")
    for value, count in counted:
        table.add_row(value, str(count))
    return table


def _money(offers: Iterable[Document]) -> Table:
    """What was given, a line a currency: they are never added up."""
    goodwill: Counter[str] = Counter()
    owed: Counter[str] = Counter()
    for offer in offers:
        currency = _currency(offer)
        goodwill[currency] += offer["goodwill"]["amount"]["amount"]
        amounts = (item["amount"] for item in offer["entitlements"] if item["amount"])
        owed[currency] += sum(amount["amount"] for amount in amounts if amount["currency"] == currency)
    table = Table("currency", box=None, header_style="dim")
    for column in ("owed", "goodwill"):
        table.add_column(column, justify="right")
    for currency in sorted(goodwill):
        table.add_row(currency, *(display(given[currency], currency, "en") for given in (owed, goodwill)))
    return table
