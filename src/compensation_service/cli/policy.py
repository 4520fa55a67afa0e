"""`policy`: what is decided by. Versions are written as drafts, and a second person activates them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Group

from compensation_service.cli import terminal
from compensation_service.cli.merchant import Merchant
from compensation_service.clock import random_id, system_clock
from compensation_service.policies.load import Examined, default_text, examine, read_text
from compensation_service.policies.problems import PolicyRefused, Problem
from compensation_service.policies.source import read_source
from compensation_service.services.policies import Author, PolicyService, compare, finding
from compensation_service.services.policy_book import PolicyBook
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store

DEFAULT = "default"
VERSION_MOST = 2**31 - 1

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A policy in YAML or JSON.")]
Version = Annotated[int, typer.Argument(min=1, max=VERSION_MOST, help="Counts from 1 within a merchant.")]


def _named(name: str) -> str:
    if not name.strip():
        raise typer.BadParameter("say who you are")
    return name.strip()


By = Annotated[str, typer.Option(callback=_named, help="Your name: who writes a version cannot activate it.")]
OneOf = Annotated[str, typer.Argument(help="A version, a file, or `default`.")]
MaybeMerchant = Annotated[str | None, typer.Option(help="The shop whose versions are meant.")]

app = typer.Typer(help="Show, check, write, activate and compare policies.", no_args_is_help=True)


@contextmanager
def policy_service() -> Iterator[PolicyService]:
    """Open the policies of the database that the settings name."""
    store = open_settings_store(Settings())
    try:
        yield PolicyService(store, PolicyBook(store, system_clock), system_clock, random_id)
    finally:
        store.close()


@app.command()
def show(
    version: Annotated[str, typer.Argument(help="A version, or `default`.")] = DEFAULT,
    *,
    merchant: MaybeMerchant = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Show a policy as it was written; the default one has the source of every number."""
    text = _text_of(version, merchant)
    if as_json:
        terminal.answer_json(read_source(text, version).data)
    else:
        typer.echo(text, nl=False)


@app.command("list")
def list_policies(merchant: Merchant, *, as_json: terminal.AsJson = False) -> None:
    """List the versions of a merchant's policy, newest first; ★ is the one that decides now."""
    with policy_service() as policies:
        versions, after = policies.page(merchant, None, None, 100)
    if as_json:
        terminal.answer_json(versions)
        return
    columns = ["version", "name", "status", "created_by", "activated_by", "active_from", "retired_at"]
    rows = [[_cell(version, name) for name in columns] for version in versions]
    terminal.answer(terminal.table([name.replace("_", " ") for name in columns], rows))
    if after:
        terminal.tell("There are older versions too.")


@app.command()
def check(file: File, *, as_json: terminal.AsJson = False) -> None:
    """Check a policy: exit code 0 if it can be used, else 2 and every problem with its place and what to do."""
    try:
        found = examine(read_text(file), str(file))
    except PolicyRefused as refused:
        if not as_json:
            raise
        terminal.answer_json({"usable": False, "problems": _findings(refused.problems), "warnings": []})
        raise typer.Exit(2) from None
    if as_json:
        warnings = _findings(found.warnings)
        terminal.answer_json({"usable": True, "name": found.document.name, "problems": [], "warnings": warnings})
    else:
        _show_checked(file, found)


@app.command()
def add(file: File, merchant: Merchant, by: By, *, as_json: terminal.AsJson = False) -> None:
    """Keep a policy as a new draft. It decides nothing until somebody else activates it.

    Example: compensation-service policy add policy.yaml --merchant my-shop --by anna
    """
    text = read_text(file)
    examine(text, str(file))
    with policy_service() as policies:
        made = orjson.loads(policies.create(merchant, text, Author(by)).body)
    if as_json:
        terminal.answer_json(made)
    else:
        terminal.answer(f"Version {made['version']} of {merchant} is a draft by {by}.")


@app.command()
def activate(
    version: Version,
    merchant: Merchant,
    by: By,
    *,
    begins: Annotated[
        str | None,
        typer.Option("--from", help="When it begins to decide, as 2027-01-01T00:00:00+01:00; otherwise now."),
    ] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Let a draft decide, now or from a later moment on. It never changes after that.

    Example: compensation-service policy activate 2 --merchant my-shop --by boris
    """
    active_from = _moment(begins) if begins else None
    with policy_service() as policies:
        active = orjson.loads(policies.activate(merchant, version, Author(by), active_from=active_from).body)
    if as_json:
        terminal.answer_json(active)
    else:
        terminal.answer(f"Version {version} of {merchant} decides from {active['active_from']} on.")


@app.command()
def diff(before: OneOf, after: OneOf, *, merchant: MaybeMerchant = None, as_json: terminal.AsJson = False) -> None:
    """Show what changed between two policies, in words, and what it does to the golden cases.

    Example: compensation-service policy diff default policy.yaml
    """
    found = compare(_text_of(before, merchant), _text_of(after, merchant))
    if as_json:
        terminal.answer_json({"before": before, "after": after, **found})
        return
    lines = [change["text"] for change in found["changes"]] or ["Nothing changed."]
    rows = [_golden_row(case, "before", "after") for case in found["golden"]]
    table = terminal.table(["golden case", "before", "after", ""], rows)
    terminal.answer(Group(*lines, "", table))


def _text_of(name: str, merchant: str | None) -> str:
    """The text of a version, of a file that has been proved, or of the default."""
    if name == DEFAULT:
        return default_text()
    if name.isdecimal():
        if merchant is None:
            raise typer.BadParameter("a version is a merchant's: say whose with --merchant")
        with policy_service() as policies:
            text: str = policies.get(merchant, min(int(name), VERSION_MOST))["text"]
        return text
    if not Path(name).is_file():
        raise typer.BadParameter(f"{name} is neither a version nor a file")
    text = read_text(Path(name))
    examine(text, name)
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("this is no moment; write it as 2027-01-01T00:00:00+01:00") from None
    if moment.tzinfo is None:
        raise typer.BadParameter("say the offset too, as in 2027-01-01T00:00:00+01:00")
    return moment.astimezone(UTC)


def _findings(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "pointer": problem.pointer,
            "detail": f"{problem.finding.reason} {problem.finding.advice}",
            **finding(problem),
        }
        for problem in problems
    ]


def _show_checked(file: Path, found: Examined) -> None:
    for warning in found.warnings:
        terminal.answer(f"{warning} [{warning.finding.code}]")
    unwise = f", {len(found.warnings)} warnings" if found.warnings else ""
    terminal.answer(f"{file}: policy {found.document.name} can be used{unwise}.")


def _cell(version: Mapping[str, Any], name: str) -> str:
    mark = " ★" if name == "version" and version["deciding"] else ""
    return f"{version[name] or ''}{mark}"


def _golden_row(case: Mapping[str, Any], *sides: str) -> list[str]:
    return [case["case"], *(_ending(case[side]) for side in sides), "≠" if case["changed"] else ""]


def _ending(outcome: Mapping[str, Any]) -> str:
    if "refused" in outcome:
        return str(outcome["refused"])
    approval = f", {outcome['approval']} must agree" if outcome["approval"] else ""
    return f"{outcome['band']}: {outcome['worth']['display']}, {outcome['default_option']}{approval}"
