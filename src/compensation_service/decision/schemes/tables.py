"""Choosing one of several terms: by bands of a magnitude, by words in a table, or by conditions."""

from collections.abc import Mapping
from dataclasses import dataclass

from compensation_service.decision.schemes.conditions import Condition
from compensation_service.decision.schemes.frame import Frame, Held, NotComputable, Term
from compensation_service.decision.schemes.numbers import show


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of a band; `included` says whether the edge itself belongs to it."""

    at: Term
    included: bool


@dataclass(frozen=True, slots=True)
class Band:
    """What holds between two edges; a missing edge is open."""

    lower: Edge | None
    upper: Edge | None
    give: Term

    def holds(self, magnitude: Held, frame: Frame) -> bool:
        """Whether the magnitude lies in the band."""
        if self.lower is not None:
            edge = self.lower.at.value(frame)
            if magnitude < edge or (magnitude == edge and not self.lower.included):
                return False
        if self.upper is not None:
            edge = self.upper.at.value(frame)
            if magnitude > edge or (magnitude == edge and not self.upper.included):
                return False
        return True

    def edges(self, frame: Frame) -> str:
        """The edges in signs."""
        parts = []
        if self.lower is not None:
            parts.append(f"{'≥' if self.lower.included else '>'} {self.lower.at.words(frame)}")
        if self.upper is not None:
            parts.append(f"{'≤' if self.upper.included else '<'} {self.upper.at.words(frame)}")
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Bands:
    """The first band that holds the magnitude; otherwise `otherwise`."""

    of: Term
    rows: tuple[Band, ...]
    otherwise: Term | None

    def value(self, frame: Frame) -> Held:
        """The value of that band."""
        return self._chosen(frame)[0].value(frame)

    def words(self, frame: Frame) -> str:
        """The magnitude, the band and what it gives."""
        chosen, row = self._chosen(frame)
        edges = row.edges(frame) if row else "in none of the bands"
        return f"{self.of.words(frame)} {edges}: {chosen.words(frame)}"

    def _chosen(self, frame: Frame) -> tuple[Term, Band | None]:
        magnitude = self.of.value(frame)
        for row in self.rows:
            if row.holds(magnitude, frame):
                return row.give, row
        if self.otherwise is None:
            raise NotComputable(f"{self.of.words(frame)} lies in none of the bands")
        return self.otherwise, None


@dataclass(frozen=True, slots=True)
class Table:
    """The row whose word is the value of `of`; otherwise `otherwise`."""

    of: Term
    rows: Mapping[str, Term]
    otherwise: Term | None

    def value(self, frame: Frame) -> Held:
        """The value of that row."""
        return self._chosen(frame).value(frame)

    def words(self, frame: Frame) -> str:
        """The word and what its row gives."""
        return f"{self.of.words(frame)}: {self._chosen(frame).words(frame)}"

    def _chosen(self, frame: Frame) -> Term:
        key = self.of.value(frame)
        chosen = self.rows.get(_key(key), self.otherwise)
        if chosen is None:
            raise NotComputable(f"{self.of.words(frame)} has no row in its table")
        return chosen


def _key(value: object) -> str:
    """A table's word for a value: texts as they are, whole numbers in digits, true and false."""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else show(value)


@dataclass(frozen=True, slots=True)
class Choose:
    """The term of the first condition that is met; otherwise `otherwise`."""

    cases: tuple[tuple[Condition, Term], ...]
    otherwise: Term

    def value(self, frame: Frame) -> Held:
        """The value of that case; Missing if a condition before it cannot be judged."""
        return self._chosen(frame)[1].value(frame)

    def words(self, frame: Frame) -> str:
        """The condition that was met and what it gives."""
        met, chosen = self._chosen(frame)
        return f"{met.words(frame) if met else 'otherwise'}: {chosen.words(frame)}"

    def _chosen(self, frame: Frame) -> tuple[Condition | None, Term]:
        for condition, term in self.cases:
            if condition.test(frame):
                return condition, term
        return None, self.otherwise
