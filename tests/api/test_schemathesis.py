"""schemathesis, all its checks and phases, against the running service over a real socket."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import webapp
from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import create_app
from compensation_service.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES_MOST = 3
LONG = os.environ.get("FAULTS") == "long"
SCENARIOS_MOST = 100 if LONG else 5
OPERATIONS_LEAST = 70
SEED = 1
PUBLIC = "93.184.215.14"
"""What every name stands for here: nothing is sent, and no test asks a name server."""
ENDS_ITSELF = ("revokeApiKey", "rotateApiKey")
"""With these a run would lock itself out."""
ABOUT_DATA = "positive_data_acceptance,negative_data_rejection,missing_required_header"
"""These look at one request at a time, and are made in the other run."""


def run(url, folder, *options):
    app = create_app(Settings(database_url=url, **webapp.UNHELD))
    services = app.state.services
    services.webhook_endpoints._around = replace(
        services.webhook_endpoints._around, resolver=lambda *_: [PUBLIC], pause=lambda _: None
    )
    _, token = services.keys.create("north", "test", Role.ADMIN, frozenset(Scope))
    with webapp.serving(app) as address:
        command = [Path(sys.executable).parent / "st", f"--config-file={ROOT / 'schemathesis.toml'}", "run"]
        usual = ["--checks=all", f"--seed={SEED}", "--no-color", "--warnings=off"]
        return subprocess.run(
            [*command, f"{address}/openapi.json", "-H", f"Authorization: Bearer {token}", *usual, *options],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@pytest.mark.skipif(not LONG, reason="takes minutes: FAULTS=long runs it")
def test_all_checks_pass(sqlite_url, tmp_path):
    excluded = [f"--exclude-operation-id={name}" for name in ENDS_ITSELF]
    phases = [f"--max-examples={EXAMPLES_MOST}", "--phases=examples,coverage,fuzzing"]
    done = run(sqlite_url, tmp_path, *phases, *excluded)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) >= OPERATIONS_LEAST


def test_what_follows_from_an_answer_is_answered_too(sqlite_url, tmp_path):
    """Requests in a row, each about what the ones before made: links between operations are inferred."""
    excluded = [f"--exclude-operation-id={name}" for name in ENDS_ITSELF]
    few = [f"--max-examples={SCENARIOS_MOST}", f"--exclude-checks={ABOUT_DATA}", "--phases=stateful"]
    done = run(sqlite_url, tmp_path, *few, *excluded)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "inferred" in done.stdout
