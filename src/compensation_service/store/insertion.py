"""INSERTs worked out once.

SQLAlchemy's own way works the parameters of a statement out anew for every row, which was a fifth of a stored offer.
The SQL, the order of columns and what becomes of each value are SQLAlchemy's here too.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Table, insert

Row: TypeAlias = dict[str, Any]


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
        driven = list(map(self._as_driven, rows)) if self._as_driven else rows
        connection.exec_driver_sql(self._sql, driven)


@lru_cache(maxsize=256)
def insertion(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Insertion:
    """Answer the insertion of rows with these columns, worked out once."""
    return Insertion(table, columns, dialect)
