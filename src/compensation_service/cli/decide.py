"""`decide`: one decision from a file, nothing stored and nothing looked up."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError

from compensation_service import printout
from compensation_service.api import errors, gate
from compensation_service.api.offer_request import PreviewBody
from compensation_service.cli import terminal
from compensation_service.clock import system_clock
from compensation_service.decision.engine import decide
from compensation_service.decision.facts import UnusableFacts
from compensation_service.domain.offer import initial_status
from compensation_service.letters.languages import DEFAULT, LANGUAGES, choose
from compensation_service.policies.load import default_policy, load_policy
from compensation_service.services.documents import dump, of_decision


def _spoken(wish: str | None) -> str | None:
    """Refuse a language that would be answered in English."""
    if wish is not None and choose(wish) == DEFAULT and not wish.lower().startswith(DEFAULT):
        raise typer.BadParameter(f"one of {', '.join(LANGUAGES)} is expected")
    return wish


def decide_file(
    file: Annotated[Path, typer.Argument(help="A JSON file as POST /offers/preview takes it; - for standard input.")],
    *,
    policy: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Decide by this policy instead of the default one.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(callback=_spoken, help="en, ru, bg or fa; otherwise the customer's.")
    ] = None,
    as_json: terminal.AsJson = False,
) -> None:
    """Decide on one incident and show every reason. Nothing is stored.

    Example: compensation-service decide incident.json --language bg
    """
    answer = orjson.loads(preview(read_file(file), policy, language))
    if as_json:
        terminal.answer_json(answer)
    else:
        terminal.answer(printout.offer(answer))


def read_file(file: Path) -> bytes:
    """The bytes of a file, or of standard input for `-`."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error


def preview(body: bytes, policy: Path | None, language: str | None) -> bytes:
    """Answer a body of `POST /offers/preview` as the service does. Raises Problem, PolicyRefused or OSError."""
    gate.check(body)
    try:
        request = PreviewBody.model_validate_json(body)
        decision = decide(
            request.to_facts(system_clock().replace(microsecond=0)),
            load_policy(policy) if policy else default_policy(),
        )
    except ValidationError as error:
        raise errors.invalid(error, body) from error
    except UnusableFacts as error:
        raise errors.to_problem(error) from error
    reader = choose(language or request.customer.locale)
    return dump(of_decision(decision, initial_status(decision), request.incident.reference, reader))
