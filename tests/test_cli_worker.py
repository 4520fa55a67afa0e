"""`worker` on the command line: what is due is done once, or again and again until SIGTERM."""

import json
import time
from contextlib import suppress

import httpx

import webapp
from lifecycle import make_late
from processes import Forked, free_port, settings


def start(url, folder, *options):
    return Forked(["worker", *options], folder, settings(database_url=url), folder / "said", folder / "log")


def once(url, folder, *options):
    """What it says that did its work once."""
    assert start(url, folder, "--once", *options).wait(60) == 0
    return (folder / "said").read_text()


def test_what_is_due_is_done_once(database_url, tmp_path):
    with webapp.running(database_url) as web:
        expires, stands, waits = (web.offer(f"due-{n}", f"C-{n}")["id"] for n in range(3))
        make_late(database_url, expires)
        make_late(database_url, stands, default_stands=True)
        counts = json.loads(once(database_url, tmp_path, "--json"))
        assert (counts["expired"], counts["accepted"], counts["refused"]) == (1, 1, 0)
        shown = [web.get(f"/offers/{offer_id}").json() for offer_id in (expires, stands, waits)]
        assert [offer["status"] for offer in shown] == ["expired", "accepted", "open"]
        assert [[move["by"] for move in offer["moves"]] for offer in shown] == [["clock"], ["default"], []]


def test_sigterm_ends_the_loop(sqlite_url, tmp_path):
    log = tmp_path / "log"
    process = start(sqlite_url, tmp_path)
    end = time.monotonic() + 60
    while "Working" not in log.read_text() and time.monotonic() < end:
        time.sleep(0.05)
    process.terminate()
    assert process.wait(20) == 0


def test_prometheus_may_ask_how_it_is_doing(sqlite_url, tmp_path):
    port = free_port()
    process = start(sqlite_url, tmp_path, "--metrics-port", str(port))
    end, told = time.monotonic() + 60, ""
    while 'worker_last_success_timestamp_seconds{chore="due"}' not in told and time.monotonic() < end:
        with suppress(httpx.TransportError):
            told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        time.sleep(0.05)
    second = start(sqlite_url, tmp_path, "--metrics-port", str(port))
    assert second.wait(60) == 1
    process.terminate()
    assert process.wait(20) == 0
    assert 'worker_done_total{what="expired"} 0.0' in told
    assert "process_resident_memory_bytes" in told
    assert "Address already in use" in (tmp_path / "log").read_text()


def test_once_and_a_port_for_metrics_contradict_each_other(sqlite_url, tmp_path):
    assert start(sqlite_url, tmp_path, "--once", "--metrics-port", str(free_port())).wait(60) == 2


def test_with_nothing_due_it_says_so(sqlite_url, tmp_path):
    assert once(sqlite_url, tmp_path).startswith("expired 0, accepted by default 0, refused 0")
