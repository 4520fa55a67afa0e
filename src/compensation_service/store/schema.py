"""Moving the tables up and down, and telling whether they are where the code expects them.

The revisions lie in `migrations/` of a checkout; a built package carries them beside this file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from compensation_service.domain.errors import Conflict
from compensation_service.store.engine import open_engines
from compensation_service.store.failures import translated
from compensation_service.store.tables import metadata

_PACKAGED = Path(__file__).parent / "migrations"
_CHECKOUT = Path(__file__).parents[3] / "migrations"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """`current` is the revision of the database, None when it is empty; `head` is what this code wants."""

    current: str | None
    head: str
    differences: tuple[str, ...]
    """Where tables and code differ although the revision is the same; for people."""

    @property
    def is_current(self) -> bool:
        """Whether the database stands at the head."""
        return self.current == self.head

    @property
    def matches(self) -> bool:
        """Whether the database is exactly what this code wants."""
        return self.is_current and not self.differences


@contextmanager
def _connected(database_url: str, *, writes: bool = True) -> Iterator[Connection]:
    engines = open_engines(database_url)
    try:
        with translated(), (engines.writer if writes else engines.reader).connect() as connection:
            yield connection
    finally:
        engines.dispose()


def configuration(connection: Connection | None = None) -> Config:
    """Answer alembic's configuration; the connection is the one that migrates."""
    config = Config()
    config.set_main_option("script_location", str(_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT))
    config.attributes["connection"] = connection
    return config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database up to a revision, in one transaction; what is there already is left alone.

    Raises Conflict if it stands at a revision that this code does not know: a later version took it there.
    """
    with _connected(database_url) as connection:
        try:
            command.upgrade(configuration(connection), revision)
        except CommandError as error:
            raise Conflict(
                "The database is at a revision of a later version than this one; nothing was done."
            ) from error


def downgrade(database_url: str, revision: str) -> None:
    """Take the database down to a revision, `base` for none at all; rows of tables that go are lost."""
    with _connected(database_url) as connection:
        command.downgrade(configuration(connection), revision)


def head() -> str:
    """Answer the revision that this code wants."""
    found = ScriptDirectory.from_config(configuration()).get_current_head()
    if found is None:
        raise LookupError("there are no migrations")
    return found


def current(database_url: str) -> str | None:
    """Answer the revision of the database, None when it is empty; waits for nobody who writes."""
    with _connected(database_url, writes=False) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def can_serve(database_url: str) -> bool:
    """Whether this code can work on the tables: they are at its head, or where a later version took them.

    A migration only adds what the version before can live with, so that one goes on while it is replaced, and can be
    gone back to.
    """
    found = current(database_url)
    known = ScriptDirectory.from_config(configuration()).walk_revisions()
    return found == head() or (found is not None and all(script.revision != found for script in known))


def check(database_url: str) -> SchemaState:
    """Compare the database with the code."""
    with _connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return SchemaState(
            context.get_current_revision(),
            head(),
            tuple(str(difference) for difference in compare_metadata(context, metadata)),
        )
