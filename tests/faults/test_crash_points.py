"""The service dies at every boundary of every write, comes back, and is asked again: all of it is there, once."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from compensation_service.api.routes import SCOPES
from faults import crashing
from faults.scenes import SCENES, WRITE_NOTHING

LONG = os.environ.get("FAULTS") == "long"
"""Every boundary instead of one of each scene: some minutes."""
LETTER_READ = "GET /offers/{offer_id}"
"""It writes the letter down that it shows."""
MONEY = [name for name in SCENES if name.startswith(("POST /offers", "the worker"))]
"""What is looked at on PostgreSQL too every time."""
AT_LENGTH = (
    "POST /offers",
    "POST /offers/{offer_id}/accept",
    "POST /offers/{offer_id}/supersede",
    "the worker: a default stands",
    "the worker: a webhook becomes an offer",
)
"""What dies at every boundary on PostgreSQL too: all of it there takes more than a quarter of an hour."""


def test_every_writing_route_has_a_scene():
    writing = {f"{method} {path}" for method, path in SCOPES if method != "GET"}
    assert writing - WRITE_NOTHING == {name.split(",")[0] for name in SCENES if name[0].isupper()} - {LETTER_READ}


def test_what_was_acknowledged_is_there_and_nothing_twice(dialect, database_url):
    names = list(SCENES) if LONG or dialect == "sqlite" else MONEY
    thorough = () if not LONG else names if dialect == "sqlite" else AT_LENGTH
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        lives, troubles = processes.submit(crashing.run, database_url, names, thorough).result()
    assert troubles == []
    assert lives > len(names)
