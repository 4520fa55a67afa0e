"""Aggregation over lists: sum, count, the largest or the smallest of what each item gives."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from compensation_service.decision.schemes.conditions import Condition
from compensation_service.decision.schemes.frame import Frame, Held, Missing, NotComputable, Term
from compensation_service.decision.schemes.numbers import show
from compensation_service.decision.schemes.terms import Bound, Fact


class Take(StrEnum):
    """What is taken of what the items give."""

    SUM = "sum"
    COUNT = "count"
    LARGEST = "largest"
    SMALLEST = "smallest"


@dataclass(frozen=True, slots=True)
class Over:
    """What the items of a list give together; `each` is an item's name, `where` leaves items out."""

    take: Take
    items: Term
    each: str
    where: Condition
    give: Term
    if_none: Term | None

    def value(self, frame: Frame) -> Held:
        """The result; what `if_none` says, else 0 for a sum or count, if no item counts."""
        values = [value for value, _ in self._given(frame)]
        if self.take is Take.COUNT:
            return len(values)
        if not values:
            return self._of_none(frame)
        if self.take is Take.SUM:
            return sum(values)
        return max(values) if self.take is Take.LARGEST else min(values)

    def words(self, frame: Frame) -> str:
        """What each item that counts gives."""
        given = self._given(frame)
        what = f"of {len(self.items.value(frame))} in {self.each}s"
        if self.take is Take.COUNT:
            return f"{len(given)} {what}"
        if not given:
            return f"none {what}: {show(self._of_none(frame))}"
        if self.take is Take.SUM:
            return " + ".join(
                f"({words})" if times == 1 < len(given) else str(words) if times == 1 else f"{times} × ({words})"
                for words, times in Counter(str(words) for _, words in given).items()
            )
        return f"the {self.take} of " + " and ".join(str(words) for _, words in given)

    def _of_none(self, frame: Frame) -> Held:
        if self.if_none is not None:
            return self.if_none.value(frame)
        if self.take is Take.SUM:
            return 0
        raise NotComputable(f"there is no {self.each} of which to take the {self.take}")

    def _given(self, frame: Frame) -> "list[tuple[Held, _Words]]":
        """The value of each item that counts, and its words; Missing names what all of them lack."""
        given: list[tuple[Held, _Words]] = []
        lacking: list[str] = []
        for inner in through(self.items, self.each, frame):
            try:
                if self.where.test(inner):
                    bound = dict(inner.bound)
                    given.append((self.give.value(inner), _Words(self.give, inner, bound)))
            except Missing as missing:
                lacking += missing.names
        if lacking:
            raise Missing(*lacking)
        return given


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of an item, found only when somebody asks."""

    term: Term
    frame: Frame
    bound: dict[str, object]

    def __str__(self) -> str:
        outer, self.frame.bound = self.frame.bound, self.bound
        try:
            return self.term.words(self.frame)
        finally:
            self.frame.bound = outer


def _place_of(items: Term, each: str, frame: Frame) -> str:
    """How the list is called where a fact of it is lacking: events, or trips[0].legs."""
    if isinstance(items, Bound):
        return f"{frame.bound.get(f'{items.name}?', items.name)}.{items.field}"
    return items.name if isinstance(items, Fact) else f"{each}s"


def through(items: Term, each: str, frame: Frame) -> Iterator[Frame]:
    """The case once for each item, with the item under its name."""
    held = items.value(frame)
    outer = frame.bound
    name = _place_of(items, each, frame)
    try:
        for place, item in enumerate(held):
            frame.turn()
            frame.bound = {**outer, each: item, f"{each}?": f"{name}[{place}]"}
            yield frame
    finally:
        frame.bound = outer
