"""Calendars of a document: public holidays by country, frozen into the scheme when it is read."""

from collections.abc import Callable, Collection
from datetime import date
from functools import cache
from typing import TypeAlias

import holidays

from compensation_service.decision.schemes.calendars import WEEKDAYS, Calendar
from compensation_service.policies.problems import Path
from compensation_service.policies.schemes.document import CalendarTerms
from compensation_service.policies.schemes.scope import Broken

FIRST_YEAR, LAST_YEAR = 2010, 2040
"""The years for which holidays are resolved."""


Holidays: TypeAlias = Callable[[str, str | None], Collection[date]]
"""The public holidays of a country (ISO 3166) or a region of it; NotImplementedError where none are known."""


@cache
def of_library(country: str, region: str | None) -> Collection[date]:
    """The public holidays as the library that is installed knows them."""
    return frozenset(holidays.country_holidays(country, subdiv=region, years=range(FIRST_YEAR, LAST_YEAR + 1)))


def read_calendar(name: str, terms: CalendarTerms, path: Path, holidays_of: Holidays) -> Calendar:
    """A calendar with its days; Broken for a country or weekday that is not known."""
    unknown = [day for day in terms.weekend if day not in WEEKDAYS]
    if unknown:
        advice = f"Write days such as {WEEKDAYS[5]}."
        raise Broken((*path, "weekend"), "calendar", f"`{unknown[0]}` is no day of the week.", advice)
    days = _public(terms, path, holidays_of) | {_day(text, (*path, "also")) for text in terms.also}
    days -= {_day(text, (*path, "worked")) for text in terms.worked}
    weekend = tuple(WEEKDAYS.index(day) for day in terms.weekend)
    if len(weekend) == len(WEEKDAYS):
        raise Broken((*path, "weekend"), "calendar", "no day is left to work on.", "Leave out a day.")
    return Calendar(name, frozenset(days), date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31), weekend)


def _day(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Broken(path, "date", f"there is no {text}.", "Write a day that exists.") from None


def _public(terms: CalendarTerms, path: Path, holidays_of: Holidays) -> set[date]:
    if terms.country is None:
        return set()
    try:
        return set(holidays_of(terms.country, terms.region))
    except NotImplementedError as error:
        advice = "Use a code of ISO 3166, or list the days yourself under `also`."
        raise Broken((*path, "country"), "calendar", f"no holidays are known there ({error}).", advice) from None
