"""The facts a scheme declares, and reading them: exact, typed, refused where they are of another type."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.schemes.frame import ABSENT
from compensation_service.decision.schemes.numbers import Number, exact
from compensation_service.decision.word import Word

ITEMS_MAX = 1_000
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,18})?")


class FactType(Word):
    """What a fact can be."""

    MONEY = "money"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    LIST = "list"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class FactTerms:
    """One declared fact (or a field of a record, or an item of a list).

    `takes` names the standard fact that stands in for it. `may_be_none` says that null is an answer ("there was none").
    """

    type: FactType
    required: bool = True
    default: object = ABSENT
    unit: str = ""
    takes: str | None = None
    may_be_none: bool = False
    one_of: frozenset[str] = frozenset()
    items: "FactTerms | None" = None
    fields: Mapping[str, "FactTerms"] = field(default_factory=dict)

    reader: "Reader" = field(init=False, repr=False, compare=False)
    """How a value of its type is read; found once, as facts are read by the dozen in every decision."""

    def __post_init__(self) -> None:
        """Find the reader."""
        object.__setattr__(self, "reader", _READERS[self.type])

    @property
    def has_default(self) -> bool:
        """Whether something is assumed where it is not told."""
        return self.default is not ABSENT


def read_facts(declared: Mapping[str, FactTerms], told: Mapping[str, object], zone: tzinfo) -> dict[str, object]:
    """The declared facts among those told, as exact values; a fact that was not told is left out.

    A moment told for a date is the date it falls on in the zone; one told without an offset is local there.
    UnusableFacts names the fact that is not of its type. Facts that the scheme does not know are left alone.
    """
    known: dict[str, object] = {}
    for name, terms in declared.items():
        raw = told.get(name)
        if raw is None and terms.takes is not None and name not in told:
            raw = told.get(terms.takes)
        if raw is not None:
            try:
                known[name] = read(terms, raw, zone)
            except UnusableFacts as error:
                raise _inside(name, error) from None
        elif terms.may_be_none and (name in told or terms.takes in told):
            known[name] = None
        elif terms.default is not ABSENT:
            known[name] = terms.default
    return known


def read(terms: FactTerms, raw: object, zone: tzinfo) -> object:
    """One fact as an exact value; UnusableFacts, with the place inside of it, where it is not of its type."""
    value = terms.reader(terms, raw, zone)
    if value is None:
        raise _unusable(EXPECTED[terms.type])
    if terms.one_of and value not in terms.one_of:
        raise _unusable("one of " + ", ".join(sorted(terms.one_of)))
    return value


def _inside(name: object, error: UnusableFacts) -> UnusableFacts:
    return UnusableFacts(f"/{name}{error.pointer}", error.code, error.detail)


EXPECTED = {
    FactType.MONEY: 'an amount such as "46.00"',
    FactType.INTEGER: "a whole number",
    FactType.DECIMAL: 'a decimal such as "99.95"',
    FactType.BOOLEAN: "true or false",
    FactType.TEXT: "a text",
    FactType.DATE: 'a date such as "2025-03-01"',
    FactType.MOMENT: 'a moment such as "2025-03-01T18:30:00Z"',
    FactType.TIME: 'a time of day such as "23:30"',
    FactType.LIST: f"a list of at most {ITEMS_MAX} items",
    FactType.RECORD: "a record of named fields",
}


def _unusable(expected: str) -> UnusableFacts:
    return UnusableFacts("", "unusable_fact", f"The scheme expects {expected}.")


# Each reader answers None for what is not of its type.


def _record(terms: FactTerms, raw: object, zone: tzinfo) -> dict[str, object] | None:
    return read_facts(terms.fields, raw, zone) if isinstance(raw, Mapping) else None


def _items(terms: FactTerms, raw: object, zone: tzinfo) -> tuple[object, ...] | None:
    if not isinstance(raw, (list, tuple)) or len(raw) > ITEMS_MAX or terms.items is None:
        return None
    items: list[object] = []
    try:
        for item in raw:
            items.append(read(terms.items, item, zone))  # noqa: PERF401 — how far it came is the place of the error
    except UnusableFacts as error:
        raise _inside(len(items), error) from None
    return tuple(items)


def _number(_: FactTerms, raw: object, _zone: tzinfo) -> Number | None:
    if isinstance(raw, (int, Fraction)):
        return None if isinstance(raw, bool) else raw
    if isinstance(raw, Decimal):
        return exact(raw) if raw.is_finite() else None
    if isinstance(raw, str) and _DECIMAL.fullmatch(raw):
        units, __, decimals = raw.partition(".")
        decimals = decimals.rstrip("0")
        return Fraction(int(units + decimals), 10 ** len(decimals)) if decimals else int(units)
    return None


def _integer(terms: FactTerms, raw: object, zone: tzinfo) -> int | None:
    value = _number(terms, raw, zone)
    return value if isinstance(value, int) else None


def _text(_: FactTerms, raw: object, __: tzinfo) -> str | None:
    return raw if isinstance(raw, str) else None


def _boolean(_: FactTerms, raw: object, __: tzinfo) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _date(terms: FactTerms, raw: object, zone: tzinfo) -> date | None:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raw = _moment(terms, raw, zone)
    if isinstance(raw, datetime):
        return (raw if raw.tzinfo is not None else raw.replace(tzinfo=zone)).astimezone(zone).date()
    return raw if isinstance(raw, date) else None


def _moment(_: FactTerms, raw: object, zone: tzinfo) -> datetime | None:
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            return None
    if not isinstance(raw, datetime):
        return None
    return raw if raw.tzinfo is not None else raw.replace(tzinfo=zone)


def _time(_: FactTerms, raw: object, __: tzinfo) -> time | None:
    if isinstance(raw, time):
        return raw
    if isinstance(raw, str):
        try:
            return time.fromisoformat(raw)
        except ValueError:
            return None
    return None


Reader: TypeAlias = Callable[[FactTerms, object, tzinfo], object]

_READERS: Mapping[FactType, Reader] = {
    FactType.MONEY: _number,
    FactType.INTEGER: _integer,
    FactType.DECIMAL: _number,
    FactType.BOOLEAN: _boolean,
    FactType.TEXT: _text,
    FactType.DATE: _date,
    FactType.MOMENT: _moment,
    FactType.TIME: _time,
    FactType.LIST: _items,
    FactType.RECORD: _record,
}
