"""The demonstration as a newcomer runs it: in a folder with a space in its name, more than once, stopped by Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from processes import free_port

RUN_SECONDS = 120
LANGUAGES = ["bg", "en", "fa", "ru"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "a folder"
    made.mkdir()
    return made


def command(port):
    return [sys.executable, "-m", "compensation_service", "demo", "--port", str(port)]


@pytest.fixture
def taken_port():
    """A port that somebody listens on."""
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        yield port


def once(folder, port):
    return subprocess.run(
        command(port),
        cwd=folder,
        env=os.environ | {"DEMO_ONCE": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )


def test_it_runs_once_and_again_and_then_serves_until_it_is_interrupted(folder, taken_port):
    first = once(folder, taken_port)
    assert first.returncode == 0, first.stderr
    assert "300 new offers; 300 stored and found again" in first.stdout
    assert f"http://127.0.0.1:{taken_port}/" not in first.stdout
    assert "A help desk's webhook" in first.stdout
    assert "its signature is good" in first.stdout
    assert re.findall(r"^Customer (\w\w) http://127\.0\.0\.1:\d+/o/[\w-]{43}$", first.stdout, re.MULTILINE) == LANGUAGES
    assert "<h2>" in (folder / "var/letters.html").read_text("utf-8")
    for word in ("To customers", "because of", "/docs", "/metrics", "Authorization: Bearer cmp_", "RUB", "IRR", "KWD"):
        assert word in first.stdout

    with subprocess.Popen(
        command(taken_port), cwd=folder, env=os.environ | {"COLUMNS": "120"}, stdout=subprocess.PIPE, text=True
    ) as process:
        told = ""
        for line in process.stdout:
            told += line
            if line.startswith("Serving on"):
                break
        assert "0 new offers, 300 were known and kept their offers; 300 stored and found again" in told
        address, port = re.search(r"Serving on (http://127\.0\.0\.1:(\d+));", told).groups()
        token, path = re.search(rf"Bearer (\S+)' {address}(/offers/\S+)", told).groups()
        assert b'"goodwill"' in request(int(port), path, token)
        pages = re.findall(rf"^Customer \w\w {address}(/o/\S+)$", told, re.MULTILINE)
        assert [b"</html>" in request(int(port), page, token) for page in pages] == [True] * 4

        process.send_signal(signal.SIGINT)
        assert process.wait(RUN_SECONDS) == 0
        assert "Stopped" in process.stdout.read()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=1)
    keys = subprocess.run(
        [sys.executable, "-m", "compensation_service", "keys", "list", "--merchant", "demo-shop", "--json"],
        cwd=folder,
        env=os.environ | {"COMPENSATION_DATABASE_URL": "sqlite:///var/demo.db"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"revoked_at": null' not in keys.stdout


def request(port, path, token):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        connection.sendall(head.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_service_that_does_not_come_up_is_said(folder, taken_port):
    failed = subprocess.run(
        command(taken_port),
        cwd=folder,
        env=os.environ | {"DEMO_ONCE": "1", "COMPENSATION_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert failed.returncode == 1
    assert "not available" in failed.stderr
    assert "Traceback" not in failed.stderr
