"""Bands that cover what they should: no gap by oversight, no row that cannot be reached, no two that overlap."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

from compensation_service.decision.schemes.tables import Band, Edge
from compensation_service.decision.schemes.terms import Constant
from compensation_service.policies.problems import Path
from compensation_service.policies.schemes.scope import Broken, Type

Point: TypeAlias = tuple[int, Any, int]
"""A place on the line: (-1 | 0 | 1 for before all, a figure, after all; the figure; 1 just after it)."""

START: Point = (-1, 0, 0)
END: Point = (1, 0, 0)


def check_bands(rows: Sequence[Band], of: Type, has_otherwise: bool, path: Path) -> None:
    """Broken for a row that is never reached, two closed rows that overlap, or a gap. Computed edges are not judged."""
    spans = [_span(row, of) for row in rows]
    known = [span for span in spans if span is not None]
    for place, span in enumerate(spans):
        if span is None:
            continue
        earlier = [other for other in spans[:place] if other is not None]
        _check_row(span, earlier, (*path, "rows", place))
    if len(known) < len(spans):
        if not has_otherwise:
            raise Broken(path, "bands_gap", "computed edges may leave gaps.", "Say `otherwise`.")
        return
    gaps = list(_gaps(known))
    if not has_otherwise and gaps:
        raise Broken(path, "bands_gap", f"nothing is said {_words(gaps[0])}.", "Add a row, or say `otherwise`.")
    inner = [gap for gap in gaps if gap[0] != START and gap[1] != END]
    if inner:
        advice = "Let the rows meet (from … below …), or add a row for it."
        raise Broken(path, "bands_gap", f"there is a gap {_words(inner[0])}.", advice)


def _check_row(span: tuple[Point, Point], earlier: list[tuple[Point, Point]], path: Path) -> None:
    if span[0] >= span[1]:
        raise Broken(path, "band_empty", "no figure lies between these edges.", "Mend the edges.")
    if not any(True for gap in _gaps(earlier) if max(gap[0], span[0]) < min(gap[1], span[1])):
        advice = "Rows are tried in order: put the narrower one first, or give the earlier one a second edge."
        raise Broken(path, "band_unreachable", "the rows before it leave nothing for this one.", advice)
    for other in earlier:
        closed = START not in (span[0], other[0]) and END not in (span[1], other[1])
        if closed and max(span[0], other[0]) < min(span[1], other[1]):
            raise Broken(
                path, "bands_overlap", "this row overlaps an earlier one.", "Let one end where the other begins."
            )


def _span(row: Band, of: Type) -> tuple[Point, Point] | None:
    """The row as a half-open stretch; None where an edge is computed. Whole things have no room between neighbours."""
    lower, upper = START, END
    for edge in (row.lower, row.upper):
        if edge is not None and not isinstance(edge.at, Constant):
            return None
    if row.lower is not None:
        lower = _point(row.lower, of, row.lower.included)
    if row.upper is not None:
        upper = _point(row.upper, of, not row.upper.included)
    return lower, upper


def _point(edge: Edge, of: Type, before: bool) -> Point:
    held: Any = getattr(edge.at, "held", 0)
    if before:
        return (0, held, 0)
    if of.name == "date" and isinstance(held, date):
        return (0, held + timedelta(days=1), 0)
    if of.is_whole and isinstance(held, int):
        return (0, held + 1, 0)
    return (0, held, 1)


def _gaps(spans: Sequence[tuple[Point, Point]]) -> list[tuple[Point, Point]]:
    gaps, reached = [], START
    for lower, upper in sorted(spans):
        if lower > reached:
            gaps.append((reached, lower))
        reached = max(reached, upper)
    return [*gaps, (reached, END)] if reached < END else gaps


def _words(gap: tuple[Point, Point]) -> str:
    (before, low, _), (after, high, _) = gap
    if before < 0:
        return f"below {high}"
    return f"above {low}" if after > 0 else f"between {low} and {high}"
