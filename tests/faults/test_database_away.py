"""The database stops, or hangs: previews go on, writes say so in time, and everything recovers by itself."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx2
import psutil
import pytest

import databases
import webapp
from compensation_service.main import create_app
from compensation_service.settings import Settings

IN_TIME_SECONDS = 8.0  # three for the write, and some for a machine that stands still for a while


class Away:
    """A service on a PostgreSQL of its own, over a real socket."""

    def __init__(self, client: httpx2.Client, cluster: databases.Cluster) -> None:
        self.client = client
        self.cluster = cluster

    def ask(self, path: str, reference: str) -> tuple[httpx2.Response, float]:
        begun = time.monotonic()
        answer = self.client.post(path, json=webapp.case(reference, f"C-{reference}"))
        return answer, time.monotonic() - begun

    def signal(self, number: signal.Signals) -> None:
        postmaster = psutil.Process(int((self.cluster.directory / "data/postmaster.pid").read_text().splitlines()[0]))
        postmaster.send_signal(number)
        for process in postmaster.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it ended by itself
                process.send_signal(number)


@pytest.fixture
def away() -> Iterator[Away]:
    with databases.own_postgresql() as (cluster, url):
        app = create_app(Settings(database_url=url, key_cache_seconds=0))
        with webapp.serving(app) as address:
            headers = webapp.Web(app, None).headers
            with httpx2.Client(base_url=address, headers=headers, timeout=10) as client:
                yield Away(client, cluster)


def stopped(away: Away) -> Callable[[], None]:
    away.cluster.stop()
    return away.cluster.start


def paused(away: Away) -> Callable[[], None]:
    away.signal(signal.SIGSTOP)
    return lambda: away.signal(signal.SIGCONT)


@pytest.mark.parametrize("go_away", [stopped, paused])
def test_previews_go_on_and_writes_say_so(away, go_away):
    assert away.ask("/offers/preview", "before")[0].status_code == 200
    assert away.ask("/offers", "before")[0].status_code == 201

    come_back = go_away(away)
    try:
        for number in range(5):
            answer, seconds = away.ask("/offers/preview", f"away-{number}")
            assert (answer.status_code, seconds < IN_TIME_SECONDS) == (200, True)
        for number in range(3):
            answer, seconds = away.ask("/offers", f"lost-{number}")
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
            assert seconds < IN_TIME_SECONDS
        assert away.client.get("/livez").status_code == 200
        assert away.client.get("/readyz").status_code == 503
    finally:
        come_back()

    end = time.monotonic() + 30
    while (answer := away.ask("/offers", "after")[0]).status_code == 503 and time.monotonic() < end:
        time.sleep(0.2)
    assert answer.status_code in {200, 201}
    assert away.ask("/offers", "before")[0].status_code == 200
