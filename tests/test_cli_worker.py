"""`worker` on the command line: what is due is done once, or again and again until SIGTERM."""

import json
import os
import signal
import subprocess
import sys
import time

import webapp
from lifecycle import make_late


def command(*options):
    return [sys.executable, "-m", "compensation_service", "worker", *options]


def environment(url):
    return os.environ | {"COMPENSATION_DATABASE_URL": url}


def run(url, *options):
    return subprocess.run(
        command(*options), env=environment(url), capture_output=True, text=True, timeout=60, check=False
    )


def test_what_is_due_is_done_once(database_url):
    with webapp.running(database_url) as web:
        expires, stands, waits = (web.offer(f"due-{n}", f"C-{n}")["id"] for n in range(3))
        make_late(database_url, expires)
        make_late(database_url, stands, default_stands=True)
        done = run(database_url, "--once", "--json")
        counts = json.loads(done.stdout)
        assert done.returncode == 0
        assert (counts["expired"], counts["accepted"], counts["refused"]) == (1, 1, 0)
        shown = [web.get(f"/offers/{offer_id}").json() for offer_id in (expires, stands, waits)]
        assert [offer["status"] for offer in shown] == ["expired", "accepted", "open"]
        assert [[move["by"] for move in offer["moves"]] for offer in shown] == [["clock"], ["default"], []]


def test_sigterm_ends_the_loop(sqlite_url, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command(), env=environment(sqlite_url), stderr=log)
        end = time.monotonic() + 60
        while b"Working" not in (tmp_path / "log").read_bytes() and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_with_nothing_due_it_says_so(sqlite_url):
    done = run(sqlite_url, "--once")
    assert done.returncode == 0
    assert done.stdout.startswith("expired 0, accepted by default 0, refused 0")
