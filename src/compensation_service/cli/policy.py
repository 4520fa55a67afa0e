"""`policy`: what is decided by."""

from pathlib import Path
from typing import Annotated

import typer

from compensation_service.cli import terminal
from compensation_service.policies.load import default_text, load_policy
from compensation_service.policies.problems import PolicyRefused
from compensation_service.policies.source import read_source

app = typer.Typer(help="Show and check policies.", no_args_is_help=True)


@app.command()
def show(*, as_json: terminal.AsJson = False) -> None:
    """Show the default policy, with the source of every number."""
    text = default_text()
    if as_json:
        terminal.answer_json(read_source(text, "default").data)
    else:
        typer.echo(text, nl=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A policy in YAML or JSON.")],
    *,
    as_json: terminal.AsJson = False,
) -> None:
    """Check a policy: exit code 0 if it can be used, else 2 and every problem with its place and what to do."""
    try:
        policy = load_policy(file)
    except PolicyRefused as refused:
        if not as_json:
            raise
        problems = [
            {
                "pointer": problem.pointer,
                "line": problem.mark.line,
                "column": problem.mark.column,
                "code": problem.finding.code,
                "detail": f"{problem.finding.reason} {problem.finding.advice}",
            }
            for problem in refused.problems
        ]
        terminal.answer_json({"usable": False, "problems": problems})
        raise typer.Exit(2) from None
    if as_json:
        terminal.answer_json({"usable": True, "name": policy.name, "version": policy.version, "problems": []})
    else:
        terminal.answer(f"{file}: policy {policy.name}, version {policy.version}, can be used.")
