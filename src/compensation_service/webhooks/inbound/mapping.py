"""What a payload becomes: the body of a request for an offer, each field by a JMESPath expression or a constant.

A mapping is data, of a source or of its preset (mappings.yaml). It reads a payload and calculates nothing but this:
words for words, text out of HTML, an amount in minor units out of a decimal, a moment out of a number.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar

import jmespath
import nh3
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult
from pydantic import TypeAdapter, ValidationError

EXPRESSION_CHARACTERS_MOST: Final = 500
TEXT_CHARACTERS_MOST: Final = 2_000
"""A longer text is cut: what a customer wrote has no bound, a summary has."""
MINOR_MOST: Final = 10**12
_DECIMAL: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")
_SPACES: Final = re.compile(r"[ \t]*\n\s*|[ \t\xa0]+")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""Controls, bidirectional controls and private use: requests may not hold them, and texts from elsewhere often do."""
_BREAKS: Final = re.compile(r"<(br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.IGNORECASE)


class MappingError(ValueError):
    """A mapping cannot be used as it is written. `place` names the field."""

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place = place
        self.detail = detail


class Unmapped(ValueError):
    """A payload lacks what its mapping asks for, or holds something else there."""

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place = place
        self.detail = detail


class Form(StrEnum):
    """What a value is turned into."""

    TEXT = "text"
    HTML = "html"
    """Text out of HTML."""
    MINOR = "minor"
    """An amount in minor units out of a decimal such as "14.50"; `exponent` decimals of the currency."""
    INTEGER = "integer"
    SECONDS = "seconds"
    """A moment out of seconds since 1970."""
    MILLISECONDS = "milliseconds"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: where it stands, and what is done with what stands there.

    `words` puts a word in the place of another, whatever their case; of a list, or of words with commas between them,
    the first that has one counts.
    `otherwise` is the value where nothing was found; `before` is put in front.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid", "strict": False}

    at: str | None = None
    words: Mapping[str, str] | None = None
    otherwise: str | int | bool | None = None
    before: str = ""
    form: Form | None = None


Part = Mapping[str, Field | str]
_FORMS_OF_A_FIELD: Final = frozenset({"Field", "str"})
"""What pydantic adds to the place of a field: as which of the two it read it."""


@dataclass(frozen=True, slots=True)
class PayloadMapping:
    """How one source's payloads are read.

    `items` finds the events in a payload (each of a list on its own; the payload itself if nothing is said), `id` and
    `topic` what is told of each; only `topics` become incidents (all, if none is named). `erase` are topics that ask
    for a person to be forgotten, with the customer's reference at `erase_customer`; `erase_all` are those that ask for
    everybody to be forgotten that the source told of.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    incident: Part
    order: Part | None = None
    customer: Part | None = None
    items: str = "@"
    id: str | None = None
    topic: str | None = None
    topics: tuple[str, ...] = ()
    erase: tuple[str, ...] = ()
    erase_customer: str | None = None
    erase_all: tuple[str, ...] = ()


Kind = TypeVar("Kind", bound=PayloadMapping)


class _Functions(Functions):
    """JMESPath's functions. But the text of nothing is nothing: "null" would name all customers that have no name."""

    @signature({"types": []})
    def _func_to_string(self, value: object) -> str | None:
        return None if value is None else super()._func_to_string(value)  # type: ignore[misc] # the stubs leave it out


_OPTIONS: Final = jmespath.Options(custom_functions=_Functions())


def read_mapping(document: object) -> PayloadMapping:
    """Read a mapping; MappingError says which field cannot be used, and why."""
    return read_mapping_as(PayloadMapping, document)


def read_mapping_as(kind: type[Kind], document: object) -> Kind:
    """As `read_mapping`, of a kind that has more parts."""
    try:
        mapping = TypeAdapter(kind).validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        named = [str(part) for part in first["loc"] if part not in _FORMS_OF_A_FIELD]
        raise MappingError("/" + "/".join(named), first["msg"]) from None
    for place, expression in _expressions(mapping):
        demand_expression(place, expression)
    return mapping


def _expressions(mapping: PayloadMapping) -> Iterator[tuple[str, str]]:
    for name in ("items", "id", "topic", "erase_customer"):
        expression = getattr(mapping, name)
        if expression is not None:
            yield f"/{name}", expression
    for name, part in _parts(mapping):
        for key, field in part.items():
            at = field if isinstance(field, str) else field.at
            if at is not None:
                yield f"/{name}/{key}", at


def _parts(mapping: PayloadMapping) -> Iterator[tuple[str, Part]]:
    for each in fields(mapping):
        part = getattr(mapping, each.name)
        if isinstance(part, Mapping):
            yield each.name, part


def demand_expression(place: str, expression: str) -> None:
    """Raise MappingError with its place for what is no expression."""
    if len(expression) > EXPRESSION_CHARACTERS_MOST:
        raise MappingError(place, f"An expression has {EXPRESSION_CHARACTERS_MOST} characters at most.")
    try:
        called = set(_called(_compiled(expression).parsed))
    except (JMESPathError, RecursionError) as error:
        raise MappingError(place, "This is not a JMESPath expression.") from error
    if not called <= _Functions.FUNCTION_TABLE.keys():
        raise MappingError(place, "JMESPath has no function of this name.")


def _called(node: Mapping[str, Any]) -> Iterator[str]:
    """The functions that a parsed expression calls."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):  # the parts of a slice are numbers
            yield from _called(child)


@lru_cache(1024)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


def _search(expression: str, value: object, place: str) -> object:
    try:
        return _compiled(expression).search(value, _OPTIONS)
    except (JMESPathError, RecursionError, TypeError) as error:
        raise Unmapped(place, "The expression cannot be worked out on this payload.") from error


def found_at(expression: str, payload: object) -> object:
    """What an expression finds in a payload, None where nothing; Unmapped."""
    return _search(expression, payload, "")


def items_of(mapping: PayloadMapping, payload: object) -> Sequence[object]:
    """The events that a payload tells of."""
    found = _search(mapping.items, payload, "/items")
    return found if isinstance(found, list) else [] if found is None else [found]


def told_of(mapping: PayloadMapping, item: object) -> tuple[str | None, str | None]:
    """The id and the topic of an event, where its payload tells them."""
    id_, topic = (
        None if expression is None else _search(expression, item, place)
        for expression, place in ((mapping.id, "/id"), (mapping.topic, "/topic"))
    )
    return (None if id_ is None else str(id_)), (None if topic is None else str(topic))


def body_of(mapping: PayloadMapping, item: object, exponents: Mapping[str, int]) -> dict[str, dict[str, object]]:
    """The body of a request for an offer; fields of which nothing is known are left out.

    `exponents` are the decimals of each currency; the order's own tells how its amounts are read. Raises Unmapped.
    """
    order = _part(mapping.order or {}, item, "/order", 2, late=frozenset({Form.MINOR}))
    exponent = exponents.get(str(order.get("currency")), 2)
    body = {name: _part(part, item, f"/{name}", exponent) for name, part in _parts(mapping)}
    return {name: part for name, part in body.items() if part}


def _part(
    fields: Part, item: object, place: str, exponent: int, late: frozenset[Form] = frozenset()
) -> dict[str, object]:
    """The fields of one part that hold something; those of a form in `late` are left for later."""
    found = {
        name: _value(_field(field), item, f"{place}/{name}", exponent)
        for name, field in fields.items()
        if _field(field).form not in late
    }
    return {name: value for name, value in found.items() if value is not None}


def _field(field: Field | str) -> Field:
    return field if isinstance(field, Field) else Field(at=field)


def _value(field: Field, item: object, place: str, exponent: int) -> object:
    found = None if field.at is None else _search(field.at, item, place)
    if field.words is not None:
        found = _word(field.words, found)
    if found is None or found == "":
        return field.otherwise
    if isinstance(found, dict | list):
        raise Unmapped(place, "One value is expected here, not a list or an object.")
    value = _formed(field.form, found, place, exponent)
    return f"{field.before}{value}" if field.before else value


def _word(words: Mapping[str, str], found: object) -> str | None:
    folded = {word.casefold(): value for word, value in words.items()}
    heard = found if isinstance(found, list) else str(found).split(",")
    return next((folded[word] for word in (str(one).strip().casefold() for one in heard) if word in folded), None)


def _formed(form: Form | None, found: object, place: str, exponent: int) -> object:
    match form:
        case None:
            return found
        case Form.TEXT:
            return _cut(str(found))
        case Form.HTML:
            return _cut(_text_of(str(found)))
        case Form.MINOR:
            return _minor(found, place, exponent)
        case Form.INTEGER:
            return int(_decimal(found, place))
        case Form.SECONDS | Form.MILLISECONDS:
            seconds = _decimal(found, place) / (1000 if form is Form.MILLISECONDS else 1)
            try:
                return datetime.fromtimestamp(float(seconds), UTC).isoformat(timespec="seconds")
            except (ValueError, OverflowError, OSError) as error:
                raise Unmapped(place, "This is no moment.") from error


def _decimal(found: object, place: str) -> Decimal:
    text = str(found)
    if not isinstance(found, bool) and _DECIMAL.fullmatch(text):
        return Decimal(text)
    raise Unmapped(place, "A decimal number is expected here.")


def _minor(found: object, place: str, exponent: int) -> int:
    minor = _decimal(found, place).scaleb(exponent)
    if minor != minor.to_integral_value() or abs(minor) > MINOR_MOST:
        raise Unmapped(place, "This amount has more decimals than its currency, or is too large.")
    return int(minor)


def _text_of(html: str) -> str:
    """What a reader sees of HTML, a line for each block; scripts and styles are no text."""
    marked = nh3.clean(_BREAKS.sub("\n", html), tags=set())
    for sign, mark in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " "), ("&amp;", "&")):
        marked = marked.replace(sign, mark)
    return marked


def _cut(text: str) -> str:
    seen = _UNSEEN.sub("", text.replace("\r", "\n"))
    tidy = _SPACES.sub(lambda found: "\n" if "\n" in found[0] else " ", seen).strip()
    return tidy if len(tidy) <= TEXT_CHARACTERS_MOST else tidy[: TEXT_CHARACTERS_MOST - 1] + "…"
