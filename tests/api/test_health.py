"""Alive and ready: what is looked at, for how long, and what a stopping process says."""

import asyncio
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import webapp
from compensation_service.api import health
from compensation_service.api.health import Disk, DiskAlmostFull, Readiness


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A machine that stands still for a second is not what is tested."""
    monkeypatch.setattr(health, "CHECK_SECONDS_MOST", 60.0)


@pytest.fixture
def fresh():
    with webapp.on_sqlite() as web:
        yield web


def test_everything_that_requests_need_is_looked_at(fresh):
    answer = fresh.client.get("/readyz")
    assert answer.status_code == 200
    checks = dict.fromkeys(("database", "migrations", "durability", "disk"), "ok")
    assert answer.json() == {"ready": True, "checks": checks}


def test_on_postgresql_the_disk_is_not_ours(postgresql_url):
    with webapp.running(postgresql_url) as web:
        checks = web.client.get("/readyz").json()["checks"]
    assert set(checks) == {"database", "migrations", "durability"}


@pytest.mark.parametrize(("revision", "found"), [("29990101_0000", "ok"), ("20261121_2240", "NotMigrated")])
def test_tables_of_a_later_version_are_served_and_older_ones_are_not(fresh, revision, found):
    fresh.change("UPDATE alembic_version SET version_num = ?", revision)
    assert fresh.client.get("/readyz").json()["checks"]["migrations"] == found


def test_a_process_that_was_told_to_stop_is_alive_but_not_ready(fresh):
    fresh.app.state.draining = True
    answer = fresh.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "checks": {"stopping": "yes"}})
    assert fresh.client.get("/livez").status_code == 200


def test_a_check_that_fails_names_itself_and_says_no_more(fresh):
    def fail():
        raise ZeroDivisionError("a secret")

    fresh.app.state.readiness = Readiness({"sums": fail, "fine": lambda: None})
    answer = fresh.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"sums": "ZeroDivisionError", "fine": "ok"})
    assert "secret" not in answer.text


def test_a_check_that_hangs_is_waited_for_a_second(fresh, monkeypatch):
    monkeypatch.undo()
    over = threading.Event()
    fresh.app.state.readiness = Readiness({"stuck": over.wait})
    began = time.monotonic()
    answer = fresh.client.get("/readyz")
    over.set()
    assert answer.json()["checks"] == {"stuck": "timeout"}
    assert 0.9 < time.monotonic() - began < 30, "and not for ever"


def test_many_who_ask_at_once_cost_one_look():
    looked = []

    def look():
        looked.append(True)
        time.sleep(0.05)

    async def ask():
        readiness = Readiness({"slow": look})
        found = await asyncio.gather(*(readiness.look() for _ in range(20)))
        return [*found, await readiness.look()]

    assert asyncio.run(ask()) == [{"slow": "ok"}] * 21
    assert len(looked) == 2


@pytest.mark.parametrize(("free", "fits"), [(4, False), (5, True), (50, True)])
def test_a_disk_needs_a_twentieth_free(tmp_path, monkeypatch, free, fits):
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: SimpleNamespace(total=100, free=free))
    if fits:
        Disk(tmp_path / "file")()
    else:
        with pytest.raises(DiskAlmostFull):
            Disk(tmp_path / "file")()


def test_the_health_of_a_database_has_a_connection_of_its_own(fresh):
    """However busy the others are, and although somebody writes."""
    engines = fresh.app.state.services.store._engines
    assert len({engines.reader, engines.writer, engines.pulse}) == 3
    held = [engines.reader.connect() for _ in range(5)]
    with engines.writer.begin():
        answer = fresh.client.get("/readyz")
    for connection in held:
        connection.close()
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_metrics_answer_although_every_thread_waits(fresh):
    """A database that hangs takes all threads; the metrics are what one looks at then."""
    over = threading.Event()

    async def ask():
        waiting = [asyncio.create_task(asyncio.to_thread(over.wait)) for _ in range(100)]
        await asyncio.sleep(0)
        try:
            return await asyncio.wait_for(health.metrics(SimpleNamespace(app=fresh.app)), 1)
        finally:
            over.set()
            await asyncio.gather(*waiting)

    assert fresh.client.portal.call(ask).status_code == 200


def test_the_file_of_a_database_is_found(tmp_path):
    assert Path(webapp.Settings(database_url=f"sqlite:///{tmp_path}/a b.db?x=1").database_file) == tmp_path / "a b.db"
    assert webapp.Settings(database_url="postgresql://h/n").database_file is None
