"""What a scheme sees while it is evaluated: facts, what was computed from them, and which facts were lacking."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from compensation_service.decision.schemes.numbers import Number, show

if TYPE_CHECKING:
    from compensation_service.decision.schemes.scheme import Scheme

ITERATIONS_MAX = 100_000
"""Turns of all loops of one evaluation; more is refused."""


class Missing(Exception):
    """Facts without which something cannot be established."""

    def __init__(self, *names: str) -> None:
        self.names = tuple(dict.fromkeys(names)) if len(names) > 1 else names


class NotComputable(ValueError):
    """The facts are of the declared types, and yet an amount cannot be computed from them; says why."""


Held: TypeAlias = Any
"""What a term gives: a number, a text, a date, a list … The check of the document has proved which of them it is."""


class Term(Protocol):
    """One piece of a computation: its value, and the words in which it explains itself."""

    def value(self, frame: "Frame") -> Held:
        """The value; Missing where facts are lacking."""
        ...

    def words(self, frame: "Frame") -> str:
        """The computation with its figures filled in; only for a term whose value is known."""
        ...


class Absent:
    """Stands for a fact that was not told; `None` is one that is known not to exist."""


ABSENT = Absent()


class Frame:
    """One evaluation. `known` holds facts, values already computed, and amounts already owed, by name.

    `told` are the facts as the caller told them, `day` the one of a daily count, `bound` the items of lists that are
    gone through. `lacking` are the facts that named values lack: found out once, as raising and catching takes time.
    """

    __slots__ = ("bound", "day", "facts", "known", "lacking", "places", "scheme", "told", "turns")

    def __init__(
        self, scheme: "Scheme", facts: Mapping[str, object], told: Mapping[str, object], places: int = 2
    ) -> None:
        self.scheme = scheme
        self.facts = facts
        self.told = told
        self.places = places
        self.day: date | None = None
        self.known: dict[str, object] = {}
        self.bound: dict[str, object] = {}
        self.lacking: dict[str, tuple[str, ...]] = {}
        self.turns = 0

    def fork(self, day: date, bound: Mapping[str, object]) -> "Frame":
        """The same case, with dated parameters as of another day; amounts already owed stay."""
        frame = Frame(self.scheme, self.facts, self.told, self.places)
        frame.known = {name: value for name, value in self.known.items() if name not in self.scheme.values}
        frame.day, frame.bound = day, {**self.bound, **bound}
        return frame

    def replacing(self, names: Iterable[str]) -> "Frame":
        """The same case, where amounts already owed give way: what was judged before keeps those that it saw."""
        frame = Frame(self.scheme, self.facts, self.told, self.places)
        frame.known = {**self.known, **dict.fromkeys(names, 0)}
        frame.lacking, frame.turns = self.lacking, self.turns
        return frame

    def compute(self, name: str) -> Held:
        """A named value of the scheme, for the first time; Missing where facts are lacking."""
        if name in self.lacking:
            raise Missing(*self.lacking[name])
        recall = self.scheme.recalls.get(name)
        if recall is None or self.day is not None:
            return self.compute_anew(name)
        known, lacking = recall.outcome(self.places, *map(self.facts.get, recall.reads, repeat(ABSENT)))
        self.known |= known
        if lacking:
            self.lacking |= lacking
            if name in lacking:
                raise Missing(*lacking[name])
        return known[name]

    def compute_anew(self, name: str) -> Held:
        """A named value, whether or not it was computed before in a case like this."""
        try:
            held = self.known[name] = self.scheme.values[name].term.value(self)
        except Missing as missing:
            self.lacking[name] = missing.names
            raise
        return held

    def turn(self) -> None:
        """Count one turn of a loop."""
        self.turns += 1
        if self.turns > ITERATIONS_MAX:
            raise NotComputable("the lists are too long for this scheme")

    def dated(self, by: str) -> date:
        """The date a parameter goes by: the day of a daily count, else the fact's."""
        if self.day is not None:
            return self.day
        told = self.facts.get(by)
        if isinstance(told, date):
            return self.local(told)
        raise Missing(by)

    def local(self, moment: date) -> date:
        """The calendar date of a date or moment where the scheme lives."""
        return moment.astimezone(self.scheme.timezone).date() if isinstance(moment, datetime) else moment

    @property
    def zone(self) -> tzinfo:
        """Where the scheme lives."""
        return self.scheme.timezone

    def money(self, amount: Number) -> str:
        """An amount with the decimals of its currency."""
        return show(amount, self.places)


def collect(terms: tuple[Term, ...], frame: Frame) -> list[Held]:
    """The values of all terms; Missing names every lacking fact, not the first one only."""
    values: list[Held] = []
    try:
        for term in terms:
            values.append(term.value(frame))  # noqa: PERF401 — how far it came tells which terms are left to ask
    except Missing as missing:
        left = terms[len(values) + 1 :]
        raise Missing(*missing.names, *[name for term in left for name in lacking(term, frame)]) from None
    return values


def lacking(term: Term, frame: Frame) -> tuple[str, ...]:
    """The facts without which a term has no value."""
    try:
        term.value(frame)
    except Missing as missing:
        return missing.names
    return ()
