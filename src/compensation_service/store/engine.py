"""Opening the database: connections that are durable, bounded in time, and checked to be so."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

SQLITE_BUSY_MS = 1500
POOL_TIMEOUT_S = 0.5
STATEMENT_TIMEOUT_MS = 2000
LOCK_TIMEOUT_MS = 1000
IDLE_IN_TRANSACTION_MS = 10_000
UNACKNOWLEDGED_MS = 3000
"""After so long without a sign of life of the network a PostgreSQL connection counts as lost."""

# None for None: the driver looks for an adapter of every NULL, and finding none takes it five times as long.
sqlite3.register_adapter(type(None), {}.get)  # type: ignore[arg-type]  # an adapter may answer None, too


class UnsafeDurability(RuntimeError):
    """The database would lose what it acknowledged when the power fails."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Doors to one database. On SQLite the writer has one connection and begins IMMEDIATE; the reader never waits."""

    writer: Engine
    reader: Engine
    pulse: Engine
    """One connection of its own for health checks, so that a busy pool does not look like a dead database."""

    def dispose(self) -> None:
        """Close every connection."""
        for engine in {self.writer, self.reader, self.pulse}:
            engine.dispose()


def open_engines(database_url: str, *, pool_size: int = 5, connect_timeout_s: int = 2) -> Engines:
    """Make the engines for a URL `sqlite:///path` or `postgresql://…`; nothing is connected yet."""
    url = make_url(database_url)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url, pool_size)
    if backend == "postgresql":
        return _postgresql(url.set(drivername="postgresql+psycopg"), pool_size, connect_timeout_s)
    raise ArgumentError("the database is sqlite:///path/to/file or postgresql://user:password@host/name")


def _sqlite(url: URL, pool_size: int) -> Engines:
    if not url.database or url.database == ":memory:":
        raise ArgumentError("SQLite needs a file: what lives in memory only cannot be kept")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # psycopg's dialect calls it otherwise, so the name of the driver is spelt out here too.
    url = url.set(drivername="sqlite+pysqlite")
    writer = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=POOL_TIMEOUT_S)
    reader = create_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=POOL_TIMEOUT_S)
    pulse = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN"), (pulse, "BEGIN")):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection, begin=begin: connection.exec_driver_sql(begin))
    return Engines(writer, reader, pulse)


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """Take the transactions into our own hands: the driver would begin late and not for SELECT."""
    connection.isolation_level = None
    for pragma in (f"busy_timeout={SQLITE_BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _postgresql(url: URL, pool_size: int, connect_timeout_s: int) -> Engines:
    options = {
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
        # A plan that was kept while a table was empty reads all of it once it is not, foreign keys' checks included:
        # in a young database a batch took seconds until the first ANALYZE.
        "plan_cache_mode": "force_custom_plan",
    }
    arguments: dict[str, Any] = {
        "connect_timeout": connect_timeout_s,
        "tcp_user_timeout": UNACKNOWLEDGED_MS,
        "application_name": "compensation-service",
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }
    shared = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args=arguments,
    )
    pulse = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1, pool_pre_ping=True, connect_args=arguments)
    for engine in (shared, pulse):
        event.listen(engine, "connect", _prepare_postgresql)
    return Engines(shared, shared, pulse)


def _prepare_postgresql(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Send every integer as one type: the driver would choose by size, and prepare a statement for each choice."""
    from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper  # noqa: PLC0415 - the driver is an extra

    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)


def demand_durability(connection: Connection) -> None:
    """Raise UnsafeDurability unless an acknowledged commit survives a power failure on this connection."""
    if unsafe := unsafe_settings(connection):
        raise UnsafeDurability(f"acknowledged commits could be lost: {', '.join(unsafe)}")


def unsafe_settings(connection: Connection) -> list[str]:
    """Answer the settings of the database under which an acknowledged commit can be lost."""
    if connection.dialect.name == "sqlite":
        found = {
            "journal_mode": connection.exec_driver_sql("PRAGMA journal_mode").scalar_one(),
            "synchronous": connection.exec_driver_sql("PRAGMA synchronous").scalar_one(),
        }
        safe: dict[str, set[object]] = {"journal_mode": {"wal"}, "synchronous": {2, 3}}
    else:
        names = ("fsync", "synchronous_commit", "full_page_writes")
        found = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in names}
        safe = {
            "fsync": {"on"},
            "synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
            "full_page_writes": {"on"},
        }
    return [f"{name}={value}" for name, value in found.items() if value not in safe[name]]
