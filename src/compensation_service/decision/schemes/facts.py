"""The facts a scheme declares, and reading them: exact, typed, refused where they are of another type."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from fractions import Fraction

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

    @property
    def has_default(self) -> bool:
        """Whether something is assumed where it is not told."""
        return self.default is not ABSENT


def read_facts(
    declared: Mapping[str, FactTerms], told: Mapping[str, object], zone: tzinfo, pointer: str = ""
) -> dict[str, object]:
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
            known[name] = read(terms, raw, zone, f"{pointer}/{name}")
        elif terms.may_be_none and (name in told or terms.takes in told):
            known[name] = None
        elif terms.default is not ABSENT:
            known[name] = terms.default
    return known


def read(terms: FactTerms, raw: object, zone: tzinfo, pointer: str) -> object:
    """One fact as an exact value."""
    reader = _READERS.get(terms.type)
    if reader is None:
        inner = _record if terms.type is FactType.RECORD else _items
        return inner(terms, raw, zone, pointer)
    value = reader(raw)
    if value is None:
        raise _unusable(pointer, EXPECTED[terms.type])
    if terms.one_of and value not in terms.one_of:
        raise _unusable(pointer, "one of " + ", ".join(sorted(terms.one_of)))
    if isinstance(value, datetime):
        value = value if value.tzinfo is not None else value.replace(tzinfo=zone)
        return value.astimezone(zone).date() if terms.type is FactType.DATE else value
    return value


def _record(terms: FactTerms, raw: object, zone: tzinfo, pointer: str) -> dict[str, object]:
    if not isinstance(raw, Mapping):
        raise _unusable(pointer, "a record of named fields")
    return read_facts(terms.fields, raw, zone, pointer)


def _items(terms: FactTerms, raw: object, zone: tzinfo, pointer: str) -> tuple[object, ...]:
    if not isinstance(raw, list | tuple) or len(raw) > ITEMS_MAX or terms.items is None:
        raise _unusable(pointer, f"a list of at most {ITEMS_MAX} items")
    items = terms.items
    return tuple(read(items, item, zone, f"{pointer}/{place}") for place, item in enumerate(raw))


EXPECTED = {
    FactType.MONEY: 'an amount such as "46.00"',
    FactType.INTEGER: "a whole number",
    FactType.DECIMAL: 'a decimal such as "99.95"',
    FactType.BOOLEAN: "true or false",
    FactType.TEXT: "a text",
    FactType.DATE: 'a date such as "2025-03-01"',
    FactType.MOMENT: 'a moment such as "2025-03-01T18:30:00Z"',
    FactType.TIME: 'a time of day such as "23:30"',
}


def _unusable(pointer: str, expected: str) -> UnusableFacts:
    return UnusableFacts(pointer, "unusable_fact", f"The scheme expects {expected}.")


def _number(raw: object) -> Number | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | Fraction):
        return raw
    if isinstance(raw, Decimal):
        return exact(raw) if raw.is_finite() else None
    if isinstance(raw, str) and _DECIMAL.fullmatch(raw):
        units, _, decimals = raw.partition(".")
        decimals = decimals.rstrip("0")
        return Fraction(int(units + decimals), 10 ** len(decimals)) if decimals else int(units)
    return None


def _integer(raw: object) -> int | None:
    value = _number(raw)
    return value if isinstance(value, int) else None


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def _boolean(raw: object) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _date(raw: object) -> date | None:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return _moment(raw)
    return raw if isinstance(raw, date) else None


def _moment(raw: object) -> datetime | None:
    if isinstance(raw, str):
        try:
            raw = datetime.fromisoformat(raw)
        except ValueError:
            return None
    return raw if isinstance(raw, datetime) else None


def _time(raw: object) -> time | None:
    if isinstance(raw, time):
        return raw
    if isinstance(raw, str):
        try:
            return time.fromisoformat(raw)
        except ValueError:
            return None
    return None


_READERS: Mapping[FactType, Callable[[object], object]] = {
    FactType.MONEY: _number,
    FactType.INTEGER: _integer,
    FactType.DECIMAL: _number,
    FactType.BOOLEAN: _boolean,
    FactType.TEXT: _text,
    FactType.DATE: _date,
    FactType.MOMENT: _moment,
    FactType.TIME: _time,
}
