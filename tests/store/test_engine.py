"""Connections: durable, bounded in time, and honest when the database is away."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import ArgumentError

import databases
from compensation_service.domain.errors import Overloaded, StoreUnavailable
from compensation_service.store.engine import UnsafeDurability
from compensation_service.store.failures import Contended
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.retry import retried
from compensation_service.store.store import open_store
from records import MERCHANT, store_offers
from stopwatch import quickest


def refused(error: type[Exception], ask: Callable[[], object]) -> None:
    with pytest.raises(error):
        ask()


def test_what_we_open_is_durable(store):
    store.demand_durability()
    assert store.unsafe_settings() == []


def test_every_sqlite_connection_is_set_up(sqlite_url):
    store = open_store(sqlite_url)
    for engine in (store._engines.writer, store._engines.reader):
        with engine.connect() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1500}
    store.close()


@pytest.mark.parametrize("pragma", ["synchronous=NORMAL", "synchronous=OFF", "journal_mode=DELETE"])
def test_an_unsafe_sqlite_is_refused(sqlite_url, pragma):
    store = open_store(sqlite_url)
    event.listen(
        store._engines.writer, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}").fetchall()
    )
    with pytest.raises(UnsafeDurability, match=pragma.partition("=")[0]):
        store.demand_durability()
    store.close()


def test_an_unsafe_postgresql_is_refused(postgresql_url):
    with databases.connect(postgresql_url) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = open_store(postgresql_url)
    with pytest.raises(UnsafeDurability, match="synchronous_commit=off"):
        store.demand_durability()
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_a_database_that_cannot_serve_is_refused(url):
    with pytest.raises(ArgumentError):
        open_store(url)


def test_the_directory_of_the_file_is_made(tmp_path):
    open_store(f"sqlite:///{tmp_path}/some/where/test.db").ping()
    assert (tmp_path / "some" / "where" / "test.db").exists()


def test_a_reader_is_not_kept_waiting_by_a_writer(store):
    with store.writing(MERCHANT) as unit:
        store_offers(unit, 1)
        with store.reading(MERCHANT) as other:
            assert other.incidents.page(IncidentFilter(), None, 10).items == ()


def test_a_writer_gives_up_on_a_lock_in_time(sqlite_url):
    one, two = open_store(sqlite_url), open_store(sqlite_url)
    with one.writing(MERCHANT):
        assert quickest(lambda: refused(Contended, two.writing(MERCHANT).__enter__), 2.5) < 2.5
        with pytest.raises(Overloaded), one.writing(MERCHANT):
            pass
    one.close()
    two.close()


def test_locks_are_waited_for_and_let_go_at_the_end(postgresql_url):
    store = open_store(postgresql_url)
    order: list[str] = []
    held, enough = threading.Event(), threading.Event()

    def first() -> None:
        with store.writing(MERCHANT) as unit:
            unit.lock(["customer:1", "order:1"])
            held.set()
            enough.wait(60)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(5)
    with store.writing(MERCHANT) as unit:
        unit.lock(["customer:2"])
    with store.writing("umbrella") as unit:
        unit.lock(["customer:1"])
    assert order == []
    threading.Timer(0.2, enough.set).start()

    def second() -> None:
        with store.writing(MERCHANT) as unit:
            unit.lock(["order:1", "order:2"])
            order.append("second")

    retried(second)
    thread.join()
    assert order == ["first", "second"]
    store.close()


def test_a_statement_that_takes_too_long_is_ended(postgresql_url):
    store = open_store(postgresql_url)

    def sleep_long() -> None:
        with store.transaction() as transaction:
            transaction._connection.execute(text("SELECT pg_sleep(10)"))

    assert quickest(lambda: refused(StoreUnavailable, sleep_long), 3) < 3
    store.close()


def test_without_a_database_everything_says_so_within_three_seconds():
    directory = databases.private_directory()
    cluster = databases.Cluster(directory)
    cluster.create()
    cluster.start()
    store = open_store(databases.plain(cluster.url))
    store.ping()
    cluster.stop()
    for ask in (
        store.ping,
        lambda: store.find_key("a" * 12),
        lambda: store.writing(MERCHANT).__enter__(),
        lambda: store.reading(MERCHANT).__enter__(),
        store.unsafe_settings,
    ):
        assert quickest(lambda ask=ask: refused(StoreUnavailable, ask), 3) < 3
    cluster.start()
    store.ping()
    store.close()
    cluster.stop()
    databases.remove(directory)


def test_a_file_that_cannot_be_written_is_unavailable_and_not_a_fault(tmp_path):
    path = Path(tmp_path) / "test.db"
    path.mkdir()
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable):
        store.ping()
    store.close()


def test_plans_are_made_for_the_tables_as_they_are(postgresql_url):
    """A plan kept from an empty table read all of the grown one, batch after batch, until the first ANALYZE."""
    store = open_store(postgresql_url)
    with store.transaction() as transaction:
        assert transaction._connection.execute(text("SHOW plan_cache_mode")).scalar_one() == "force_custom_plan"
    store.close()
