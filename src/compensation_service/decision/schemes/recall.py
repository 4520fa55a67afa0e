"""Named values that were computed before: most follow from a few plain facts, and the same ones come again and again.

Such a value is a function of the facts that it reads and of nothing else; so it is computed in a frame that holds
these facts alone, and remembered by them.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from compensation_service.decision.schemes.calendars import Calendar
from compensation_service.decision.schemes.conditions import Condition
from compensation_service.decision.schemes.facts import FactType
from compensation_service.decision.schemes.frame import ABSENT, Frame, Missing
from compensation_service.decision.schemes.terms import Bound, Computed, Fact, Owed, Parameter

if TYPE_CHECKING:
    from compensation_service.decision.schemes.scheme import Scheme

REMEMBERED = 512
"""How many outcomes of one value are kept; the one not asked for the longest goes first."""

COMES_AGAIN = frozenset({FactType.INTEGER, FactType.BOOLEAN, FactType.TEXT, FactType.DATE})
"""Types of facts whose values are few and quickly told apart. Amounts are different in every case."""


class Recall:
    """One named value; `reads` are the facts from which it follows."""

    def __init__(self, scheme: "Scheme", name: str, reads: tuple[str, ...]) -> None:
        self.scheme = scheme
        self.name = name
        self.reads = reads
        self.outcome = lru_cache(REMEMBERED)(self._outcome)

    def _outcome(self, places: int, *held: object) -> tuple[dict[str, object], dict[str, tuple[str, ...]]]:
        """What was computed on the way to the value, itself included, and what facts lacked, by the names of values."""
        facts = {name: value for name, value in zip(self.reads, held, strict=True) if value is not ABSENT}
        frame = Frame(self.scheme, facts, facts, places)
        with suppress(Missing):  # `lacking` tells
            frame.compute_anew(self.name)
        return frame.known, frame.lacking


def recalls(scheme: "Scheme") -> dict[str, Recall]:
    """The values of a scheme that can be remembered, by name."""
    found = {}
    for name in scheme.values:
        read = list(dict.fromkeys(_reads(Computed(name), scheme)))
        types = {scheme.facts[fact].type if fact in scheme.facts else None for fact in read}
        if types <= COMES_AGAIN:
            found[name] = Recall(scheme, name, tuple(read))
    return found


def _reads(part: object, scheme: "Scheme") -> Iterator[str]:
    """The names of all facts from which a term is computed; that of something else where it is not facts alone."""
    if isinstance(part, Fact | Bound | Owed):
        yield part.name
    elif isinstance(part, Computed):
        yield from _reads(scheme.values[part.name].term, scheme)
    elif isinstance(part, Parameter):
        dated = scheme.parameters[part.name]
        yield dated.by
        yield from _reads((part.on, dated.entries), scheme)
    elif isinstance(part, Condition):
        yield from _reads(part.seen, scheme)
    elif is_dataclass(part) and not isinstance(part, Calendar):
        yield from _reads(tuple(getattr(part, field.name) for field in fields(part)), scheme)
    elif isinstance(part, tuple | list | Mapping):
        for inner in part.values() if isinstance(part, Mapping) else part:
            yield from _reads(inner, scheme)
