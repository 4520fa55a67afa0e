"""What the customer gets, in one sentence: a promise in the first person, made of one clause for each remedy."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.options import Remedy
from compensation_service.letters.catalogues import Remedies, catalogue
from compensation_service.letters.money import display
from compensation_service.letters.numbers import day

Given: TypeAlias = tuple[RemedyKind, str | None, datetime | None]
"""A remedy as it is said: its kind, its money in words, the moment until which it is valid."""


def remedy_text(language: str, kind: RemedyKind, money_text: str | None, valid_until: datetime | None) -> str:
    """Promise one remedy. `money_text` is its face value as display() writes it, `valid_until` an aware moment."""
    return _promise(language, [(kind, money_text, valid_until)])


def option_text(language: str, remedies: Sequence[Remedy], currency: str) -> str:
    """Promise a whole option, which holds at least one remedy; `currency` is that of the decision."""
    return _promise(
        language,
        [
            (
                remedy.kind,
                None if remedy.value is None else display(remedy.value, currency, language),
                remedy.valid_until,
            )
            for remedy in remedies
        ],
    )


def _promise(language: str, given: Sequence[Given]) -> str:
    words = catalogue(language).remedies
    clauses = [_clause(words, language, *one) for one in given if one[0] is not RemedyKind.APOLOGY]
    if not clauses:
        return words.apology
    *first, last = clauses
    joined = words.between.join(first) + words.last + last if first else last
    frame = words.sentence if len(clauses) == len(given) else words.with_apology
    text = frame.replace("{clauses}", joined)
    return text[0].upper() + text[1:]


def _clause(words: Remedies, language: str, kind: RemedyKind, money: str | None, until: datetime | None) -> str:
    clause = words.plain[kind] if money is None else words.with_money[kind].replace("{money}", money)
    if until is None:
        return clause
    return clause + words.until.replace("{day}", day(until, language, words.date))
