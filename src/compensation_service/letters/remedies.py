"""What the customer gets, in one sentence: a promise in the first person, made of one clause for each remedy."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.options import Remedy
from compensation_service.letters.catalogues import Remedies, catalogue
from compensation_service.letters.money import display
from compensation_service.letters.numbers import day, day_of

Given: TypeAlias = tuple[RemedyKind, int | None, date | None]
"""A remedy as it is given: its kind, its face value in minor units, the last day on which it is valid."""
Said: TypeAlias = tuple[RemedyKind, str | None, date | None]
"""The same with its money in words."""


def remedy_text(language: str, kind: RemedyKind, money_text: str | None, valid_until: datetime | None) -> str:
    """Promise one remedy. `money_text` is its face value as display() writes it, `valid_until` an aware moment."""
    return _sentence(language, [(kind, money_text, valid_until and day_of(valid_until))])


def option_text(language: str, remedies: Sequence[Remedy], currency: str) -> str:
    """Promise a whole option, which holds at least one remedy; `currency` is that of the decision."""
    given = [(remedy.kind, remedy.value, remedy.valid_until and day_of(remedy.valid_until)) for remedy in remedies]
    return _promise(language, currency, *given)


@lru_cache(maxsize=4096)  # amounts are neat and vouchers made on one day end on one: few promises differ
def _promise(language: str, currency: str, *given: Given) -> str:
    money = [None if value is None else display(value, currency, language) for _, value, _ in given]
    return _sentence(language, [(kind, text, until) for (kind, _, until), text in zip(given, money, strict=True)])


def _sentence(language: str, said: Sequence[Said]) -> str:
    words = catalogue(language).remedies
    clauses = [_clause(words, language, *one) for one in said if one[0] is not RemedyKind.APOLOGY]
    if not clauses:
        return words.apology
    *first, last = clauses
    joined = words.between.join(first) + words.last + last if first else last
    frame = words.sentence if len(clauses) == len(said) else words.with_apology
    text = frame.replace("{clauses}", joined)
    return text[0].upper() + text[1:]


def _clause(words: Remedies, language: str, kind: RemedyKind, money: str | None, until: date | None) -> str:
    clause = words.plain[kind] if money is None else words.with_money[kind].replace("{money}", money)
    if until is None:
        return clause
    return clause + words.until.replace("{day}", day(until, language, words.date))
