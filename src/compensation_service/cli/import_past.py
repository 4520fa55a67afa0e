"""`import`: incidents that were dealt with elsewhere, out of a file."""

import csv
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from compensation_service.cli import terminal
from compensation_service.cli.merchant import Merchant
from compensation_service.cli.past_rows import PastMapping, digest, read_mapping_file, rows_of
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.domain.api_key import COMMAND_LINE
from compensation_service.domain.past_import import PastImport
from compensation_service.services.imports import AT_ONCE, ImportService, Refusal
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.webhooks.inbound.mapping import MappingError

REFUSALS_MOST: Final = 1000
"""How many refused rows are shown; the rest is counted."""

Item = TypeVar("Item")
AFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a header, or .ndjson; in UTF-8.")]
AMapping = Annotated[
    Path, typer.Option(exists=True, dir_okay=False, help="A YAML file that says where a row has what; docs/history.md.")
]


def import_file(
    file: AFile,
    merchant: Merchant,
    mapping: AMapping,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would become of each row; keep nothing.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this file was left off.")] = False,
    as_json: terminal.AsJson = False,
) -> None:
    """Import incidents of the past: they count in decisions, and nothing is offered for them.

    Exit code 1 if rows were refused; the others are kept, and the refused ones are named by line.

    Example: compensation-service import past.csv --merchant my-shop --mapping mapping.yaml --dry-run
    """
    read = _mapping(mapping)
    store = open_settings_store(Settings())
    try:
        imports = ImportService(store, system_clock, random_id, random_token)
        begun = _begun(imports, merchant, digest(file, mapping), resume=resume, dry_run=dry_run)
        progress, refused = _import(imports, merchant, file, read, begun, dry_run=dry_run)
    except (UnicodeDecodeError, csv.Error) as error:
        raise typer.BadParameter(
            f"{file}: not as it must be behind the rows before: {error}", param_hint="FILE"
        ) from error
    finally:
        store.close()
    _report(progress, refused, as_json=as_json)
    raise typer.Exit(1 if progress.refused else 0)


def _mapping(file: Path) -> PastMapping:
    try:
        return read_mapping_file(file)
    except (MappingError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="--mapping") from error


def _begun(imports: ImportService, merchant: str, sha256: str, *, resume: bool, dry_run: bool) -> PastImport:
    if dry_run:
        now = system_clock()
        return PastImport(sha256, 0, 0, 0, 0, now, now)
    return imports.begin(merchant, sha256, resume=resume)


def _import(
    imports: ImportService, merchant: str, file: Path, mapping: PastMapping, so_far: PastImport, *, dry_run: bool
) -> tuple[PastImport, list[Refusal]]:
    shown: list[Refusal] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=_lines(file), completed=so_far.line)
        for rows in _bites(rows_of(file, mapping, system_clock(), so_far.line)):
            if dry_run:
                taken = imports.try_out(merchant, so_far, rows)
            else:
                taken = imports.take(merchant, so_far, rows, COMMAND_LINE)
            so_far = taken.progress
            shown += taken.refused[: REFUSALS_MOST - len(shown)]
            bar.update(task, completed=so_far.line)
    return so_far, shown


def _lines(file: Path) -> int:
    with file.open("rb") as opened:
        return sum(1 for _ in opened)


def _bites(rows: Iterator[Item]) -> Iterator[list[Item]]:
    while bite := list(islice(rows, AT_ONCE)):
        yield bite


def _report(progress: PastImport, refused: list[Refusal], *, as_json: bool) -> None:
    counts = {name: getattr(progress, name) for name in ("added", "known", "refused")}
    if as_json:
        report: dict[str, Any] = {**counts, "refusals": [asdict(refusal) for refusal in refused]}
        terminal.answer_json(report)
        return
    for refusal in refused:
        terminal.answer(f"line {refusal.line}: {refusal.field or '/'}: {refusal.reason} ({refusal.code})")
    if progress.refused > len(refused):
        terminal.answer(f"and {progress.refused - len(refused)} more, or refused before it was resumed")
    terminal.answer(", ".join(f"{number} {name}" for name, number in counts.items()))
