"""The facts a scheme declares, and reading them: exact, typed, refused where they are of another type."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
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
    form: "Form" = field(init=False, repr=False, compare=False)
    """The fields of a record."""

    def __post_init__(self) -> None:
        """Make it ready to be read."""
        object.__setattr__(self, "reader", _READERS[self.type])
        object.__setattr__(self, "form", Form(self.fields))

    @property
    def has_default(self) -> bool:
        """Whether something is assumed where it is not told."""
        return self.default is not ABSENT


Rows: TypeAlias = Sequence[tuple[str, str, FactTerms]]
"""Facts that may be told: the name of each, the name by which it is told, and its terms."""


class Form:
    """The facts that a scheme (or a record) declares, made ready to be read."""

    __slots__ = ("declared", "defaults")

    def __init__(self, declared: Mapping[str, FactTerms]) -> None:
        self.declared = declared
        self.defaults = {name: terms.default for name, terms in declared.items() if terms.has_default}

    def rows(self, told: Container[str]) -> Rows:
        """The facts that are told by these names, each with the name: its own, or that of the fact that it takes."""
        named = ((name, name if name in told else terms.takes, terms) for name, terms in self.declared.items())
        return tuple((name, source, terms) for name, source, terms in named if source is not None and source in told)

    def read(self, told: Mapping[str, object], zone: tzinfo, rows: Rows | None = None) -> dict[str, object]:
        """The declared facts among those told, as exact values; a fact that was not told is left out.

        A moment told for a date is the date it falls on in the zone; one told without an offset is local there.
        UnusableFacts names the first fact that is not of its type. Facts that are not declared are left alone. `rows`,
        where they are known before, must not leave out what is told: most declared facts never are.
        """
        known = self.defaults.copy()
        for name, source, terms in self.rows(told) if rows is None else rows:
            raw = told.get(source)
            if raw is not None:
                try:
                    value = known[name] = terms.reader(terms, raw, zone)
                except UnusableFacts as error:
                    raise _inside(name, error) from None
                if value is None:
                    raise _inside(name, _unusable(terms, raw))
            elif terms.may_be_none and source in told:
                known[name] = None
        return known


def read(terms: FactTerms, raw: object, zone: tzinfo) -> object:
    """One fact as an exact value; UnusableFacts, with the place inside of it, where it is not of its type."""
    value = terms.reader(terms, raw, zone)
    if value is None:
        raise _unusable(terms, raw)
    return value


def _unusable(terms: FactTerms, raw: object) -> UnusableFacts:
    expected = EXPECTED[terms.type]
    if terms.one_of and isinstance(raw, str):
        expected = "one of " + ", ".join(sorted(terms.one_of))
    return UnusableFacts("", "unusable_fact", f"The scheme expects {expected}.")


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


# Each reader answers None for what is not of its type.


def _record(terms: FactTerms, raw: object, zone: tzinfo) -> dict[str, object] | None:
    if not isinstance(raw, Mapping):
        return None
    known = terms.form.read(raw, zone)
    return {name: known[name] for name in terms.fields if name in known}


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


def _text(terms: FactTerms, raw: object, _: tzinfo) -> str | None:
    return raw if isinstance(raw, str) and (not terms.one_of or raw in terms.one_of) else None


def _boolean(_: FactTerms, raw: object, __: tzinfo) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _date(terms: FactTerms, raw: object, zone: tzinfo) -> date | None:
    if isinstance(raw, datetime):
        return _day(raw, zone)
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            moment = _moment(terms, raw, zone)
            return None if moment is None else moment.astimezone(zone).date()
    return raw if isinstance(raw, date) else None


@lru_cache(1024)  # several schemes ask about the same moments of a case
def _day(moment: datetime, zone: tzinfo) -> date:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(zone).date()


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
