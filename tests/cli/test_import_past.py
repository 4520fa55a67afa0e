"""`import` and `export`, as operators call them."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import compensation_service.cli
from compensation_service.services import imports as import_service

EXAMPLES = Path(__file__).parents[2] / "examples" / "imports"
FILE, MAPPING = EXAMPLES / "helpdesk.csv", EXAMPLES / "helpdesk.yaml"


@pytest.fixture
def run(monkeypatch, sqlite_url):
    monkeypatch.setenv("COMPENSATION_DATABASE_URL", sqlite_url)
    runner = CliRunner()

    def run(*arguments):
        return runner.invoke(compensation_service.cli.app, [*map(str, arguments), "--merchant", "north"])

    runner.invoke(compensation_service.cli.app, ["merchants", "create", "north"])
    return run


def test_a_file_comes_in_and_goes_out(run):
    tried = run("import", FILE, "--mapping", MAPPING, "--dry-run")
    assert "4 added, 0 known, 1 refused" in tried.stdout
    assert "line 6: /incident/reported_at:" in tried.stdout
    assert run("export").stdout_bytes.count(b"\r\n") == 1
    done = run("import", FILE, "--mapping", MAPPING, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["added"] == 4
    rows = list(csv.DictReader(io.StringIO(run("export", "--where", "owner=Elena").stdout)))
    assert [row["reference"] for row in rows] == ["HD-4002", "HD-4001"]
    assert [row["paid_minor"] for row in rows] == ["3200", "1200"]


def test_a_file_is_taken_again_only_to_resume_it(run):
    run("import", FILE, "--mapping", MAPPING)
    again = run("import", FILE, "--mapping", MAPPING)
    assert isinstance(again.exception, import_service.AlreadyImported)
    assert "4 added, 0 known, 1 refused" in run("import", FILE, "--mapping", MAPPING, "--resume").stdout


@pytest.mark.parametrize("text", ["incident: {reference: '[['}", "- list", "incident: {}\nordr: {}", "\x00"])
def test_a_mapping_that_cannot_be_used_is_wrong_usage(run, tmp_path, text):
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    assert run("import", FILE, "--mapping", bad).exit_code == 2


@pytest.mark.parametrize("content", [b"Ticket,Type\n\xff,\n", b"Ticket\n" + b"x" * (2**20 + 1)])
def test_a_file_that_cannot_be_read_is_wrong_usage(run, tmp_path, content):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    assert run("import", bad, "--mapping", MAPPING, "--dry-run").exit_code == 2


@pytest.mark.parametrize("where", ["carrier", "nothing=1", "occurred_from=yesterday"])
def test_a_condition_that_cannot_be_read_is_wrong_usage(run, where):
    assert run("export", "--where", where).exit_code == 2
