"""Pages of a list: newest first by id, or by a moment and then by id, each beginning after the last of the one before.

Ids rise with time and never change, so rows that are added while somebody turns pages show up on none of the later
pages and push nothing from one page to another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, literal, tuple_

from compensation_service.store.columns import UTCDateTime
from compensation_service.store.scope import Query, Record, Scope

Item = TypeVar("Item")

LIMIT_MOST = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and the id after which the next page begins; None on the last page."""

    items: tuple[Item, ...]
    next_after: str | None


def turn(
    scope: Scope,
    statement: Query,
    key: Column[str],
    *,
    after: str | None,
    limit: int,
    read: Callable[[Record], Item],
) -> Page[Item]:
    """Answer the page of the statement that begins after the id; one row more tells whether another page follows."""
    if after is not None:
        statement = statement.where(key < after)
    kept, more = _some(scope, statement.order_by(key.desc()), limit)
    return Page(tuple(map(read, kept)), getattr(kept[-1], key.name) if more else None)


def turn_by_moment(
    scope: Scope,
    statement: Query,
    moment: Column[Any],
    key: Column[str],
    *,
    after: str | None,
    limit: int,
    read: Callable[[Record], Item],
) -> Page[Item]:
    """As `turn`, latest moment first and among equals highest id first; `after` holds both."""
    if after is not None:
        at, _, last = after.partition(" ")
        place = tuple_(literal(datetime.fromisoformat(at), UTCDateTime), literal(last, key.type))
        statement = statement.where(tuple_(moment, key) < place)
    kept, more = _some(scope, statement.order_by(moment.desc(), key.desc()), limit)
    if not more:
        return Page(tuple(map(read, kept)), None)
    return Page(tuple(map(read, kept)), f"{getattr(kept[-1], moment.name).isoformat()} {getattr(kept[-1], key.name)}")


def _some(scope: Scope, statement: Query, limit: int) -> tuple[Sequence[Record], bool]:
    """So many rows at most, and whether there are more."""
    if not 1 <= limit <= LIMIT_MOST:
        raise ValueError(f"a page has 1 to {LIMIT_MOST} items")
    rows = scope.rows(statement.limit(limit + 1))
    return rows[:limit], len(rows) > limit
