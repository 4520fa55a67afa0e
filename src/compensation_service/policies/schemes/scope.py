"""Types and names: what a computation or condition may speak of at its place in the document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TypeAlias

from compensation_service.decision.schemes.calendars import Calendar
from compensation_service.decision.schemes.facts import FactTerms, FactType
from compensation_service.decision.schemes.frame import Term
from compensation_service.decision.schemes.terms import Bound, Fact
from compensation_service.policies.problems import Finding, Path


@dataclass(frozen=True, slots=True)
class Type:
    """What kind of thing a computation gives.

    `constant` is a plain figure of the document: it may stand for money or for a number.
    """

    name: str
    one_of: frozenset[str] = frozenset()
    item: "Type | None" = None
    fields: "Mapping[str, Type]" = field(default_factory=dict)
    unit: str = ""
    optional: bool = False
    is_whole: bool = False

    @property
    def is_number(self) -> bool:
        """Whether one can calculate with it."""
        return self.name in ("number", "money", "constant")

    @property
    def shown_unit(self) -> str:
        """What follows its figure in an explanation."""
        return "money" if self.name == "money" else self.unit


RESERVED = frozenset({"true", "false", "null", "in", "first_open"})
"""Names that mean something of their own, in conditions or to `on_silence`."""

NUMBER = Type("number")
WHOLE = Type("number", is_whole=True)
MONEY = Type("money")
CONSTANT = Type("constant")
TEXT = Type("text")
BOOLEAN = Type("boolean")
DATE = Type("date")
MOMENT = Type("moment")
TIME = Type("time")
DURATION = Type("duration")

Maker: TypeAlias = Callable[[str | None], Term]

_OF_FACTS = {
    FactType.MONEY: MONEY,
    FactType.INTEGER: WHOLE,
    FactType.DECIMAL: NUMBER,
    FactType.BOOLEAN: BOOLEAN,
    FactType.TEXT: TEXT,
    FactType.DATE: DATE,
    FactType.MOMENT: MOMENT,
    FactType.TIME: TIME,
}


def type_of(terms: FactTerms) -> Type:
    """The type of a declared fact."""
    if terms.type is FactType.LIST and terms.items is not None:
        return Type("list", item=type_of(terms.items), optional=not terms.required)
    if terms.type is FactType.RECORD:
        fields = {name: type_of(inner) for name, inner in terms.fields.items()}
        return Type("record", fields=fields, optional=not terms.required)
    return replace(_OF_FACTS[terms.type], one_of=terms.one_of, unit=terms.unit, optional=not terms.required)


class Broken(Exception):
    """A rule of the language is broken; carries one finding."""

    def __init__(self, path: Path, code: str, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.finding = Finding(path, code, reason, advice)


@dataclass(frozen=True, slots=True)
class Name:
    """Something that can be spoken of; `make` builds the term for it, or for one of its fields."""

    type: Type
    make: Maker
    terms: FactTerms | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """All names at a place."""

    names: Mapping[str, Name]
    calendars: Mapping[str, Calendar]

    def with_item(self, each: str, type_: Type) -> "Scope":
        """The same, and the item of a list under its name."""

        def make(field_: str | None) -> Term:
            inner = type_.fields[field_] if field_ is not None else type_
            return Bound(each, field_, inner.shown_unit)

        return Scope({**self.names, each: Name(type_, make)}, self.calendars)

    def find(self, name: str, path: Path) -> tuple[Term, Type]:
        """The term and type behind a name, a field after a dot included; Broken where there is none."""
        head, _, field_ = name.partition(".")
        known = self.names.get(head)
        if known is None:
            raise Broken(path, "unknown_name", f"`{head}` is not known here.", self._nearest(head))
        if not field_:
            return known.make(None), known.type
        inner = known.type.fields.get(field_)
        if inner is None:
            fields = ", ".join(known.type.fields) or "none"
            raise Broken(path, "unknown_name", f"`{head}` has no field `{field_}`.", f"Its fields are: {fields}.")
        return known.make(field_), inner

    def calendar(self, name: str, path: Path) -> Calendar:
        """A calendar of the document."""
        if name not in self.calendars:
            known = ", ".join(self.calendars) or "none yet"
            advice = f"Describe it under `calendars`; there are: {known}."
            raise Broken(path, "unknown_calendar", f"there is no calendar `{name}`.", advice)
        return self.calendars[name]

    def _nearest(self, name: str) -> str:
        alike = get_close_matches(name, self.names, n=2)
        hint = f" Did you mean {' or '.join(alike)}?" if alike else ""
        where = "Declare it under `facts`, `parameters` or `values`, above the place that uses it"
        return f"{where}; a text as it stands is {{text: {name}}}.{hint}"


def fact_maker(name: str, type_: Type) -> Maker:
    """How terms for a fact are built."""

    def make(field_: str | None) -> Term:
        inner = type_ if field_ is None else type_.fields[field_]
        return Fact(name, inner.shown_unit, field_)

    return make
