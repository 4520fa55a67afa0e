"""Migrations: up, down and up again on both databases, to exactly the tables that the code expects."""

import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from time import sleep

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, select, text

from compensation_service.domain.merchant import Merchant
from compensation_service.store import schema
from compensation_service.store.engine import open_engines
from compensation_service.store.store import open_store
from compensation_service.store.tables import metadata
from records import MERCHANT, NOON, answer, api_key, store_offers

LONGER_THAN_A_REQUEST_S = 2.2
ROOT = Path(__file__).parents[2]
REVISIONS = [script.revision for script in ScriptDirectory.from_config(schema.configuration()).walk_revisions()][::-1]
LATER = {
    "api_keys": {"created_by", "revoked_by", "replaces"},
    "options": {"goodwill_cost_minor"},
    "offers": {
        *("default_stands", "chosen_option", "requested_by", "owed_remedies", "superseded_by", "link_sha256"),
        "confirm_by",
    },
    "events": {"hash"},
    "incidents": {
        "salt",
        "erased_at",
        *(
            "told",
            "fingerprint",
            "owner",
            "stage",
            "cause",
            "product",
            "carrier",
            "earlier",
            "closed_at",
            "given_kind",
            "given_minor",
            "reopened",
            "escalated_at",
            "version",
        ),
    },
}
"""Columns that came after the first revision."""


def tables(url: str) -> set[str]:
    engines = open_engines(url)
    with engines.writer.connect() as connection:
        found = set(inspect(connection).get_table_names())
    engines.dispose()
    return found - {"alembic_version"}


def money(url: str) -> str:
    """Answer a digest of everything that the first revision keeps for a merchant."""
    engines = open_engines(url)
    digest = hashlib.sha256()
    with engines.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.merchant_id', :merchant, true)"), {"merchant": MERCHANT})
        for name in ("merchants", "api_keys", "incidents", "offers", "options", "remedies", "events", "answers"):
            table = metadata.tables[name]
            kept = [column for column in table.columns if column.name not in LATER.get(name, ())]
            rows = connection.execute(select(*kept).order_by(*table.primary_key.columns)).all()
            assert rows
            digest.update(repr([tuple(row) for row in rows]).encode())
    engines.dispose()
    return digest.hexdigest()


def test_up_down_up(empty_database_url):
    assert schema.current(empty_database_url) is None
    schema.upgrade(empty_database_url)
    schema.upgrade(empty_database_url)
    assert schema.current(empty_database_url) == schema.head()
    assert tables(empty_database_url) == set(metadata.tables)
    schema.downgrade(empty_database_url, "base")
    assert tables(empty_database_url) == set()
    schema.upgrade(empty_database_url)
    assert tables(empty_database_url) == set(metadata.tables)


def test_each_revision_can_be_taken_back_alone(empty_database_url):
    for revision in REVISIONS:
        before = tables(empty_database_url)
        schema.upgrade(empty_database_url, revision)
        schema.downgrade(empty_database_url, "-1")
        assert tables(empty_database_url) == before
        schema.upgrade(empty_database_url, revision)


def test_later_revisions_keep_what_is_stored(empty_database_url):
    schema.upgrade(empty_database_url)
    store = open_store(empty_database_url)
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.api_keys.add(api_key())
        store_offers(unit, *range(50))
        unit.answers.add([answer(number) for number in range(50)])
    store.close()
    before = money(empty_database_url)
    schema.downgrade(empty_database_url, REVISIONS[0])
    assert money(empty_database_url) == before
    schema.upgrade(empty_database_url)
    assert money(empty_database_url) == before


def test_the_tables_are_those_of_the_code(database_url):
    state = schema.check(database_url)
    assert state.differences == ()
    assert state.matches


def test_a_difference_is_seen(database_url):
    engines = open_engines(database_url)
    with engines.writer.begin() as connection:
        connection.execute(text("ALTER TABLE offers ADD COLUMN extra TEXT"))
        connection.execute(text("DROP INDEX ix_incidents_merchant_id_category_id"))
    engines.dispose()
    state = schema.check(database_url)
    assert state.is_current
    assert not state.matches
    assert len(state.differences) == 2


def test_the_checks_let_in_the_words_of_the_enums(database_url):
    """Alembic does not compare CHECKs: here the words of each are those of the code."""
    engines = open_engines(database_url)
    with engines.writer.connect() as connection:
        inspector = inspect(connection)
        for name, table in metadata.tables.items():
            kept = {check["name"]: words(check["sqltext"]) for check in inspector.get_check_constraints(name)}
            made = {
                check.name: words(str(check.sqltext))
                for check in table.constraints
                if isinstance(check, CheckConstraint)
            }
            assert kept == made
    engines.dispose()


def words(check: str) -> list[str]:
    return sorted(re.findall(r"'([^']*)'", check))


def test_a_migration_that_breaks_off_leaves_nothing(empty_database_url):
    engines = open_engines(empty_database_url)
    with engines.writer.begin() as connection:
        connection.execute(text("CREATE TABLE options (in_the_way TEXT)"))
    engines.dispose()
    with pytest.raises(Exception, match="already exists"):
        schema.upgrade(empty_database_url)
    assert tables(empty_database_url) == {"options"}
    assert schema.current(empty_database_url) is None


def test_the_sql_for_postgresql_can_be_run_on_a_busy_database(tmp_path):
    written = StringIO()
    configuration = schema.configuration()
    configuration.output_buffer = written
    with redirect_stdout(written):
        command.upgrade(configuration, "head", sql=True)
    path = tmp_path / "upgrade.sql"
    path.write_text(written.getvalue())
    squawk = Path(sys.executable).parent / "squawk"
    # alembic's own table of one row has a VARCHAR; everything else has to pass.
    done = subprocess.run(
        [squawk, "--exclude=prefer-text-field", path],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VARCHAR" not in path.read_text().partition("merchants")[2]


def test_two_processes_may_migrate_at_once(empty_database_url):
    program = "import sys; from compensation_service.store import schema; schema.upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", program, empty_database_url]) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert schema.check(empty_database_url).matches


def test_whoever_migrates_already_is_waited_for(empty_database_url):
    """Longer than a request would wait."""
    engines = open_engines(empty_database_url)
    with engines.writer.connect() as other:
        begun = other.begin()
        if other.dialect.name == "postgresql":
            other.execute(text("SELECT pg_advisory_xact_lock(4710237961532)"))
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(schema.upgrade, empty_database_url)
            sleep(LONGER_THAN_A_REQUEST_S)
            begun.rollback()
            second.result()
    engines.dispose()
    assert schema.check(empty_database_url).matches
