"""`verify`: whether the history is as it was written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from compensation_service.cli import terminal
from compensation_service.cli.merchant import demand_known, demand_slug
from compensation_service.clock import system_clock
from compensation_service.services.audit import AuditService, Count, Trust
from compensation_service.services.checkpoints import CheckpointService, Signer
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store.store import Store

FINDINGS_MOST: Final = 1000
"""How many findings of one merchant are shown; the rest is counted."""

Noted = Annotated[
    list[str],
    typer.Option("--noted", metavar="NUMBER:DIGEST", help="A checkpoint that you noted down; it must still be there."),
]
PublicKey = Annotated[
    list[str],
    typer.Option("--public-key", metavar="HEX", help="A key that signed checkpoints before the secret key changed."),
]


def verify(
    merchant: Annotated[
        str | None,
        typer.Option(callback=lambda text: text and demand_slug(text), help="The shop, otherwise all of them."),
    ] = None,
    *,
    checkpoint: Annotated[bool, typer.Option("--checkpoint", help="Then bring all of it under a checkpoint.")] = False,
    noted: Noted = [],  # noqa: B006 - typer's way, and nobody changes it
    public_key: PublicKey = [],  # noqa: B006 - as above
    as_json: terminal.AsJson = False,
) -> None:
    """Find every change, removal, insertion or cut in the events, checkpoints, offers and moves, and name the place.

    Exit code 1 if anything is wrong. It reads all of the history, and may run while the service does.
    """
    if noted and merchant is None:
        raise typer.BadParameter("say whose checkpoint it is: --merchant", param_hint="--noted")
    for key in public_key:
        if not re.fullmatch("[0-9a-f]{64}", key):
            raise typer.BadParameter("a key is 64 hexadecimal digits, as verify prints it", param_hint="--public-key")
    settings = Settings()
    signer = Signer(settings.secret_key.get_secret_value())
    trust = Trust(frozenset({signer.public_key, *public_key}), dict(_pair(text) for text in noted))
    store = open_settings_store(settings)
    try:
        if merchant is not None:
            demand_known(store, merchant)
        makers = CheckpointService(store, system_clock, signer) if checkpoint else None
        reports = [_report(store, makers, each, trust) for each in ([merchant] if merchant else store.merchant_ids())]
    finally:
        store.close()
    if as_json:
        terminal.answer_json({"public_key": signer.public_key, "merchants": reports})
    else:
        for report in reports:
            _show(report)
        terminal.answer(f"public key of this service: {signer.public_key}")
    raise typer.Exit(1 if any(report["wrong"] for report in reports) else 0)


def _pair(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise typer.BadParameter("the form is NUMBER:DIGEST", param_hint="--noted")
    return int(number), digest


def _report(store: Store, makers: CheckpointService | None, merchant: str, trust: Trust) -> dict[str, Any]:
    audit, count, shown, wrong = AuditService(store), Count(), [], 0
    with _bar(merchant, audit.size(merchant)) as bar:
        for finding in audit.verify(merchant, trust, count, bar):
            wrong += 1
            if wrong <= FINDINGS_MOST:
                shown.append(finding)
    if makers is not None:
        makers.seal(merchant, everything=True)
    with store.reading(merchant) as unit:
        last = unit.checkpoints.last()
    return {
        "merchant": merchant,
        "verified": asdict(count),
        "wrong": wrong,
        "findings": [asdict(finding) for finding in shown],
        "checkpoint": f"{last.number}:{last.digest(merchant)}" if last else None,
    }


@contextmanager
def _bar(name: str, size: int) -> Iterator[Any]:
    """Show on standard error how far it is; what it gives takes the number of incidents that are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=size)
        yield lambda done: progress.update(task, completed=done)


def _show(report: dict[str, Any]) -> None:
    for finding in report["findings"]:
        terminal.answer(f"{finding['fault']}: {finding['place']}: {finding['detail']}")
    if report["wrong"] > len(report["findings"]):
        terminal.answer(f"and {report['wrong'] - len(report['findings'])} more")
    counted = ", ".join(f"{number} {name}" for name, number in report["verified"].items())
    verdict = "nothing is wrong" if not report["wrong"] else f"{report['wrong']} wrong"
    terminal.answer(f"{report['merchant']}: {counted}: {verdict}; newest checkpoint {report['checkpoint'] or 'none'}")
