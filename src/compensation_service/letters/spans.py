"""Lengths of time as people say them: "3 days", "more than 3 days", "45 minutes"."""

from decimal import Decimal
from typing import Final

from compensation_service.letters.numbers import number, plural
from compensation_service.letters.wording import texts

UNITS: Final = (("days", 1440, 2880), ("hours", 60, 120), ("minutes", 1, 1))
"""A unit, its minutes, and from how many minutes on it is used: two days are days, one and a half are hours."""


def span(minutes: Decimal, language: str) -> str:
    """A length of time, in the case that "it took …" asks for; parts of a unit are said as "more than"."""
    spans = texts(language).spans
    for unit, size, least in UNITS:
        if minutes >= least:
            count = int(minutes // size)
            forms = spans[unit if minutes == count * size else f"{unit}_over"]
            return forms[plural(count, language)].format(n=number(count, language))
    return texts(language).words["spans.under_minute"]
