"""schemathesis, all its checks and phases, against the running service over a real socket.

`FAULTS=long` makes it two minutes.
"""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import webapp
from compensation_service.api import in_time
from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import create_app
from compensation_service.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES_MOST = 3
LONG = os.environ.get("FAULTS") == "long"
SCENARIOS_MOST = 100 if LONG else 5
OPERATIONS_LEAST = 74 if LONG else 65
SEED = 1
PATIENCE_S = 60
"""How long a request may take here: a machine that stands still is no fault of the description."""
PUBLIC = "93.184.215.14"
"""What every name stands for here: nothing is sent, and no test asks a name server."""
ENDS_ITSELF = ("revokeApiKey", "rotateApiKey")
"""With these a run would lock itself out."""
LARGE = (
    "changeIncident",
    "decideIncident",
    "listIncidents",
    "exportIncidents",
    "makeOffer",
    "previewOffer",
    "recordIncident",
    "sendSignal",
    "supersedeOffer",
)
"""Two thirds of what can be tried lies in these bodies; `FAULTS=long` tries it."""
ABOUT_DATA = "positive_data_acceptance,negative_data_rejection,missing_required_header"
"""These look at one request at a time, and are made in the other run."""


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    monkeypatch.setattr(in_time, "SECONDS_MOST", float(PATIENCE_S))


def run(url, folder, *options, leave=()):
    app = create_app(Settings(database_url=url, **webapp.UNHELD))
    services = app.state.services
    services.webhook_endpoints._around = replace(
        services.webhook_endpoints._around, resolver=lambda *_: [PUBLIC], pause=lambda _: None
    )
    _, token = services.keys.create("north", "test", Role.ADMIN, frozenset(Scope))
    with webapp.serving(app) as address:
        command = [Path(sys.executable).parent / "st", f"--config-file={ROOT / 'schemathesis.toml'}", "run"]
        usual = ["--checks=all", f"--seed={SEED}", "--no-color", "--warnings=off", f"--request-timeout={PATIENCE_S}"]
        left_out = [f"--exclude-operation-id={name}" for name in (*ENDS_ITSELF, *leave)]
        return subprocess.run(
            [*command, f"{address}/openapi.json", "-H", f"Authorization: Bearer {token}", *usual, *left_out, *options],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


def test_all_checks_pass(sqlite_url, tmp_path):
    phases = "examples,coverage,fuzzing" if LONG else "examples,coverage"
    few = [f"--max-examples={EXAMPLES_MOST}", f"--phases={phases}"]
    done = run(sqlite_url, tmp_path, *few, leave=() if LONG else LARGE)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) >= OPERATIONS_LEAST


def test_what_follows_from_an_answer_is_answered_too(sqlite_url, tmp_path):
    """Valid requests in a row, each about what the ones before made: links between operations are inferred."""
    few = [f"--max-examples={SCENARIOS_MOST}", f"--exclude-checks={ABOUT_DATA}", "--phases=stateful", "--mode=positive"]
    done = run(sqlite_url, tmp_path, *few)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "inferred" in done.stdout
