"""The service as a process: it starts on nothing, says who it is, and stops when told."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

START_SECONDS = 90


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    def __init__(self, folder, *options, **environment):
        self.port = free_port()
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "compensation_service", "serve", "--port", str(self.port), *options],
                cwd=folder,
                env=os.environ | {f"COMPENSATION_{name.upper()}": value for name, value in environment.items()},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def wait(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.get("/livez")
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*options, **environment):
        started.append(Service(tmp_path, *options, **environment))
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


def test_starts_on_nothing_and_is_ready(start):
    service = start()
    service.wait()
    status, headers, body = service.get("/readyz")
    assert (status, json.loads(body)["ready"]) == (200, True)
    assert "server" not in headers
    assert service.stop() in {0, -signal.SIGTERM}
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    assert "Application shutdown complete." in {line["event"] for line in lines}


def test_several_processes_share_a_port(start):
    service = start("--workers", "2")
    service.wait()
    assert service.get("/docs")[0] == 200
    service.stop()


def test_production_starts_while_the_database_is_away(start):
    service = start(
        "--host",
        "127.0.0.1",
        environment="production",
        secret_key="s" * 32,
        public_base_url="https://offers.example",
        database_url="postgresql://u:p@127.0.0.1:1/none",
    )
    service.wait()
    assert service.get("/readyz")[0] == 503


def test_production_refuses_the_development_secret(start):
    service = start(environment="production")
    assert service.process.wait(START_SECONDS) == 2
    assert "COMPENSATION_SECRET_KEY" in service.log.read_text()


def test_a_taken_port_is_said(start):
    service = start()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", service.port))
        taken.listen()
        assert service.process.wait(START_SECONDS) == 1
    assert "address already in use" in service.log.read_text()
