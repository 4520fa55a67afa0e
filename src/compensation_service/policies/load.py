"""The door to policies: from a file, from a text, or the one that comes with the product."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from compensation_service.decision.policy import Policy
from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.freeze import thaw
from compensation_service.policies.lint import warnings
from compensation_service.policies.problems import Finding, Mark, PolicyRefused, Problem
from compensation_service.policies.source import Source, read_source
from compensation_service.policies.structure import explain
from compensation_service.policies.translate import to_policy
from compensation_service.policies.validate import findings

DEFAULT = "default.yaml"


@dataclass(frozen=True, slots=True)
class Examined:
    """A document that can be used, and what is unwise in it, in the order of the text."""

    document: PolicyDocument
    warnings: tuple[Problem, ...]


def default_text() -> str:
    """The default policy as it is written, comments and sources included."""
    return files(__package__).joinpath("packs", DEFAULT).read_text(encoding="utf-8")


@cache
def default_policy() -> Policy:
    """The policy that comes with the product; read once."""
    return to_policy(read_document(default_text(), DEFAULT))


def load_policy(source: Path | str) -> Policy:
    """Read a policy from a file (a Path) or from its text; PolicyRefused, with all problems, if it must not be used."""
    if isinstance(source, Path):
        return to_policy(read_document(read_text(source), str(source)))
    return to_policy(read_document(source, "policy"))


def stored_policy(text: str, frozen: str) -> Policy:
    """The policy of a text that was proved and frozen when it was stored: what came later does not change it."""
    return to_policy(stored_document(text), thaw(frozen))


def stored_document(text: str) -> PolicyDocument:
    """The document of a text that was proved when it was stored."""
    return PolicyDocument.model_validate(read_source(text, "policy").data)


def read_document(text: str, name: str) -> PolicyDocument:
    """Read and prove a document; `name` is how problems call the text. PolicyRefused where a rule is broken."""
    return _read(read_source(text, name))


def examine(text: str, name: str) -> Examined:
    """Read and prove a document as `read_document` does, and look for what is legal but unwise."""
    source = read_source(text, name)
    document = _read(source)
    return Examined(document, tuple(sorted(map(source.problem, warnings(document)), key=lambda problem: problem.mark)))


def _read(source: Source) -> PolicyDocument:
    try:
        document = PolicyDocument.model_validate(source.data)
    except ValidationError as error:
        raise PolicyRefused(source.problem(explain(found)) for found in error.errors()) from None
    broken = findings(document)
    if broken:
        raise PolicyRefused(map(source.problem, broken))
    return document


def read_text(path: Path) -> str:
    """The text of a policy's file; PolicyRefused if it is not UTF-8, OSError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        finding = Finding((), "unreadable", "this file is not UTF-8 text.", "Save it as UTF-8.")
        raise PolicyRefused([Problem(str(path), Mark(1, 1), finding)]) from None
