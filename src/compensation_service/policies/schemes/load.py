"""The door to schemes: from a file, from a text, or one that comes with the product."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.policies.problems import Finding, Mark, PolicyRefused, Problem
from compensation_service.policies.schemes.calendars import Holidays, of_library
from compensation_service.policies.schemes.document import SchemeDocument
from compensation_service.policies.schemes.lint import warnings
from compensation_service.policies.schemes.structure import explain
from compensation_service.policies.schemes.translate import Translator
from compensation_service.policies.source import Source, read_source

PACKS = ("packs", "schemes")


def load_scheme(source: Path | str) -> Scheme:
    """Read a scheme from a file (a Path) or from its text; PolicyRefused, with all problems, if it must not be used."""
    return read_scheme(*_text_and_name(source))[1]


def examine_scheme(source: Path | str) -> tuple[Scheme, list[Problem]]:
    """A scheme as `load_scheme` reads it, and what is unwise in it, in the order of the text."""
    text, name = _text_and_name(source)
    document, scheme = read_scheme(text, name)
    found = map(read_source(text, name).problem, warnings(document, scheme))
    return scheme, sorted(found, key=lambda problem: problem.mark)


def read_scheme(text: str, name: str, holidays_of: Holidays = of_library) -> tuple[SchemeDocument, Scheme]:
    """A document and its scheme; `name` is how problems call the text. PolicyRefused where a rule is broken."""
    source = read_source(text, name)
    document = _document(source)
    translator = Translator(document, holidays_of)
    scheme = translator.scheme()
    if scheme is None:
        raise PolicyRefused(map(source.problem, translator.findings))
    return document, scheme


def _document(source: Source) -> SchemeDocument:
    try:
        return SchemeDocument.model_validate(source.data)
    except ValidationError as error:
        raise PolicyRefused(source.problem(explain(found, source.data)) for found in error.errors()) from None
    except RecursionError:
        finding = Finding((), "unreadable", "nested too deeply.", "Name parts of it under `values`.")
        raise PolicyRefused([source.problem(finding)]) from None


@cache
def packed_texts() -> Mapping[str, str]:
    """The texts of the schemes that come with the product, by id, which is the name of the file; read once."""
    packs = files("compensation_service.policies").joinpath(*PACKS).iterdir()
    return {
        pack.name.removesuffix(".yaml"): pack.read_text(encoding="utf-8")
        for pack in sorted(packs, key=lambda pack: pack.name)
        if pack.name.endswith(".yaml")
    }


@cache
def packed_schemes() -> Mapping[str, Scheme]:
    """The schemes that come with the product, by id; read once."""
    return {name: read_scheme(text, name)[1] for name, text in packed_texts().items()}


def _text_and_name(source: Path | str) -> tuple[str, str]:
    if isinstance(source, str):
        return source, "scheme"
    try:
        return source.read_text(encoding="utf-8"), str(source)
    except UnicodeDecodeError:
        finding = Finding((), "unreadable", "this file is not UTF-8 text.", "Save it as UTF-8.")
        raise PolicyRefused([Problem(str(source), Mark(1, 1), finding)]) from None
