"""The texts of letters: data beside this file, one folder a language, proved whole when they are read.

A part is named by its place, `cause.partner`; it holds variants that say the same. `{field}` is filled in; which fields
a part must hold is said in FIELDS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

import yaml

from compensation_service.letters.languages import DEFAULT, LANGUAGES

FILES: Final = ("trouble", "offer", "frame", "notes")
VARIANTS_LEAST: Final = 4
FEW_VARIANTS: Final = {"facts": 1, "clauses": 2}
"""What is said within a part that has its variants already may have fewer."""
MEASURED: Final = ("facts.late_delivery", "facts.support_wait")
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "happened": frozenset({"fact"}),
    "noted": frozenset({"fact"}),
    "recall": frozenset({"fact"}),
    "regret": frozenset({"clause"}),
    "offer": frozenset({"promise"}),
    "help": frozenset({"promise"}),
    "chosen": frozenset({"promise"}),
    "done_by": frozenset({"date"}),
    "answer_by": frozenset({"date"}),
    "click": frozenset({"link"}),
    "choose_click": frozenset({"link"}),
    "default_stands": frozenset({"number", "date"}),
    "default_suggested": frozenset({"number", "date"}),
    "one_stands": frozenset({"date"}),
    "one_open": frozenset({"date"}),
    "changed": frozenset({"reference", "fix"}),
    "contact": frozenset({"contact"}),
    "greeting.named": frozenset({"name"}),
    "option": frozenset({"number", "promise"}),
    "order": frozenset({"order"}),
    **{f"spans.{unit}{over}": frozenset({"n"}) for unit in ("minutes", "hours", "days") for over in ("", "_over")},
}
"""The fields that every template of a part holds, once each; other parts hold none."""


class BrokenTexts(ValueError):
    """Texts that cannot be used: which language, which part, what is wrong."""

    def __init__(self, language: str, part: str, problem: str) -> None:
        super().__init__(f"texts/{language}: {part}: {problem}")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language: variants by part, and words that have no variants."""

    parts: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str]
    spans: Mapping[str, Mapping[str, str]]


@cache
def texts(language: str) -> Texts:
    """The texts of a language; BrokenTexts if they cannot be used."""
    return build(language, read(language))


def check_all() -> None:
    """Read all texts now, so that broken ones stop the start and not a letter."""
    for language in LANGUAGES:
        texts(language)


@cache
def read(language: str) -> dict[str, Any]:
    """The texts as written, all files of the language together."""
    folder = files("compensation_service.letters").joinpath(f"texts/{language}")
    written: dict[str, Any] = {}
    for name in FILES:
        written |= yaml.load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return written


def build(language: str, written: Mapping[str, Any]) -> Texts:
    """Prove texts. They must have every part that the default language has, and no other."""
    spans = written.get("spans", {})
    counted = {name: forms for name, forms in spans.items() if isinstance(forms, Mapping)}
    found = dict(_parts({name: value for name, value in written.items() if name != "spans"}))
    found |= {f"spans.{name}": text for name, text in spans.items() if name not in counted}
    _prove_names(language, set(found) | {f"spans.{name}" for name in counted})
    for part, variants in found.items():
        prove(language, part, variants if isinstance(variants, list) else [variants])
        if isinstance(variants, list) and len(variants) < FEW_VARIANTS.get(part.partition(".")[0], VARIANTS_LEAST):
            raise BrokenTexts(language, part, "has too few variants")
    for name, forms in counted.items():
        prove(language, f"spans.{name}", list(forms.values()))
    return Texts(
        {part: tuple(variants) for part, variants in found.items() if isinstance(variants, list)},
        {part: text for part, text in found.items() if isinstance(text, str)},
        counted,
    )


def _parts(written: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in written.items():
        if isinstance(value, Mapping):
            yield from _parts(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def _prove_names(language: str, found: set[str]) -> None:
    if language == DEFAULT:
        return
    model = texts(DEFAULT)
    wanted = model.parts.keys() | model.words.keys() | {f"spans.{name}" for name in model.spans}
    for part in sorted(wanted ^ found):
        raise BrokenTexts(language, part, "is missing" if part in wanted else "is used by nothing")


def fields_of(part: str) -> frozenset[str]:
    """The fields that a part must hold."""
    if part.startswith(MEASURED) and not part.endswith("in_time"):
        return frozenset({"span"})
    return FIELDS.get(part, frozenset())


def prove(language: str, part: str, templates: list[Any]) -> None:
    """Raise BrokenTexts where a template is not text that holds each of the part's fields once, and no other."""
    wanted = sorted(fields_of(part))
    for template in templates:
        if not isinstance(template, str) or not template.strip():
            raise BrokenTexts(language, part, "every variant must be text")
        try:
            found = [(name, form, cast) for _, name, form, cast in Formatter().parse(template) if name is not None]
        except ValueError as error:
            raise BrokenTexts(language, part, str(error)) from error
        if sorted(name for name, _, _ in found) != wanted or any(form or cast for _, form, cast in found):
            raise BrokenTexts(language, part, f"must hold {', '.join(f'{{{name}}}' for name in wanted) or 'no field'}")
