"""What a driver's exception means here: a table from the databases' codes to the errors of the domain.

Nothing of a driver's message is passed on; the exception itself stays as the cause.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy import exc

from compensation_service.domain.errors import CompensationError, Conflict, Overloaded, StoreUnavailable


class Taken(Conflict):
    """A unique key is taken: somebody else was first. Doing the unit again finds what they wrote."""

    code = "already_exists"
    recorded = False

    def __init__(self) -> None:
        super().__init__("This exists already.")


class Contended(StoreUnavailable):
    """Lost against another transaction; nothing was written, and doing the unit again may well succeed."""


class Disconnected(StoreUnavailable):
    """The connection broke in the middle of a unit."""


class Unreachable(StoreUnavailable):
    """No connection could be made at all."""


class OtherTables(StoreUnavailable):
    """The tables are not those that this version asks for: it came before its migration, or long after."""

    code = "not_migrated"
    sentence = "The tables of the database are not those of this version: run `compensation-service db upgrade`."


Kind: TypeAlias = type[Taken | StoreUnavailable]

_POSTGRESQL: dict[str, Kind] = {
    "23505": Taken,
    "3D000": StoreUnavailable,  # no such database
    "40001": Contended,  # serialization failure
    "40P01": Contended,  # deadlock
    "42703": OtherTables,  # no such column
    "42P01": OtherTables,  # no such table
    "55P03": Contended,  # lock_timeout
    "57014": StoreUnavailable,  # statement_timeout
    "57P01": Disconnected,  # shut down by the administrator
    "57P02": Disconnected,  # crash of another backend
    "57P03": StoreUnavailable,  # starting up or shutting down
    "25P03": Disconnected,  # idle_in_transaction_session_timeout
}
_POSTGRESQL_CLASSES: dict[str, Kind] = {
    "08": Disconnected,
    "53": StoreUnavailable,  # no disk, no memory, no connection left
    "58": StoreUnavailable,  # the system under the database failed
}
_SQLITE: dict[str, Kind] = {
    "SQLITE_CONSTRAINT_UNIQUE": Taken,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Taken,
    "SQLITE_BUSY": Contended,
    "SQLITE_LOCKED": Contended,
    "SQLITE_FULL": StoreUnavailable,
    "SQLITE_IOERR": StoreUnavailable,
    "SQLITE_CANTOPEN": StoreUnavailable,
    "SQLITE_READONLY": StoreUnavailable,
    "SQLITE_NOTADB": StoreUnavailable,
}
_SQLITE_OTHER_TABLES = re.compile(r"no such (table|column): |table \w+ has no column named ")
"""How SQLite says it: for mistakes in a statement it has one code."""


def meaning(error: exc.SQLAlchemyError) -> CompensationError | None:
    """Answer what the exception means, or None where it is a fault of ours."""
    if isinstance(error, exc.TimeoutError):
        return Overloaded()
    if not isinstance(error, exc.DBAPIError):
        return None
    found = _by_code(error.orig)
    if found is None and error.connection_invalidated:
        found = Disconnected
    return None if found is None else found()


def _by_code(original: BaseException | None) -> Kind | None:
    """Read the code off the driver's exception; a driver's error without a code is a connection that never was."""
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _POSTGRESQL_CLASSES.get(state[:2])
    name = getattr(original, "sqlite_errorname", None)
    if isinstance(name, str):
        if name == "SQLITE_ERROR" and _SQLITE_OTHER_TABLES.match(str(original)):
            return OtherTables
        return _SQLITE.get(name) or _SQLITE.get("_".join(name.split("_")[:2]))
    lost = any(kind.__name__ == "OperationalError" and "psycopg" in kind.__module__ for kind in type(original).__mro__)
    return Disconnected if lost else None


@contextmanager
def translated() -> Iterator[None]:
    """Raise the domain's errors in place of SQLAlchemy's."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        found = meaning(error)
        if found is None:
            raise
        raise found from error
