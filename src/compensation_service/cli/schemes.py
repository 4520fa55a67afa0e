"""`schemes`: what is owed under a law, a contract or a promise."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from compensation_service.cli import terminal
from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import SchemeResult
from compensation_service.policies.schemes.answers import amount, as_data, plain
from compensation_service.policies.schemes.load import examine_scheme, load_scheme, packed_schemes

WRONG = 2

app = typer.Typer(help="Evaluate and check schemes: laws, contracts and promises as data.", no_args_is_help=True)

SchemeFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A scheme in YAML or JSON.")]
FactsFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The facts, a JSON object.")]
At = Annotated[
    datetime | None,
    typer.Option("--at", formats=["%Y-%m-%d"], help="The date of the incident, where no fact tells it."),
]


@app.command("eval")
def evaluate_file(file: SchemeFile, facts: FactsFile, *, at: At = None, as_json: terminal.AsJson = False) -> None:
    """Say what is owed under a scheme, and every step to it. Exit code 2 if the scheme or a fact cannot be used.

    Example: compensation-service schemes eval scheme.yaml facts.json --at 2027-01-15
    """
    scheme = load_scheme(file)
    try:
        result = evaluate(scheme, _facts(facts), at.date() if at else None)
    except UnusableFacts as unusable:
        terminal.complain(f"{facts}: {unusable.pointer}: {unusable.detail}")
        raise typer.Exit(WRONG) from None
    if as_json:
        terminal.answer_json(as_data(result))
    else:
        terminal.answer(f"{scheme.title}\n{_told(result)}\n\n{scheme.notice}")


@app.command()
def check(file: SchemeFile) -> None:
    """Check a scheme: exit code 0 if it can be used, else 2 and every problem with its place and what to do.

    What is unwise is told too: rules that never apply, names that nothing uses.
    """
    scheme, unwise = examine_scheme(file)
    for warning in unwise:
        terminal.answer(f"{warning} [{warning.finding.code}]")
    said = f", {len(unwise)} warnings" if unwise else ""
    terminal.answer(f"{file}: scheme {scheme.id}, {scheme.title}, can be used{said}.")


@app.command("list")
def list_packs() -> None:
    """List the schemes that come with the product."""
    rows = [
        (scheme.id, str(scheme.basis), ", ".join(scheme.jurisdictions) or "anywhere", scheme.title)
        for scheme in packed_schemes().values()
    ]
    terminal.answer(terminal.table(["scheme", "basis", "where", "title"], rows))


def _facts(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except ValueError as error:
        terminal.complain(f"{file}: not JSON: {error}")
        raise typer.Exit(WRONG) from None
    if not isinstance(told, dict):
        terminal.complain(f"{file}: the facts are a JSON object: names and what they are.")
        raise typer.Exit(WRONG)
    return told


def _told(result: SchemeResult) -> str:
    """The answer in lines that a person reads."""
    places = result.frame.places
    total = amount(result.amount_minor, places)
    lines = [f"applies: {result.applies}"]
    lines += [f"owed: {total} {result.currency}"] if total is not None else ["owed: not established"]
    lines += [f"why nothing: {result.reason}"] if result.reason else []
    lines += [f"needs: {', '.join(result.needs)}"] if result.needs else []
    lines += [f"remedies: {', '.join(result.remedies)}"] if result.remedies else []
    lines += [f"{name}: {value}" for name, value in plain(result.outputs).items()]
    if result.tried:
        lines += ["", "conditions:"]
        lines += [f"  {tried.answer:<8} {tried.of}: {tried.text}" for tried in result.tried]
    if result.steps:
        lines += ["", "steps:", *(f"  {step}" for step in result.steps)]
    if result.assumed:
        lines += ["", "assumed, as nothing was told:"]
        lines += [f"  {name} = {value}" for name, value in plain(result.assumed).items()]
    return "\n".join(lines)
