"""Finding the rows of many keys in one statement, each by the index and never by reading all of the merchant's rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, func, literal_column, select

from compensation_service.store.columns import texts
from compensation_service.store.scope import MERCHANT, Query, Record, Scope


class Lookup:
    """The columns of a table's rows in which `key` is one of many texts; more criteria may narrow them down.

    A list of keys tempts both planners, while they have no statistics of a young table, to read everything of the
    merchant instead. So the list comes first, and each of its keys is looked up: on PostgreSQL by a lateral query that
    may not be dissolved (`OFFSET 0`), on SQLite by an outer join, which keeps its order.
    """

    def __init__(
        self, table: Table, key: Column[str], columns: Iterable[Column[Any]], *criteria: ColumnElement[bool]
    ) -> None:
        listed = list(columns)
        if listed[0].nullable:
            raise ValueError("the first column tells a row from none")
        self._statements: dict[str, Query] = {
            "postgresql": _lateral(listed, table.c.merchant_id == MERCHANT, key, *criteria),
            "sqlite": _outer(listed, table, table.c.merchant_id == MERCHANT, key, *criteria),
        }

    def rows(self, scope: Scope, keys: Iterable[str], **parameters: object) -> Sequence[Record]:
        """Answer the rows in no order; no keys, no question."""
        wanted = sorted(set(keys))
        if not wanted:
            return ()
        rows = scope.rows(self._statements[scope.dialect], wanted=wanted, **parameters)
        return [row for row in rows if row[0] is not None]


def _lateral(
    columns: list[Column[Any]], own: ColumnElement[bool], key: Column[str], *criteria: ColumnElement[bool]
) -> Query:
    wanted = func.unnest(texts("wanted")).table_valued("value").render_derived("wanted")
    each = select(*columns).where(own, key == wanted.c.value, *criteria).offset(literal_column("0")).lateral("found")
    return select(*each.c).select_from(wanted.join(each, literal_column("true")))


def _outer(
    columns: list[Column[Any]], table: Table, own: ColumnElement[bool], key: Column[str], *criteria: ColumnElement[bool]
) -> Query:
    wanted = func.json_each(texts("wanted")).table_valued("value", name="wanted")
    return select(*columns).select_from(wanted.outerjoin(table, and_(own, key == wanted.c.value, *criteria)))
