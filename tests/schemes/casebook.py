"""The published cases of schemes, and what a scheme answers to them."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import SchemeResult
from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.policies.iso import exponent
from compensation_service.policies.schemes.load import load_scheme

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
FOLDERS = (ROOT / "src/compensation_service/policies/packs/schemes", ROOT / "examples/schemes")
BY_REGIME = {"EU": "eu-2011-83-withdrawal", "IR": "ir-ecl-37-withdrawal"}
"""One casebook is about two laws; each has a document of its own."""


@dataclass(frozen=True)
class Case:
    """One published case; `facts` are told to the scheme as they stand, but for what the casebook puts elsewhere."""

    book: str
    number: int
    scheme: str
    facts: Mapping[str, Any]
    currency: str
    expect: Mapping[str, Any]
    flags: tuple[str, ...]

    @property
    def is_ambiguous(self) -> bool:
        """Whether the source leaves the case open."""
        return "ambiguous" in self.flags

    def __str__(self) -> str:
        return f"{self.book}-{self.number}"


def cases_of(book: Path) -> list[Case]:
    data = json.loads(book.read_text(encoding="utf-8"))
    found = []
    for number, case in enumerate(data["cases"], 1):
        facts = dict(case["input"])
        scheme = BY_REGIME.get(facts.pop("regime", ""), data["id"])
        if "rate_at_order" in facts:
            facts["order_currency"] = case["currency"]
        found.append(
            Case(data["id"], number, scheme, facts, case["currency"], case["expect"], tuple(case.get("flags", ())))
        )
    return found


def all_cases() -> list[Case]:
    return [case for book in sorted(CASES.glob("*.json")) for case in cases_of(book)]


@cache
def scheme_of(name: str) -> Scheme:
    return load_scheme(next(path for folder in FOLDERS for path in folder.glob(f"{name}.yaml")))


def answer(case: Case) -> SchemeResult:
    return evaluate(scheme_of(case.scheme), case.facts)


def differences(case: Case, result: SchemeResult) -> list[str]:
    """What the answer says otherwise than the case; empty if they agree."""
    found = []
    for name, wanted in case.expect.items():
        got = said(name, wanted, case, result)
        if got != wanted:
            found.append(f"{name}: {wanted!r} expected, {got!r} said")
    if result.currency not in (case.currency, None):
        found.append(f"currency: {case.currency} expected, {result.currency} said")
    return found


def said(name: str, wanted: Any, case: Case, result: SchemeResult) -> Any:
    """The answer's value of an expectation, written as the case writes it."""
    if name == "amount":
        places = exponent(case.currency) or 0
        got = None if result.amount_minor is None else Decimal(result.amount_minor).scaleb(-places)
        return wanted if got is not None and got == Decimal(wanted) else str(got)
    if name == "remedies":
        kinds = list(result.remedies)
        return [kind for kind in kinds if kind in wanted] if case.book.startswith("marriott") else kinds
    if name == "deadline":
        dues = [component.due.span for component in result.components if component.due]
        return dues[0] if dues else None
    got = result.outputs.get(name, 0)
    if isinstance(wanted, str) and not isinstance(got, str):
        return wanted if Decimal(wanted) == got else str(got)
    return got


def table() -> str:
    """Each casebook, how many of its cases come out exactly, and which its source leaves open."""
    rows = [f"{'scheme':<36}{'cases':>6}{'exact':>6}  open in the source"]
    books: dict[str, list[Case]] = {}
    for case in all_cases():
        books.setdefault(case.book, []).append(case)
    for book, cases in books.items():
        exact = sum(not differences(case, answer(case)) for case in cases)
        still_open = ", ".join(str(case.number) for case in cases if case.is_ambiguous)
        rows.append(f"{book:<36}{len(cases):>6}{exact:>6}  {still_open}".rstrip())
    exact_books = sum(
        all(case.is_ambiguous or not differences(case, answer(case)) for case in cases) for cases in books.values()
    )
    return "\n".join([*rows, f"{exact_books} of {len(books)} schemes exact"])


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
