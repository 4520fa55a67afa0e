"""The sentences of each language: data beside this file, proved whole and well-formed when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from babel import Locale

from compensation_service.decision.facts import RemedyKind
from compensation_service.letters.languages import DEFAULT, LANGUAGES
from compensation_service.letters.templates import Forms, Tree, Write, compile_sentence

SECTIONS = frozenset({"units", "words", "reasons", "fallbacks", "remedies", "offer"})
OFFER_FIELDS = {
    "sentence": frozenset({"clauses"}),
    "with_apology": frozenset({"clauses"}),
    "apology": frozenset[str](),
    "between": frozenset[str](),
    "last": frozenset[str](),
    "until": frozenset({"day"}),
    "date": frozenset[str](),
}
"""The parts of a promise and the fields each must hold."""


class BrokenCatalogue(ValueError):
    """A catalogue that cannot be used: which language, which place, what is wrong."""

    def __init__(self, language: str, place: str, problem: str) -> None:
        super().__init__(f"sentences/{language}.yaml: {place}: {problem}")


@dataclass(frozen=True, slots=True)
class Remedies:
    """How a promise is put together: clauses by kind, joined by `between` and `last`, set into `sentence`.

    An apology is not one clause among others: it frames the promise (`with_apology`) or stands alone (`apology`).
    `until` is said of what must be redeemed by a day, and `date` is the CLDR pattern of that day.
    """

    plain: Mapping[str, str]
    with_money: Mapping[str, str]
    sentence: str
    with_apology: str
    apology: str
    between: str
    last: str
    until: str
    date: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language: reasons by code, fallbacks by the end of a code, and remedies by kind."""

    language: str
    reasons: Mapping[str, Write]
    fallbacks: Mapping[str, Write]
    remedies: Remedies


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; BrokenCatalogue if it cannot be used."""
    return build(language, read(language))


def check_all() -> None:
    """Read every catalogue now, so that a broken one stops the start and not an offer."""
    for language in LANGUAGES:
        catalogue(language)


@cache
def read(language: str) -> dict[str, Any]:
    """The data of a catalogue as written."""
    text = files("compensation_service.letters").joinpath(f"sentences/{language}.yaml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    if not isinstance(document, dict):
        raise BrokenCatalogue(language, "document", "must be a mapping")
    return document


def build(language: str, document: Mapping[str, Any]) -> Catalogue:
    """Prove and compile a catalogue. It must have every sentence that the default language has, and no other."""
    _same(language, "document", document, SECTIONS)
    for section in SECTIONS:
        if not isinstance(document[section], Mapping):
            raise BrokenCatalogue(language, section, "must be a mapping")
    model = document if language == DEFAULT else read(DEFAULT)
    _same(language, "reasons", document["reasons"], frozenset(model["reasons"]))
    _same(language, "fallbacks", document["fallbacks"], frozenset(model["fallbacks"]))
    forms = Forms(language, document["units"], document["words"])
    _prove_units(forms)
    _prove_words(forms, model["words"])
    return Catalogue(
        language,
        _compiled("reasons", document["reasons"], forms),
        _compiled("fallbacks", document["fallbacks"], forms),
        _remedies(language, document["remedies"], document["offer"]),
    )


def _same(language: str, place: str, found: object, wanted: frozenset[str]) -> None:
    if not isinstance(found, Mapping):
        raise BrokenCatalogue(language, place, "must be a mapping")
    missing, unknown = wanted - found.keys(), found.keys() - wanted
    if missing:
        raise BrokenCatalogue(language, place, f"lacks {', '.join(sorted(missing))}")
    if unknown:
        raise BrokenCatalogue(language, place, f"has {', '.join(sorted(map(str, unknown)))}, which nothing uses")


def _prove_units(forms: Forms) -> None:
    categories = Locale.parse(forms.language).plural_form.tags | {"other"}
    for unit, by_plural in forms.units.items():
        _same(forms.language, f"units.{unit}", by_plural, frozenset(categories))
        for category, text in by_plural.items():
            if not isinstance(text, str) or text.count("{n}") != 1 or text.count("{") != 1:
                raise BrokenCatalogue(forms.language, f"units.{unit}.{category}", "must hold {n} once and nothing else")


def _prove_words(forms: Forms, model: Mapping[str, Mapping[str, str]]) -> None:
    for name, words in forms.words.items():
        _same(forms.language, f"words.{name}", words, frozenset(model.get(name, words)))
        if not all(isinstance(text, str) and text for text in words.values()):
            raise BrokenCatalogue(forms.language, f"words.{name}", "every word must be text")


def _compiled(section: str, sentences: Mapping[str, Tree], forms: Forms) -> dict[str, Write]:
    compiled = {}
    for code, tree in sentences.items():
        try:
            compiled[code] = compile_sentence(tree, forms)
        except ValueError as error:
            raise BrokenCatalogue(forms.language, f"{section}.{code}", str(error)) from error
    return compiled


def _remedies(language: str, kinds: Mapping[str, Any], offer: Mapping[str, str]) -> Remedies:
    _same(language, "offer", offer, frozenset(OFFER_FIELDS))
    for part, fields in OFFER_FIELDS.items():
        _prove_fields(language, f"offer.{part}", offer[part], fields)
    _same(language, "remedies", kinds, frozenset(RemedyKind) - {RemedyKind.APOLOGY})
    plain, with_money = {}, {}
    for kind, texts in kinds.items():
        both = {"plain": texts, "with_money": texts} if isinstance(texts, str) else texts
        _same(language, f"remedies.{kind}", both, frozenset({"plain", "with_money"}))
        _prove_fields(language, f"remedies.{kind}.plain", both["plain"], frozenset())
        if both is texts:
            _prove_fields(language, f"remedies.{kind}.with_money", both["with_money"], frozenset({"money"}))
        plain[kind], with_money[kind] = both["plain"], both["with_money"]
    return Remedies(plain, with_money, **offer)


def _prove_fields(language: str, place: str, text: object, fields: frozenset[str]) -> None:
    """A text holds each of its fields once, and no other brace."""
    once = isinstance(text, str) and all(text.count(f"{{{field}}}") == 1 for field in fields)
    if not once or str(text).count("{") != len(fields) or str(text).count("}") != len(fields):
        known = ", ".join(f"{{{field}}}" for field in sorted(fields)) or "no placeholder"
        raise BrokenCatalogue(language, place, f"must be text that holds {known} and no other brace")
