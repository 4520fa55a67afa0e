"""`worker --once` on the command line: what is due is done, once."""

import json
import os
import subprocess
import sys

import webapp
from lifecycle import make_late


def run(url, *options):
    return subprocess.run(
        [sys.executable, "-m", "compensation_service", "worker", *options],
        env=os.environ | {"COMPENSATION_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_due_is_done_once(database_url):
    with webapp.running(database_url) as web:
        expires, stands, waits = (web.offer(f"due-{n}", f"C-{n}")["id"] for n in range(3))
        make_late(database_url, expires)
        make_late(database_url, stands, default_stands=True)
        done = run(database_url, "--once", "--json")
        assert (done.returncode, json.loads(done.stdout)) == (0, {"expired": 1, "accepted": 1, "refused": 0})
        shown = [web.get(f"/offers/{offer_id}").json() for offer_id in (expires, stands, waits)]
        assert [offer["status"] for offer in shown] == ["expired", "accepted", "open"]
        assert [[move["by"] for move in offer["moves"]] for offer in shown] == [["clock"], ["default"], []]
        assert run(database_url, "--once").stdout == "expired 0, accepted by default 0, refused 0\n"


def test_without_once_it_says_that_it_is_needed(sqlite_url):
    done = run(sqlite_url)
    assert done.returncode == 2
    assert "--once" in done.stderr
