"""A curve: the one way in which a policy turns a quantity into a number."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from compensation_service.decision.exact import CURVE_PLACES, Exact, half_even

_SCALE: int = 10**CURVE_PLACES
REMEMBERED = 1024
"""Values that a curve keeps; orders come in whole numbers, delays in hours, prices again and again."""


class Curve:
    """Points joined by straight lines, constant outside them.

    Arguments are exact; the value is rounded half-even to 6 decimals, so all that follows is exact again.
    Points come in rising order of x; x and y have at most 6 decimals.
    """

    __slots__ = ("_segments", "_xs", "_ys", "at", "points")
    at: Callable[[int, int], Decimal]
    """The value at numerator ÷ denominator; denominator > 0. What was asked lately is remembered."""

    def __init__(self, points: Iterable[tuple[Decimal, Decimal]]) -> None:
        self.points = tuple(points)
        self._xs = [_scaled(x) for x, _ in self.points]
        self._ys = [_scaled(y) for _, y in self.points]
        if not self.points or any(a >= b for a, b in pairwise(self._xs)):
            raise ValueError("a curve needs at least one point, and its x must rise from point to point")
        joined = pairwise(zip(self._xs, self._ys, strict=True))
        self._segments = [(x, y, next_x - x, next_y - y) for (x, y), (next_x, next_y) in joined]
        self.at = lru_cache(REMEMBERED)(self._at)

    def __call__(self, x: Exact) -> Decimal:
        """The value at x, rounded half-even to 6 decimals."""
        return self.at(*x.as_integer_ratio())

    def _at(self, numerator: int, denominator: int) -> Decimal:
        numerator *= _SCALE
        after = bisect_right(self._xs, numerator // denominator)
        if after == 0:
            return Decimal(self._ys[0]).scaleb(-CURVE_PLACES)
        if after > len(self._segments):
            return Decimal(self._ys[-1]).scaleb(-CURVE_PLACES)
        x, y, run, rise = self._segments[after - 1]
        risen = half_even(rise * (numerator - x * denominator), run * denominator)
        return Decimal(y + risen).scaleb(-CURVE_PLACES)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Curve) and self.points == other.points

    def __hash__(self) -> int:
        return hash(self.points)

    def __repr__(self) -> str:
        return f"Curve({', '.join(f'({x}, {y})' for x, y in self.points)})"

    @property
    def rises(self) -> bool:
        """Whether the value never falls as x grows."""
        return all(a <= b for a, b in pairwise(self._ys))

    @property
    def falls(self) -> bool:
        """Whether the value never grows as x grows."""
        return all(a >= b for a, b in pairwise(self._ys))

    @property
    def is_concave(self) -> bool:
        """Whether each segment is at most as steep as the one before it."""
        runs = [b - a for a, b in pairwise(self._xs)]
        rises = [b - a for a, b in pairwise(self._ys)]
        slopes = list(zip(rises, runs, strict=True))
        return all(later_rise * run <= rise * later_run for (rise, run), (later_rise, later_run) in pairwise(slopes))


def _scaled(value: Decimal) -> int:
    scaled = value.scaleb(CURVE_PLACES)
    if scaled != scaled.to_integral_value():
        raise ValueError("a curve's points have at most six decimals")
    return int(scaled)
