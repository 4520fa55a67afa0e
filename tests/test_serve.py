"""The service as a process: it starts on nothing, says who it is, and stops when told."""

import json
import socket
import time

import psutil
import pytest

from processes import START_SECONDS, OperatedService


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*options, **environment):
        started.append(OperatedService(tmp_path, *options, **environment))
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


def test_starts_on_nothing_and_is_ready(start):
    service = start("--with-worker")
    service.wait()
    status, told = service.readiness()
    assert (status, told["ready"]) == (200, True)
    assert "server" not in service.get("/livez")[1]
    end = time.monotonic() + 30
    while b'worker_last_success_timestamp_seconds{chore="due"}' not in service.get("/metrics")[2]:
        assert time.monotonic() < end, "the worker beside it is not measured"
        time.sleep(0.05)
    for path, status in (("/livez", 200), ("/nothing", 404), ("/offers", 401), ("/docs", 200)):
        assert (service.ask("HEAD", path)[0], service.get(path)[0]) == (status, status)
    assert service.stop() == 0
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    assert {"worker begins", "Application shutdown complete."} <= {line["event"] for line in lines}
    assert [line for line in lines if line["level"] not in {"info", "warning"}] == []


def test_several_processes_share_a_port_and_do_not_outlive_who_started_them(start):
    service = start("--workers", "2")
    service.wait()
    assert service.get("/docs")[0] == 200
    members = list(service.members().values())
    assert len(members) == 2
    service.process.kill()
    _, alive = psutil.wait_procs(members, timeout=20)
    assert alive == []


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
    assert f"127.0.0.1:{service.port}: Address already in use" in service.log.read_text()
