"""The command line. Answers go to standard output, everything else to standard error.

Exit codes: 0 done; 1 it could not be done (the database is away, the port is taken, a check found something);
2 the command, a setting or the input is wrong.
"""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from compensation_service.api.problems import Problem
from compensation_service.cli import collector, terminal
from compensation_service.cli.commands import Commands
from compensation_service.domain.errors import CompensationError, StoreUnavailable
from compensation_service.policies.problems import PolicyRefused
from compensation_service.settings import PREFIX, misspelt

FAILED = 1
WRONG = 2

app = typer.Typer(
    name="compensation-service",
    cls=Commands,
    help="What do we owe, what is fair on top, how do we say it?",
    epilog="Exit codes: 0 done · 1 it could not be done · 2 the command, a setting or the input is wrong. "
    f"Settings are environment variables that begin with {PREFIX}; README lists them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        terminal.answer(version("compensation-service"))
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    for name, meant in misspelt(os.environ).items():
        terminal.complain(f"{name} is no setting and has no effect; did you mean {meant}?")


def _settings_sentence(error: ValidationError) -> str:
    rows = [(".".join(map(str, row["loc"])), row["msg"].removeprefix("Value error, ")) for row in error.errors()]
    return "\n".join(f"{PREFIX}{place.upper()}: {message}" if place else message for place, message in rows)


def _problem_sentence(problem: Problem) -> str:
    if not problem.errors:
        return f"{problem.kind.title}. {problem.detail}"
    places = [f"  {found.pointer or '/'}: {found.detail}" for found in problem.errors]
    return "\n".join([f"{problem.kind.title}:", *places])


def _store_sentence(error: StoreUnavailable) -> str:
    """With the driver's own words, which callers over HTTP never see: they name the host, the file or the table."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    words = str(cause).strip()
    return error.detail if cause is error or not words else f"{error.detail}\n  {words}"


OUTCOMES: Mapping[type[Exception], tuple[int, Callable[[Any], str]]] = {
    ValidationError: (WRONG, _settings_sentence),
    SettingsError: (WRONG, str),
    Problem: (WRONG, _problem_sentence),
    PolicyRefused: (WRONG, str),
    StoreUnavailable: (FAILED, _store_sentence),
    CompensationError: (FAILED, lambda error: error.detail),
    OSError: (FAILED, str),
}
"""What an error that a user can do something about ends in; any other is a defect and shows its trace."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    collector.look_seldom()
    try:
        app()
    except tuple(OUTCOMES) as error:
        code, sentence = next(OUTCOMES[kind] for kind in OUTCOMES if isinstance(error, kind))
        terminal.complain(sentence(error))
        sys.exit(code)
