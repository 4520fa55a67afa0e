"""Runs migrations: online in one transaction on the connection that the caller gives, offline as SQL to lint."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from compensation_service.store.columns import UTCDateTime, Word
from compensation_service.store.engine import open_engines
from compensation_service.store.tables import metadata

ONE_AT_A_TIME = 4_710_237_961_532
"""The advisory lock that keeps two processes from migrating one PostgreSQL database at once; any number would do."""
PATIENCE_S = 60
"""How long one process waits for another one that migrates."""


def plain(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Write column types of ours as what they are in the database: a revision must not change when the code does."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Word):
        return "sa.Text()"
    return False


def on_connection(connection: Connection) -> None:
    # SQLite can take DDL back as well, so a migration that breaks off leaves nothing behind on either database.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=plain,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    if connection.dialect.name == "postgresql":
        with context.begin_transaction():
            be_patient_but_not_for_locks()
            context.run_migrations()
    else:
        with references_at_rest(connection), context.begin_transaction():
            context.run_migrations()
            demand_references(connection)


@contextmanager
def references_at_rest(connection: Connection) -> Iterator[None]:
    """Let a table of SQLite be copied although others refer to it; a transaction that has begun cannot change this.

    Its beginning waits for whoever migrates already.
    """
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000}")
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def demand_references(connection: Connection) -> None:
    """Take the migration back where rows refer to nothing after it: nobody looked while it ran."""
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise RuntimeError("a migration left rows that refer to nothing; it is taken back")


def be_patient_but_not_for_locks() -> None:
    """Give a busy table up soon: who waits for its lock makes everybody wait behind them. The work itself may last.

    Whoever migrates already is waited for: nobody waits behind that.
    """
    context.execute("SET LOCAL statement_timeout = '1h'")
    context.execute(f"SET LOCAL lock_timeout = '{PATIENCE_S}s'")
    context.execute(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
    context.execute("SET LOCAL lock_timeout = '2s'")


def offline() -> None:
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        be_patient_but_not_for_locks()
        context.run_migrations()


def online() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        on_connection(given)
        return
    engines = open_engines(os.environ.get("COMPENSATION_DATABASE_URL", "sqlite:///var/compensation.db"))
    with engines.writer.connect() as connection:
        on_connection(connection)
    engines.dispose()


if context.is_offline_mode():
    offline()
else:
    online()
