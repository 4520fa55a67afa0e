"""INSERTs worked out once.

SQLAlchemy's own way works the parameters of a statement out anew for every row, which was a fifth of a stored offer.
The SQL, the order of columns and what becomes of each value are SQLAlchemy's here too.

On SQLite one statement takes many rows: with a statement for each, the writing thread would give the interpreter away
and wait for it again at every row.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Table, insert

Row: TypeAlias = dict[str, Any]

ROWS_MOST = 64
"""In one statement on SQLite; a power of two."""


class Insertion:
    """How rows with these columns come into a table. Values are turned into the driver's in place."""

    def __init__(self, table: Table, columns: tuple[str, ...], dialect: Dialect) -> None:
        compiled = insert(table).compile(dialect=dialect, column_keys=columns)
        self._sql = compiled.string
        self._as_driven: Callable[[Row], Any] | None = None
        if order := getattr(compiled, "positiontup", None):
            self._as_driven = itemgetter(*order)
        processors = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns}
        self._processors = [(name, process) for name, process in processors.items() if process]

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert the rows, all in one go."""
        for row in rows:
            for name, process in self._processors:
                row[name] = process(row[name])
        if self._as_driven is None:
            connection.exec_driver_sql(self._sql, rows)
        else:
            for some in portions(list(map(self._as_driven, rows))):
                connection.exec_driver_sql(_for_many(self._sql, len(some)), tuple(chain.from_iterable(some)))


def portions(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Rows in portions of ROWS_MOST and of its halves, so that few statements, prepared once, fit any number."""
    begin, size = 0, ROWS_MOST
    while begin < len(rows):
        while size > len(rows) - begin:
            size //= 2
        yield rows[begin : begin + size]
        begin += size


@cache
def _for_many(sql: str, rows: int) -> str:
    head, values, row = sql.rpartition(" VALUES ")
    return head + values + ", ".join([row] * rows)


@lru_cache(maxsize=256)
def insertion(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Insertion:
    """Answer the insertion of rows with these columns, worked out once."""
    return Insertion(table, columns, dialect)
