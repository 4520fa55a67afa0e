"""Named values that were computed before: most follow from a few plain facts, and the same ones come again and again.

Such a value is a function of the facts that it reads and of nothing else; so it is computed in a frame that holds
these facts alone, and remembered by them.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from compensation_service.decision.schemes.facts import FactType
from compensation_service.decision.schemes.frame import ABSENT, Frame, Missing
from compensation_service.decision.schemes.inside import inside
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
        read = list(dict.fromkeys(reads(Computed(name), scheme)))
        types = {scheme.facts[fact].type if fact in scheme.facts else None for fact in read}
        if types <= COMES_AGAIN:
            found[name] = Recall(scheme, name, tuple(read))
    return found


def reads(part: object, scheme: "Scheme") -> Iterator[str]:
    """The names of all facts from which terms are computed; of items and amounts too, where it is not facts alone."""
    for inner in inside(part):
        if isinstance(inner, Fact | Bound | Owed):
            yield inner.name
        elif isinstance(inner, Computed):
            yield from reads(scheme.values[inner.name].term, scheme)
        elif isinstance(inner, Parameter):
            dated = scheme.parameters[inner.name]
            if dated.changes:
                yield dated.by
            yield from reads(dated.entries, scheme)
