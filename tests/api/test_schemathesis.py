"""schemathesis, all its checks and phases, against the running service over a real socket."""

import subprocess
import sys
from pathlib import Path

import webapp
from compensation_service.main import create_app
from compensation_service.settings import Settings
from webapp import Web

ROOT = Path(__file__).parents[2]
EXAMPLES_MOST = 8
SEED = 1


def test_all_checks_pass(sqlite_url, tmp_path):
    app = create_app(Settings(database_url=sqlite_url))
    key = Web(app, client=None).headers["Authorization"]
    with webapp.serving(app) as address:
        command = [Path(sys.executable).parent / "st", f"--config-file={ROOT / 'schemathesis.toml'}", "run"]
        options = ["--checks=all", f"--max-examples={EXAMPLES_MOST}", f"--seed={SEED}", "--no-color", "--warnings=off"]
        run = subprocess.run(
            [*command, f"{address}/openapi.json", "-H", f"Authorization: {key}", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert "Tested: 25" in run.stdout
