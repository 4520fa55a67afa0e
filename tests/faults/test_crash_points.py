"""The service dies at every boundary of every write, comes back, and is asked again: all of it is there, once."""

import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from compensation_service.api.routes import SCOPES
from faults import crashing
from faults.scenes import SCENES, WRITE_NOTHING
from processes import FORKED

LONG = os.environ.get("FAULTS") == "long"
"""Every boundary instead of one of each scene: some minutes."""
PARTS = 4 if LONG else 1
"""Side by side."""
LETTER_READ = "GET /offers/{offer_id}"
"""It writes the letter down that it shows."""
MONEY = [name for name in SCENES if name.startswith(("POST /offers", "the worker"))]
"""What is looked at on PostgreSQL too every time."""


def test_every_writing_route_has_a_scene():
    writing = {f"{method} {path}" for method, path in SCOPES if method != "GET"}
    assert writing - WRITE_NOTHING == {name.split(",")[0] for name in SCENES if name[0].isupper()} - {LETTER_READ}


@pytest.mark.parametrize("part", range(PARTS))
def test_what_was_acknowledged_is_there_and_nothing_twice(dialect, database_url, part):
    names = (list(SCENES) if LONG or dialect == "sqlite" else MONEY)[part::PARTS]
    with ProcessPoolExecutor(1, FORKED) as processes:
        lives, troubles = processes.submit(crashing.run, database_url, names, thorough=LONG).result()
    assert troubles == []
    assert lives > len(names)
    print(lives, "lives")  # noqa: T201 - how thorough it was, for those who ask for it with -rP
