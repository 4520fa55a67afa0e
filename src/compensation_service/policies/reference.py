"""The reference of the policy document, written from the models: every key, what it takes and what it says."""

import inspect
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo

from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.policy import Band, Basis, Form, Mode, Role
from compensation_service.domain.signal import SignalKind
from compensation_service.policies import document
from compensation_service.policies.field_table import Part, between_marks, section, title
from compensation_service.policies.schemes.document import SchemeDocument

PARTS: tuple[Part, ...] = (
    document.PolicyDocument,
    document.Currency,
    document.NeatStep,
    document.Severity,
    document.Repeats,
    document.Loyalty,
    document.Goodwill,
    document.KindTerms,
    document.Menu,
    document.Choice,
    document.Guards,
    document.Approval,
    document.Limit,
    document.CategoryGrade,
    document.Clocks,
    document.ClockTerms,
    document.Category,
    document.Delay,
    document.Wait,
    document.Signal,
    document.Adoption,
)
WORDS: tuple[type[StrEnum], ...] = (Band, Basis, Mode, Fault, RemedyKind, Form, Role, Channel, ServiceLevel, SignalKind)
PATTERNS: Mapping[str, str] = {
    r"^[a-z][a-z0-9_]{0,39}$": "word",
    r"^[A-Z]{3}$": "currency code",
    r"^[A-Z]{2}$": "country code",
}
"""What texts of a form are called; others are names in small letters, digits and hyphens."""
TITLES: Mapping[str, str] = {part.__name__: title(part) for part in PARTS} | {
    words.__name__: title(words) for words in WORDS
}
MANY = 1_000_000
"""A bound that only keeps nonsense out, and is not told."""

Shape = Mapping[str, Any]
"""A part of a JSON Schema."""


def reference() -> str:
    """The reference as Markdown."""
    sections = ["### The document\n", *map(_section, PARTS), "### Words\n", *map(_words, WORDS)]
    return "\n".join(sections)


def with_reference(text: str) -> str:
    """A text with the reference between its two marks as it should be now."""
    return between_marks(text, reference())


def _section(part: Part) -> str:
    shapes = part.model_json_schema()["properties"]

    def says(name: str, field: FieldInfo) -> str:
        return f"*{_taken(shapes[name])}* {field.description or ''}".strip()

    return section(part, says)


def _words(words: type[StrEnum]) -> str:
    members = ", ".join(f"`{word.value}`" for word in words)
    return f"#### {title(words)}\n\n{inspect.getdoc(words)}\n\n{members}\n"


def _taken(shape: Shape) -> str:
    """What a value of this shape is, in words."""
    if "anyOf" in shape:
        return _taken(shape["anyOf"][0])
    if "$ref" in shape:
        return _linked(shape)
    match shape["type"]:
        case "array":
            return "[curve](#curves)" if "prefixItems" in shape["items"] else f"list of {_taken(shape['items'])}"
        case "object":
            return _mapping(shape)
        case "string":
            return PATTERNS.get(shape["pattern"], "name")
        case "boolean":
            return "true or false"
        case kind:
            return ("whole number" if kind == "integer" else "number") + _bounds(shape)


def _mapping(shape: Shape) -> str:
    if "patternProperties" in shape:
        [(pattern, value)] = shape["patternProperties"].items()
        return f"for each {PATTERNS[pattern]}: {_taken(value)}"
    return f"for each {_linked(shape['propertyNames'])}: {_taken(shape['additionalProperties'])}"


def _bounds(shape: Shape) -> str:
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    return "".join(f" {word} {shape[key]}" for key, word in words.items() if shape.get(key, MANY) != MANY)


def _linked(shape: Shape) -> str:
    name = shape["$ref"].rpartition("/")[2].rpartition("__")[2]
    if name == SchemeDocument.__name__:
        return "[scheme](schemes.md#the-document)"
    return f"[{TITLES[name]}](#{TITLES[name].replace(' ', '-')})"
