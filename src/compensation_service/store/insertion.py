"""INSERTs worked out once, and of many rows at once.

SQLAlchemy's own way works the parameters of a statement out anew for every row, and the drivers run a statement for
each: together that was a third of a stored offer. The names, the types and what becomes of each value are SQLAlchemy's
here too.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import Connection, Dialect, Table

Row: TypeAlias = tuple[Any, ...]
Send: TypeAlias = Callable[[Connection, Sequence[Row]], None]
"""Inserts rows whose values are the driver's already."""

ROWS_MOST: Final = 64
"""In one statement on SQLite; a power of two."""


class Insertion:
    """How rows with these columns come into a table."""

    def __init__(self, table: Table, columns: tuple[str, ...], dialect: Dialect) -> None:
        self._processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
        self._send = (_as_document if dialect.name == "postgresql" else _as_values)(table, columns, dialect)

    def run(self, connection: Connection, rows: Sequence[Row], same: Row) -> None:
        """Insert the rows, all in one go; the last columns are `same` in all of them."""
        values = [*zip(*rows, strict=True), *([value] * len(rows) for value in same)]
        ready = [
            map(process, given) if process else given for process, given in zip(self._processors, values, strict=True)
        ]
        self._send(connection, list(zip(*ready, strict=True)))


def _as_document(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Send:
    """On PostgreSQL all rows are one parameter, in JSON: the driver would go through every value of them in Python."""
    quoted = dialect.identifier_preparer.quote
    names = ", ".join(map(quoted, columns))
    typed = ", ".join(f"{quoted(name)} {table.c[name].type.compile(dialect)}" for name in columns)
    sql = (
        f"INSERT INTO {table.name} ({names}) "  # noqa: S608 - names of our own tables and columns
        f"SELECT {names} FROM jsonb_to_recordset(%(rows)s::jsonb) AS made ({typed})"
    )

    def send(connection: Connection, rows: Sequence[Row]) -> None:
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        connection.exec_driver_sql(sql, {"rows": orjson.dumps(named, default=_in_hex).decode()})

    return send


def _in_hex(value: object) -> str:
    """Bytes, which SQLAlchemy has wrapped for the driver, as PostgreSQL reads them in a text."""
    held = getattr(value, "obj", None)
    if isinstance(held, bytes):
        return rf"\x{held.hex()}"
    raise TypeError(f"a {type(value).__name__} has no form in JSON")


def _as_values(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Send:
    """On SQLite one statement holds many rows: after each, the thread gives the interpreter away and waits for it."""
    names = ", ".join(map(dialect.identifier_preparer.quote, columns))
    head = f"INSERT INTO {table.name} ({names}) VALUES "  # noqa: S608 - as above
    row = f"({', '.join('?' * len(columns))})"

    @cache
    def sql(rows: int) -> str:
        return head + ", ".join([row] * rows)

    def send(connection: Connection, rows: Sequence[Row]) -> None:
        for some in portions(rows):
            connection.exec_driver_sql(sql(len(some)), tuple(chain.from_iterable(some)))

    return send


def portions(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Rows in portions of ROWS_MOST and of its halves, so that few statements, prepared once, fit any number."""
    begin, size = 0, ROWS_MOST
    while begin < len(rows):
        while size > len(rows) - begin:
            size //= 2
        yield rows[begin : begin + size]
        begin += size


@lru_cache(maxsize=256)
def insertion(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Insertion:
    """Answer the insertion of rows with these columns, worked out once."""
    return Insertion(table, columns, dialect)
