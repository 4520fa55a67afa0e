"""A database that is away for a minute, and a thousand clients who ask again when it comes back.

Figures are printed for those who ask for them with `-rP`; what is demanded of times leaves room for a slow machine.
"""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import databases
import webapp
from faults.serving import headers_of
from faults.test_under_load import each, stopped
from processes import Service

AWAY_S = 60.0
PREVIEWERS = 4
PREVIEW_EVERY_S = 0.05
WRITE_EVERY_S = 0.5
CLIENTS = 1_000
KEYS = 100
STORM_AWAY_S = 5.0
STORM_S = 20.0
"""For so long clients go on repeating after the database is back."""
RECOVERED_S = 60.0


class Asker(threading.Thread):
    """Asks for something again and again; `answers` are moments, statuses (0 for none) and the seconds it took."""

    def __init__(self, port: int, path: str, headers: dict[str, str], every_s: float) -> None:
        super().__init__(daemon=True)
        self.answers: list[tuple[float, int, float]] = []
        self.over = threading.Event()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._path = path
        self._headers = headers
        self._every_s = every_s
        self._bodies = (json.dumps(webapp.case(f"{self.name}-{number}")) for number in range(1_000_000))

    def run(self) -> None:
        """Ask until it is over."""
        while not self.over.wait(self._every_s):
            begun, status = time.monotonic(), 0
            try:
                self._connection.request("POST", self._path, next(self._bodies), self._headers)
                answer = self._connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                self._connection.close()
            self.answers.append((begun, status, time.monotonic() - begun))
        self._connection.close()


@contextmanager
def on_postgresql(folder: Path) -> Iterator[tuple[databases.Cluster, Service, dict[str, str]]]:
    """A database, a server on it, and a key."""
    with databases.own_postgresql() as (cluster, url):
        headers = headers_of(url)
        server = Service(folder, database_url=url, rate_limit_burst=1_000_000, rate_limit_per_second=10_000)
        try:
            server.wait()
            yield cluster, server, headers
        finally:
            server.process.kill()
            server.process.wait()


@contextmanager
def down(cluster: databases.Cluster) -> Iterator[None]:
    cluster.stop()
    yield
    cluster.start()


@contextmanager
def hanging(cluster: databases.Cluster) -> Iterator[None]:
    found = stopped(cluster)
    yield
    each(found, lambda process: process.resume())


@pytest.mark.parametrize("away", [down, hanging])
def test_previews_go_on_for_a_minute_without_a_database(tmp_path, away):
    with on_postgresql(tmp_path) as (cluster, server, headers):
        previews = [Asker(server.port, "/offers/preview", headers, PREVIEW_EVERY_S) for _ in range(PREVIEWERS)]
        writes = Asker(server.port, "/offers", headers, WRITE_EVERY_S)
        for asker in [*previews, writes]:
            asker.start()
        time.sleep(5)
        with away(cluster):
            begin = time.monotonic()
            time.sleep(AWAY_S)
            end = time.monotonic()
        while not any(at > end and status == 201 for at, status, _ in writes.answers):
            assert time.monotonic() < end + RECOVERED_S, "it does not recover"
            time.sleep(0.1)
        recovered = time.monotonic() - end
        for asker in [*previews, writes]:
            asker.over.set()
            asker.join()
    seen = [(status, seconds) for each in previews for at, status, seconds in each.answers if begin <= at < end]
    good = sum(status == 200 for status, _ in seen) / len(seen)
    p99 = sorted(seconds for _, seconds in seen)[len(seen) * 99 // 100]
    lost = [(status, seconds) for at, status, seconds in writes.answers if begin <= at and at + seconds < end]
    slowest = max(seconds for _, seconds in lost)
    print(  # noqa: T201 - figures
        f"{len(seen)} previews, {good:.3%} answered, p99 {p99 * 1000:.1f} ms; {len(lost)} writes refused, "
        f"the slowest after {slowest:.2f} s; writing again {recovered:.1f} s after the database"
    )
    assert good >= 0.999
    assert p99 < 0.5
    assert {status for status, _ in lost} == {503}
    assert slowest < 8.0  # three seconds, and some for a machine that stands still for a while


def test_a_thousand_clients_who_ask_again_have_no_more_effects_than_keys(tmp_path):
    with on_postgresql(tmp_path) as (cluster, server, headers):
        offers, recovered, answers = asyncio.run(storm(cluster, server.port, headers))
        print(  # noqa: T201 - figures
            f"{answers} answers to {CLIENTS} clients; all {KEYS} keys answered {recovered:.1f} s after the database"
        )
        assert sorted(offers) == sorted(str(number % KEYS) for number in range(KEYS))
        assert all(len(ids) == 1 for ids in offers.values())
        with databases.connect(cluster.url.set(database="service")) as connection:
            assert connection.execute("SELECT count(*) FROM offers").fetchone() == (KEYS,)
    assert recovered < RECOVERED_S


async def storm(
    cluster: databases.Cluster, port: int, headers: dict[str, str]
) -> tuple[dict[str, set[str]], float, int]:
    """The ids that each key was answered, seconds until all were, and how many answers there were in all."""
    offers: dict[str, set[str]] = {}
    answers, over = 0, asyncio.Event()

    async def client(number: int) -> None:
        nonlocal answers
        key = str(number % KEYS)
        while not over.is_set():
            status, body = 0, b""
            with suppress(OSError, EOFError):
                status, body = await ask(port, headers, key)
            if status in {200, 201}:
                answers += 1
                offers.setdefault(key, set()).add(json.loads(body)["id"])
            await asyncio.sleep(0.5)

    await asyncio.to_thread(cluster.stop)
    clients = [asyncio.create_task(client(number)) for number in range(CLIENTS)]
    await asyncio.sleep(STORM_AWAY_S)
    await asyncio.to_thread(cluster.start)
    back = time.monotonic()
    while len(offers) < KEYS and time.monotonic() < back + RECOVERED_S:  # noqa: ASYNC110 - to the second is enough
        await asyncio.sleep(0.05)
    recovered = time.monotonic() - back
    await asyncio.sleep(STORM_S)
    over.set()
    await asyncio.gather(*clients)
    return offers, recovered, answers


async def ask(port: int, headers: dict[str, str], key: str) -> tuple[int, bytes]:
    """One request on a connection of its own; EOFError or OSError where no answer comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        case = webapp.case(key, f"C-{key}")
        del case["incident"]["reference"]  # nothing but the key says that it is the same
        body = json.dumps(case).encode()
        sent = {**headers, "Host": "127.0.0.1", "Idempotency-Key": key, "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in {**sent, "Connection": "close"}.items())
        writer.write(f"POST /offers HTTP/1.1\r\n{head}\r\n".encode() + body)
        answer, _, said = (await reader.read()).partition(b"\r\n\r\n")
        if not answer:
            raise EOFError
        return int(answer.split()[1]), said
    finally:
        writer.close()
