"""Templates of a catalogue: `{field:form}` in a sentence, compiled once into a function of a reason and a currency.

Fields are the params of a reason, besides `value` (the number of a factor), `code`, and `category` and `detail`, the
halves of a code like "late_delivery.hours". Forms are `money`, `number`, `percent`, `code` (as it stands), the units of
the catalogue (a number with its noun in the right plural) and its word lists (an unlisted code stays as it is).

A sentence is a template, or a choice by the value of a field: `{fault: {company: …, partner: …, other: …}}`; `zero`
stands for a number that is 0, and choices nest.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from string import Formatter
from typing import Any, Final, TypeAlias

from compensation_service.decision.reasons import Factor, Reason
from compensation_service.letters.money import display
from compensation_service.letters.numbers import Number, number, percent, plural

Write: TypeAlias = Callable[[Reason, str], str]
Read: TypeAlias = Callable[[Reason], Any]
Tree: TypeAlias = str | Mapping[str, Any]
"""A sentence as it stands in a catalogue."""

OTHER: Final = "other"
ZERO: Final = "zero"
FORMS: Final = frozenset({"money", "number", "percent", "code"})
OWN_FIELDS: Final = frozenset({"value", "code", "category", "detail"})


@dataclass(frozen=True, slots=True)
class Forms:
    """What the templates of a language may use besides money and numbers; units: plural category → text with `{n}`."""

    language: str
    units: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Mapping[str, str]]


def compile_sentence(tree: Tree, forms: Forms) -> Write:
    """Compile a sentence; ValueError says what is wrong with it."""
    if isinstance(tree, str):
        return _compile_template(tree, forms)
    if not isinstance(tree, Mapping) or len(tree) != 1:
        raise ValueError("a sentence is a template, or one field with a template for each of its values")
    ((field, choices),) = tree.items()
    if not isinstance(choices, Mapping) or OTHER not in choices:
        raise ValueError(f"the choice by {field!r} needs a mapping that has {OTHER!r}")
    if ZERO in choices and choices.keys() != {ZERO, OTHER}:
        raise ValueError(f"the choice by {field!r} is by number: {ZERO!r} and {OTHER!r}, nothing else")
    writers = {value: compile_sentence(branch, forms) for value, branch in choices.items()}
    return _choose(field, writers.pop(OTHER), writers.pop(ZERO, None), writers)


def fields_of(tree: Tree) -> frozenset[str]:
    """The params that a sentence may ask for; a choice's own field included."""
    if isinstance(tree, str):
        return frozenset(field for _, field, _ in _pieces(tree) if field) - OWN_FIELDS
    nested = (fields_of(branch) for choices in tree.values() for branch in choices.values())
    return (frozenset(tree) - OWN_FIELDS).union(*nested)


def _choose(field: str, other: Write, zero: Write | None, writers: Mapping[Any, Write]) -> Write:
    read = _reader(field)
    if zero is not None:
        return lambda reason, currency: (other if read(reason) else zero)(reason, currency)
    if field in OWN_FIELDS:
        return lambda reason, currency: writers.get(read(reason), other)(reason, currency)
    return lambda reason, currency: writers.get(reason.params[field], other)(reason, currency)


def _pieces(template: str) -> Iterator[tuple[str, str | None, str]]:
    for text, field, form, conversion in Formatter().parse(template):
        if field == "" or conversion:
            raise ValueError("a placeholder is {field:form}")
        yield text, field, form or ""


def _compile_template(template: str, forms: Forms) -> Write:
    """Text before, between and after the placeholders; the usual cases of up to two have paths of their own."""
    texts, holes = [""], []
    for text, field, form in _pieces(template):
        texts[-1] += text
        if field is not None:
            holes.append((field, form))
            texts.append("")
    before, *between = texts
    if not holes:
        return lambda _reason, _currency: before
    first, *more = [
        _placeholder("" if at else before, field, form, after, forms)
        for at, ((field, form), after) in enumerate(zip(holes, between, strict=True))
    ]
    if not more:
        return first
    if len(more) == 1:
        (second,) = more
        return lambda reason, currency: first(reason, currency) + second(reason, currency)
    return lambda reason, currency: first(reason, currency) + "".join([write(reason, currency) for write in more])


def _placeholder(before: str, field: str, form: str, after: str, forms: Forms) -> Write:
    """One placeholder with the text around it. Params are read on the spot: a call for each would show."""
    read, language = _reader(field), forms.language
    if form == "money":
        return lambda reason, currency: before + display(round(read(reason)), currency, language) + after
    spell = _speller(field, form, forms)
    if field in OWN_FIELDS:
        return lambda reason, _: before + spell(read(reason)) + after
    return lambda reason, _: before + spell(reason.params[field]) + after


def _speller(field: str, form: str, forms: Forms) -> Callable[[Any], str]:
    """What writes a value in a form, money apart."""
    language = forms.language
    if form == "number":
        return lambda value: number(value, language)
    if form == "percent":
        return lambda value: percent(value, language)
    if form == "code":
        return str
    if form in forms.units:
        return _counter(forms.units[form], language)
    if form in forms.words:
        words = forms.words[form]
        return lambda code: words.get(code) or str(code)
    raise ValueError(f"{{{field}:{form}}} has no form of this catalogue: {', '.join(_known(forms))}")


def _known(forms: Forms) -> list[str]:
    return sorted({*FORMS, *forms.units, *forms.words})


def _counter(by_plural: Mapping[str, str], language: str) -> Callable[[Number], str]:
    @lru_cache(maxsize=4096)
    def count(value: Number) -> str:
        return by_plural[plural(value, language)].replace("{n}", number(value, language))

    return count


def _reader(field: str) -> Read:
    match field:
        case "value":
            return _value_of
        case "code":
            return lambda reason: reason.code
        case "category":
            return lambda reason: reason.code.rpartition(".")[0]
        case "detail":
            return lambda reason: reason.code.rpartition(".")[2]
    return lambda reason: reason.params[field]


def _value_of(reason: Reason) -> Decimal:
    return reason.value if isinstance(reason, Factor) else Decimal(0)
