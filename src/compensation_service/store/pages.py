"""Pages of a list: newest first by id, each page beginning after the last id of the one before.

Ids rise with time and never change, so rows that are added while somebody turns pages show up on none of the later
pages and push nothing from one page to another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Column

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
    if not 1 <= limit <= LIMIT_MOST:
        raise ValueError(f"a page has 1 to {LIMIT_MOST} items")
    if after is not None:
        statement = statement.where(key < after)
    rows = scope.rows(statement.order_by(key.desc()).limit(limit + 1))
    more = len(rows) > limit
    kept = rows[:limit]
    return Page(tuple(map(read, kept)), getattr(kept[-1], key.name) if more else None)
