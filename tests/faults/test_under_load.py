"""Servers and databases are killed, hang or are hard to reach while clients keep journals: the store says the same.

`FAULTS=long` makes it some minutes.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random

import psutil
import pytest
from sqlalchemy import make_url

import databases
from compensation_service.clock import random_id, system_clock
from compensation_service.domain.budget import Budget
from compensation_service.store.store import open_store
from faults.journal import Client, Journal, differences
from faults.proxy import Proxy, Weather
from faults.serving import MERCHANT, Killable, headers_of

LONG = os.environ.get("FAULTS") == "long"
CLIENTS = 8 if LONG else 4
OFFERS_EACH = 40 if LONG else 6
TROUBLES_MOST = 20 if LONG else 2
LIMIT = CLIENTS * OFFERS_EACH * 700
"""About half of the offers find money left."""


def open_shop(url: str) -> dict[str, str]:
    """A merchant with a budget; the headers of its key."""
    headers, now = headers_of(url), system_clock()
    with closing(open_store(url)) as store, store.writing(MERCHANT) as unit:
        unit.budgets.add(
            Budget(
                id=random_id("bud"),
                merchant_id=MERCHANT,
                name="All",
                currency="EUR",
                category=None,
                starts_at=now.replace(year=2020, month=1, day=1),
                ends_at=now.replace(year=2190, month=1, day=1),
                limit_minor=LIMIT,
                low_percent=10,
                created_at=now,
                created_by="test",
                changed_at=now,
                changed_by="test",
            )
        )
    return headers


@dataclass(frozen=True, slots=True)
class Scene:
    """A server that can be killed, on SQLite or on a PostgreSQL of its own behind a network of its own."""

    server: Killable
    url: str
    cluster: databases.Cluster | None = None
    proxy: Proxy | None = None


def stopped(cluster: databases.Cluster) -> list[psutil.Process]:
    """All processes of a database, which stand still from now on; the first one first, so that it makes no more."""
    postmaster = psutil.Process(int((cluster.directory / "data/postmaster.pid").read_text().splitlines()[0]))
    postmaster.suspend()
    children = postmaster.children(recursive=True)
    each(children, psutil.Process.suspend)
    return [postmaster, *children]


def each(found: list[psutil.Process], what: Callable[[psutil.Process], None]) -> None:
    """Do something to each process that has not ended by itself meanwhile."""
    for process in found:
        with suppress(psutil.NoSuchProcess):
            what(process)


def server_killed(scene: Scene, _: Random) -> None:
    scene.server.kill()
    scene.server.start()


def database_killed(scene: Scene, _: Random) -> None:
    """All processes of the database die at once, and it starts again."""
    found = stopped(scene.cluster)
    each(found, psutil.Process.kill)
    psutil.wait_procs(found, timeout=10)
    scene.cluster.start()


def database_paused(scene: Scene, chance: Random) -> None:
    """All processes of the database stand still for a while."""
    found = stopped(scene.cluster)
    time.sleep(chance.uniform(0.5, 7.0))
    each(found, psutil.Process.resume)


LOST = Weather(lost_commits=0.3)
BAD = Weather(cuts=0.01, delay_most_s=0.02)
MODES = {
    "server killed, SQLite": (None, [server_killed]),
    "everything at once": (LOST, [database_killed, server_killed]),
}
MORE = {
    "server killed, PostgreSQL": (Weather(), [server_killed]),
    "database killed": (Weather(), [database_killed]),
    "database paused": (Weather(), [database_paused]),
    "answers to COMMIT lost": (LOST, []),
    "connections cut, and slow": (BAD, []),
}
"""What `FAULTS=long` looks at one by one."""


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Scene]:
    with databases.fresh_sqlite(folder) as url, Killable(url) as server:
        yield Scene(server, url)


@contextmanager
def on_postgresql(folder: Path, weather: Weather) -> Iterator[Scene]:
    """A PostgreSQL that may be treated badly."""
    with databases.own_postgresql() as (cluster, url), Proxy(folder, cluster.directory, weather) as proxy:
        seen = databases.plain(make_url(url).set(query={"host": str(folder)}))
        with Killable(seen) as server:
            yield Scene(server, url, cluster, proxy)


def trade(scene: Scene, troubles: list[Callable[[Scene, Random], None]]) -> list[Journal]:
    """Let all clients ask, with one trouble after the other meanwhile; their journals."""
    headers, chance = open_shop(scene.url), Random(2)
    clients = [Client(scene.server.port, headers, number, OFFERS_EACH) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for number, trouble in zip(range(1, TROUBLES_MOST + 1), cycle(troubles), strict=False):
        share = CLIENTS * OFFERS_EACH * number // (TROUBLES_MOST + 1)
        while sum(len(client.journal.asked) for client in clients) < share and any(map(Client.is_alive, clients)):
            time.sleep(chance.uniform(0, 0.05))
        trouble(scene, chance)
    for client in clients:
        client.join()
    return [client.journal for client in clients]


@pytest.mark.parametrize("mode", {**MODES, **MORE} if LONG else MODES)
def test_the_store_says_what_the_journals_say(mode, tmp_path):
    weather, troubles = {**MODES, **MORE}[mode]
    with on_sqlite(tmp_path) if weather is None else on_postgresql(tmp_path, weather) as scene:
        journals = trade(scene, troubles)
        assert differences(scene.url, MERCHANT, journals) == []
        assert sum(len(journal.asked) for journal in journals) == CLIENTS * OFFERS_EACH
        assert sum(journal.asked_again for journal in journals), "somebody noticed"
        if scene.cluster is not None:
            with databases.connect(scene.cluster.url) as connection:
                idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                assert connection.execute(idle).fetchone() == (0,)
            assert scene.proxy.lost or not weather.lost_commits
            assert scene.proxy.cut or not weather.cuts
