"""Counting units: blocks after a grace, rates that change with the count, and figures per day."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil, floor

from compensation_service.decision.schemes.frame import Frame, Held, NotComputable, Term
from compensation_service.decision.schemes.numbers import Number, quotient, show
from compensation_service.decision.schemes.terms import within

DAYS_MAX = 20_000


class Counted(StrEnum):
    """Which blocks count: complete ones, begun ones as well, or parts of one in proportion."""

    WHOLE = "whole"
    STARTED = "started"
    EXACT = "exact"


def blocks(amount: Number, size: Number, counted: Counted) -> Number:
    """How many blocks of a size an amount (not negative) holds."""
    exact = quotient(amount, size)
    if counted is Counted.WHOLE:
        return floor(exact)
    return ceil(exact) if counted is Counted.STARTED else exact


@dataclass(frozen=True, slots=True)
class Blocks:
    """How many blocks of `size` lie in what `of` exceeds `after` by; 0 if it does not."""

    of: Term
    size: Term
    counted: Counted
    after: Term | None = None

    def value(self, frame: Frame) -> Held:
        """The count."""
        size = self.size.value(frame)
        if size <= 0:
            raise NotComputable(f"{self.size.words(frame)} is no size of a block")
        grace = 0 if self.after is None else self.after.value(frame)
        return blocks(max(self.of.value(frame) - grace, 0), size, self.counted)

    def words(self, frame: Frame) -> str:
        """The count and what it counts."""
        grace = "" if self.after is None else f" after {self.after.words(frame)}"
        of = f"of {self.of.words(frame)}{grace}"
        return f"{show(self.value(frame))} for each {self.counted} {self.size.words(frame)} {of}"


@dataclass(frozen=True, slots=True)
class Piece:
    """What each unit gives that lies above `above` and up to `up_to`."""

    above: Term
    up_to: Term | None
    give: Term
    is_share: bool = False
    """Whether `give` is a percentage of what lies in the piece."""


@dataclass(frozen=True, slots=True)
class Accrual:
    """The sum over pieces of a count, each with its own rate."""

    over: Term
    size: Term
    counted: Counted
    pieces: tuple[Piece, ...]

    def value(self, frame: Frame) -> Held:
        """The sum."""
        return sum((_gives(units, piece, frame) for units, piece in self._counted(frame)), 0)

    def words(self, frame: Frame) -> str:
        """Each piece that counts."""
        parts = [
            f"{show(units)} × {within(piece.give, frame)}{' %' if piece.is_share else ''}{_stretch(piece, frame)}"
            for units, piece in self._counted(frame)
        ]
        return f"{self.over.words(frame)}: {' + '.join(parts) or '0'}"

    def _counted(self, frame: Frame) -> list[tuple[Number, Piece]]:
        over, size = self.over.value(frame), self.size.value(frame)
        if size <= 0:
            raise NotComputable(f"{self.size.words(frame)} is no size of a block")
        counted = []
        for piece in self.pieces:
            above = piece.above.value(frame)
            end = over if piece.up_to is None else min(over, piece.up_to.value(frame))
            units = blocks(max(end - above, 0), size, Counted.EXACT if piece.is_share else self.counted)
            if units:
                counted.append((units, piece))
        return counted


def _gives(units: Number, piece: Piece, frame: Frame) -> Number:
    rate = piece.give.value(frame)
    return quotient(rate * units, 100) if piece.is_share else rate * units


def _stretch(piece: Piece, frame: Frame) -> str:
    upper = "" if piece.up_to is None else f" up to {piece.up_to.words(frame)}"
    return f" (above {piece.above.words(frame)}{upper})"


@dataclass(frozen=True, slots=True)
class EachDay:
    """The sum of a term over calendar days, with dated figures as of each day; `day` is its name in the term.

    Days after `after`, up to and including `through`.
    """

    term: Term
    after: Term
    through: Term
    by_day: bool

    def value(self, frame: Frame) -> Held:
        """The sum; 0 for no days."""
        return sum((days * self.term.value(inner) for _, days, inner in self._stretches(frame)), 0)

    def words(self, frame: Frame) -> str:
        """Each stretch of days of which the same can be said."""
        parts: list[tuple[date, int, str]] = []
        for first, days, inner in self._stretches(frame):
            words = within(self.term, inner)
            if parts and parts[-1][2] == words:
                begun, before, _ = parts.pop()
                parts.append((begun, before + days, words))
            else:
                parts.append((first, days, words))
        return " + ".join(f"from {first} {show(days)} days × {words}" for first, days, words in parts) or "no days"

    def _stretches(self, frame: Frame) -> list[tuple[date, int, Frame]]:
        """Stretches of days in which nothing dated changes: (first day, days, case as of that day)."""
        first = frame.local(self.after.value(frame)) + timedelta(days=1)
        end = frame.local(self.through.value(frame)) + timedelta(days=1)
        if (end - first).days > DAYS_MAX:
            raise NotComputable("the days to count are too many")
        starts = {first} if first < end else set()
        if self.by_day:
            starts |= {first + timedelta(days=n) for n in range((end - first).days)}
        for parameter in frame.scheme.parameters.values():
            starts |= {since for since, _ in parameter.entries if first < since < end}
        ordered = sorted(starts)
        return (
            [
                (start, (until - start).days, frame.fork(start, {"day": start}))
                for start, until in zip(ordered, [*ordered[1:], end], strict=True)
            ]
            if ordered
            else []
        )
