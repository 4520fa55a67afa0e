"""Stopping: not ready at once, taking requests for a while, cutting none off, losing none, and exit code 0."""

import json
import os
import re
import signal
import socket
import sqlite3
import time
from contextlib import closing, contextmanager

import pytest
from fastapi import FastAPI

import webapp
from compensation_service.cli.server import Server, configure
from compensation_service.clock import random_token, system_clock
from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import open_settings_store
from compensation_service.services.keys import KeyService
from compensation_service.settings import Settings
from processes import Service

IN_FLIGHT = 50
DRAIN_SECONDS = 4
NOTICED_SECONDS = 0.3
"""How long a process may take to notice the signal; requests wait for the database much longer."""
PATIENT = {"rate_limit_burst": 1_000_000, "write_timeout_seconds": 30}


@pytest.fixture
def start(sqlite_url, tmp_path):
    started = []

    def start(*options, **environment):
        started.append(Service(tmp_path, *options, database_url=sqlite_url, **PATIENT, **environment))
        started[-1].wait()
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


@pytest.fixture
def headers(sqlite_url):
    store = open_settings_store(Settings(database_url=sqlite_url))
    _, token = KeyService(store, system_clock, random_token).create("north", "test", Role.SERVICE, frozenset(Scope))
    store.close()
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def make(service, headers, reference):
    return service.ask("POST", "/offers", json.dumps(webapp.case(reference, f"C-{reference}")), headers)


def stored(url):
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        return {name for (name,) in database.execute("SELECT id FROM offers")}


def previews_of(service):
    """How many previews the metrics tell of."""
    series = r'http_request_duration_seconds_count\{method="POST",route="/offers/preview",status="200"\} (\S+)'
    found = re.search(series, service.get("/metrics")[2].decode())
    return found and float(found[1])


@contextmanager
def stopped_with_requests_in_flight(service, headers, url):
    """Lock the database, send requests that have to wait for it, tell the service to stop; unlock after the block."""
    connections = [service.connect() for _ in range(IN_FLIGHT)]
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        for number, connection in enumerate(connections):
            connection.request("POST", "/offers", json.dumps(webapp.case(f"in-flight-{number}")), headers)
        for _ in range(2):
            assert service.get("/livez")[0] == 200  # whoever came before this has been taken
        service.process.terminate()
        time.sleep(NOTICED_SECONDS)
        yield
        lock.execute("COMMIT")
    acknowledged = set()
    for connection in connections:
        answer = connection.getresponse()
        assert answer.status == 201
        acknowledged.add(json.loads(answer.read())["id"])
        connection.close()
    assert service.process.wait(40) == 0
    assert acknowledged <= stored(url)
    assert len(acknowledged) == IN_FLIGHT


def test_what_is_in_flight_is_finished_and_nothing_acknowledged_is_lost(start, headers, sqlite_url):
    """Half a request is one in flight too; a connection on which nobody asked for anything is closed."""
    service = start()
    with connected(service) as half, connected(service) as idle:
        half.sendall(b"GET /livez HTTP/1.1\r\nHo")
        with stopped_with_requests_in_flight(service, headers, sqlite_url):
            half.sendall(b"st: a\r\n\r\n")
            answer = half.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer
        assert idle.recv(1) == b""


def connected(service):
    return socket.create_connection(("127.0.0.1", service.port), timeout=10)


def test_a_team_counts_together_replaces_its_dead_and_stops_as_one(start, headers, sqlite_url):
    service = start("--workers", "2")
    for number in range(20):
        status, _, _ = service.ask("POST", "/offers/preview", json.dumps(webapp.case(f"p-{number}")), headers)
        assert status == 200
    end = time.monotonic() + 30
    while previews_of(service) != 20 and time.monotonic() < end:  # a request is counted once its answer is sent
        time.sleep(0.1)
    assert {previews_of(service) for _ in range(4)} == {20}, "whichever process answers"

    before = service.members()
    assert len(before) == 2
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    end = time.monotonic() + 30
    while len(now := service.members().keys() - {killed}) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    assert len(now) == 2
    for number in range(20):  # while the new one starts, the other one answers
        assert make(service, headers, f"replaced-{number}")[0] == 201
    with stopped_with_requests_in_flight(service, headers, sqlite_url):
        pass


def test_a_port_that_the_system_chose_is_told(sqlite_url, tmp_path):
    service = Service(tmp_path, "--port", "0", database_url=sqlite_url)
    end = time.monotonic() + 30
    while not (told := re.search(r"Serving on http://127\.0\.0\.1:(\d+) ", service.log.read_text())):
        assert time.monotonic() < end
        time.sleep(0.05)
    service.port = int(told[1])
    service.wait()
    assert service.stop() == 0


def test_it_drains(start, headers):
    """Told to stop, it is not ready, takes requests a while longer, and lets no connection linger."""
    service = start(drain_seconds=DRAIN_SECONDS)
    lingering = service.connect()
    lingering.request("GET", "/livez")
    assert lingering.getresponse().read()
    began = time.monotonic()
    service.process.terminate()
    while (answer := service.get("/readyz"))[0] == 200:
        assert time.monotonic() - began < DRAIN_SECONDS
    assert (answer[0], json.loads(answer[2])) == (503, {"ready": False, "checks": {"stopping": "yes"}})
    status, found, _ = make(service, headers, "draining")
    assert (status, found["connection"]) == (201, "close")
    assert previewed_until_closed(service, headers).count(b"connection: close") == 1
    assert service.get("/readyz")[0] == 503, "the answer closed its connection, not the end"
    lingering.request("GET", "/livez")
    again = lingering.getresponse()
    assert (again.status, again.getheader("connection")) == (200, "close")
    assert service.process.wait(40) == 0
    assert DRAIN_SECONDS <= time.monotonic() - began < 30
    with pytest.raises(ConnectionRefusedError):
        service.get("/livez")


def previewed_until_closed(service, headers):
    """All that comes back on a connection that asks for a preview and then waits."""
    body = json.dumps(webapp.case("draining")).encode()
    lines = {**headers, "Host": "a", "Content-Length": len(body)}.items()
    head = "POST /offers/preview HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    with connected(service) as connection:
        connection.sendall(head.encode() + b"\r\n" + body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_second_interruption_does_not_wait_and_a_second_request_to_stop_does():
    server = Server(configure(FastAPI(), keep_alive_seconds=5), drain_seconds=60)
    server.config.load()
    server.started = True
    server.handle_exit(signal.SIGTERM, None)
    server.handle_exit(signal.SIGTERM, None)
    assert server.config.loaded_app.state.draining
    assert not server.should_exit
    server.handle_exit(signal.SIGINT, None)
    assert server.should_exit
    assert server.force_exit
