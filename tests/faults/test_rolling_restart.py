"""Two servers on one database are restarted in turn while clients ask: no request fails.

They ask in turn whom a balancer found ready a moment ago, over connections that they keep, and ask nothing again.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import databases
import webapp
from faults.serving import headers_of
from processes import Service

CLIENTS = 8
DRAIN_SECONDS = 5
ASKED_EVERY_S = 0.2
"""How often the balancer asks whether a server is ready."""
UNDISTURBED_S = 3.0
"""For so long all servers answer before the first restart, between two of them and after the last one."""


class Balancer(threading.Thread):
    """Knows which servers were ready when it asked last."""

    def __init__(self) -> None:
        super().__init__(name="balancer", daemon=True)
        self.servers: list[Service] = []
        self.ready: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Ask all of them again and again."""
        while not self.over.wait(ASKED_EVERY_S):
            self.ready = [server.port for server in list(self.servers) if is_ready(server)]


def is_ready(server: Service) -> bool:
    try:
        return server.get("/readyz")[0] == 200
    except OSError:
        return False


class Client(threading.Thread):
    """Asks for offers, and notes what fails."""

    def __init__(self, balancer: Balancer, headers: dict[str, str], number: int) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.made: list[str] = []
        self.failures: list[str] = []
        self.answers: Counter[int] = Counter()
        self._balancer = balancer
        self._headers = headers
        self._number = number
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def run(self) -> None:
        """Ask until the balancer's time is over."""
        while not self._balancer.over.is_set():
            reference = f"{self._number}-{len(self.made) + len(self.failures)}"
            try:
                self._ask(json.dumps(webapp.case(reference, f"C-{reference}")))
            except Exception as error:  # noqa: BLE001 - whatever it is, a request has failed
                self.failures.append(f"{reference}: {type(error).__name__}: {error}")
        self._keep([])

    def _ask(self, body: str) -> None:
        ready = self._balancer.ready
        self._keep(ready)
        port = ready[len(self.made) % len(ready)]
        connection = self._connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        connection.request("POST", "/offers", body, self._headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 201, f"{answer.status} {said!r}"
        self.made.append(json.loads(said)["id"])
        self.answers[port] += 1

    def _keep(self, ready: Sequence[int]) -> None:
        """Hang up where nobody is ready any more."""
        for port in self._connections.keys() - set(ready):
            self._connections.pop(port).close()


@contextmanager
def serving(folder: Path, url: str) -> Iterator[Balancer]:
    """Two servers that are ready, behind a balancer."""
    balancer = Balancer()
    try:
        for _ in range(2):
            start(balancer, folder, url)
        balancer.start()
        until_ready(balancer)
        yield balancer
        balancer.over.set()
        balancer.join()
    finally:
        for server in balancer.servers:
            server.process.kill()
            server.process.wait()


def start(balancer: Balancer, folder: Path, url: str) -> None:
    patience = {"drain_seconds": DRAIN_SECONDS, "keep_alive_seconds": 60, "rate_limit_burst": 1_000_000}
    server = Service(folder, database_url=url, **patience)
    balancer.servers.append(server)
    server.wait()


def until_ready(balancer: Balancer) -> None:
    end = time.monotonic() + 60
    while len(balancer.ready) < len(balancer.servers):
        assert time.monotonic() < end
        time.sleep(ASKED_EVERY_S)


def test_a_rolling_restart_fails_no_request(postgresql_url, tmp_path):
    headers = headers_of(postgresql_url)
    with serving(tmp_path, postgresql_url) as balancer:
        clients = [Client(balancer, headers, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        first = list(balancer.servers)
        for old in first:
            time.sleep(UNDISTURBED_S)
            assert old.stop() == 0
            balancer.servers.remove(old)
            start(balancer, tmp_path, postgresql_url)
            until_ready(balancer)
        time.sleep(UNDISTURBED_S)
        balancer.over.set()
        for client in clients:
            client.join()
    assert [failure for client in clients for failure in client.failures] == []
    answers = sum((client.answers for client in clients), Counter())
    assert answers.keys() >= {server.port for server in [*first, *balancer.servers]}, "all of them had their share"
    made = [offer for client in clients for offer in client.made]
    with databases.connect(postgresql_url) as connection:
        connection.execute("SELECT set_config('app.merchant_id', 'north', false)")
        kept = {offer for (offer,) in connection.execute("SELECT id FROM offers")}
    assert kept == set(made)
    print(f"{len(made)} requests, none failed")  # noqa: T201 - for those who ask for it with -rP
