"""Every curve goes the way it must: the properties of the decision rest on it."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from compensation_service.policies.document import Points, PolicyDocument
from compensation_service.policies.problems import Finding, Path


class Shape(NamedTuple):
    """How a curve must run; its values lie between `low` and `high`."""

    falls: bool = False
    concave: bool = False
    low: int = 0
    high: int | None = 1


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All curves of a policy."""
    for path, points, shape in _curves(document):
        yield from _run(path, points, shape)
        yield from _bounds(path, points, shape)
        if shape.concave:
            yield from _bend(path, points)
    yield from _damping(document.goodwill.value_damping)
    yield from _memory(document.severity.repeats.weight_by_age_days)


def _curves(document: PolicyDocument) -> Iterator[tuple[Path, Points, Shape]]:
    goodwill, loyalty = document.goodwill, document.loyalty
    repeats = ("severity", "repeats", "weight_by_age_days")
    yield repeats, document.severity.repeats.weight_by_age_days, Shape(falls=True)
    yield ("loyalty", "orders"), loyalty.orders, Shape()
    yield ("loyalty", "years"), loyalty.years, Shape()
    yield ("loyalty", "lifetime_values"), loyalty.lifetime_values, Shape()
    yield ("goodwill", "rise"), goodwill.rise, Shape(concave=True)
    yield ("goodwill", "slowness"), goodwill.slowness, Shape(low=1, high=2)
    yield ("goodwill", "value_damping"), goodwill.value_damping, Shape(concave=True, high=None)
    for code, category in document.categories.items():
        for name, terms in (("delay", category.delay), ("wait", category.wait)):
            if terms is not None:
                yield ("categories", code, name, "curve"), terms.curve, Shape()


def _run(path: Path, points: Points, shape: Shape) -> Iterator[Finding]:
    for place, ((x, y), (next_x, next_y)) in enumerate(pairwise(points), 1):
        if next_x <= x:
            reason = f"x goes from {x} to {next_x}; it must rise from point to point."
            yield Finding(
                (*path, place, 0), "curve_x_not_rising", reason, f"Put the points in order, x above {x} here."
            )
        if shape.falls and next_y > y:
            reason = f"the curve rises from {y} to {next_y}; it must never rise."
            yield Finding((*path, place, 1), "curve_not_monotone", reason, f"Write at most {y} here.")
        if not shape.falls and next_y < y:
            reason = f"the curve falls from {y} to {next_y}; it must never fall."
            yield Finding((*path, place, 1), "curve_not_monotone", reason, f"Write at least {y} here.")


def _bounds(path: Path, points: Points, shape: Shape) -> Iterator[Finding]:
    for place, (_, y) in enumerate(points):
        if y < shape.low:
            reason = f"{y} is below {shape.low}."
            yield Finding((*path, place, 1), "curve_out_of_bounds", reason, f"Write at least {shape.low} here.")
        if shape.high is not None and y > shape.high:
            reason = f"{y} is above {shape.high}."
            yield Finding((*path, place, 1), "curve_out_of_bounds", reason, f"Write at most {shape.high} here.")


def _bend(path: Path, points: Points) -> Iterator[Finding]:
    """Concave: no piece is steeper than the one before it."""
    for place, ((x0, y0), (x1, y1), (x2, y2)) in enumerate(zip(points, points[1:], points[2:], strict=False), 1):
        if x0 < x1 < x2 and (y2 - y1) * (x1 - x0) > (y1 - y0) * (x2 - x1):
            reason = f"the curve gets steeper after x = {x1}; each piece must be at most as steep as the one before."
            yield Finding((*path, place, 1), "curve_not_concave", reason, "Raise this point, or lower the next.")


def _damping(points: Points) -> Iterator[Finding]:
    """With this and concavity the share of the true value never grows with the value, nor above the cap."""
    path = ("goodwill", "value_damping")
    if points[0] != (Decimal(0), Decimal(0)):
        yield Finding(
            (*path, 0), "damping_start", "the curve does not start at [0, 0].", "Add [0, 0] as its first point."
        )
    for place, (x, y) in enumerate(points):
        if y > x:
            reason = f"a value of {x} would count as {y}; damping never adds."
            yield Finding((*path, place, 1), "damping_adds", reason, f"Write at most {x} here.")


def _memory(points: Points) -> Iterator[Finding]:
    if points[-1][1] != 0:
        path = ("severity", "repeats", "weight_by_age_days", len(points) - 1, 1)
        reason = "an earlier incident would be forgotten with a jump."
        yield Finding(path, "memory_without_end", reason, "End the curve at 0.")
