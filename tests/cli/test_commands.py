"""The table of commands: what it says of each is true, and running one imports no other."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from compensation_service.cli import app
from compensation_service.cli.commands import COMMANDS, load


@pytest.mark.parametrize("name", COMMANDS)
def test_its_line_is_how_the_commands_own_help_begins(name):
    command = load(name)
    first, _, _ = command.help.partition("\n\n")
    assert (command.name, " ".join(first.split())) == (name, COMMANDS[name][1])


@pytest.mark.parametrize("name", ["demo", "keys"])
def test_the_help_of_one_is_its_own(name):
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert f"{name} [OPTIONS]" in shown.output
    assert {"demo": "--port", "keys": "rotate"}[name] in shown.output


def test_a_command_without_the_service_does_not_import_it():
    program = "import sys; from compensation_service.cli.commands import load; load('keys'); print(*sys.modules)"
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(asked.stdout.split())
    assert "compensation_service.cli.keys" in loaded
    assert loaded.isdisjoint({"fastapi", "uvicorn", "compensation_service.main", "compensation_service.demo"})
