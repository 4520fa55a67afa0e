"""The reference of the language, written from the models: every key, what it says, and whether it must be there."""

import inspect
import re
from collections.abc import Iterable
from enum import EnumType
from typing import Any

from pydantic.fields import FieldInfo

from compensation_service.decision.schemes.calendars import Unit
from compensation_service.decision.schemes.facts import FactType
from compensation_service.decision.schemes.numbers import Mode
from compensation_service.decision.schemes.scheme import Basis
from compensation_service.decision.schemes.standard import STANDARD_FACTS
from compensation_service.decision.schemes.units import Counted
from compensation_service.policies.schemes import document, expressions
from compensation_service.policies.schemes.cel_functions import FUNCTIONS
from compensation_service.policies.schemes.expressions import Operation, Part

DOCUMENT: tuple[type[Part], ...] = (
    document.SchemeDocument,
    document.Reference,
    document.Validity,
    document.FactField,
    document.DatedFigure,
    document.CalendarTerms,
    document.GateTerms,
    document.RemedyTerms,
    document.ChoiceTerms,
    document.DueTerms,
    expressions.RoundTo,
)
PARTS: tuple[type[Part], ...] = (
    expressions.ForEach,
    expressions.BandRow,
    expressions.Case,
    expressions.PieceRow,
    expressions.Settle,
)
WORDS: dict[str, EnumType] = {"basis": Basis, "type": FactType, "mode": Mode, "counted": Counted, "count": Unit}
_BEGIN, _END = "<!-- begin reference -->\n", "<!-- end reference -->"


def reference() -> str:
    """The reference as Markdown."""
    sections = ["### The document\n", *map(_section, DOCUMENT)]
    sections += ["### Operations\n", "Every operation can also carry:\n", _table(Operation, ())]
    carried = Operation.model_fields
    operations: tuple[type[Part], ...] = (*expressions.OPERATIONS, expressions.Moved)
    sections += [_section(operation, carried) for operation in operations]
    sections += ["### Parts of operations\n", *map(_section, PARTS)]
    sections += ["### Functions of conditions\n", *(f"* `{name}`: {said}" for name, said in FUNCTIONS.items()), ""]
    sections += ["### Standard facts\n", "What `takes` can name.\n"]
    sections += [f"* `{name}`: {said}" for name, said in STANDARD_FACTS.items()]
    return "\n".join(sections) + "\n"


def with_reference(text: str) -> str:
    """A text with the reference between its two marks as it should be now."""
    before, rest = text.split(_BEGIN)
    return before + _BEGIN + reference() + _END + rest.split(_END)[1]


def _section(part: type[Part], left_out: Iterable[str] = ()) -> str:
    return f"#### {_title(part)}\n\n{inspect.getdoc(part)}\n\n{_table(part, left_out)}"


def _title(part: type[Part]) -> str:
    key = getattr(part, "key", None)
    if isinstance(key, str):
        return f"`{key}`"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part.__name__.removesuffix("Terms").removesuffix("Field")).lower()


def _table(part: type[Part], left_out: Iterable[str]) -> str:
    rows = [_row(name, field) for name, field in part.model_fields.items() if name not in left_out]
    return "| key | | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(name: str, field: FieldInfo) -> str:
    words = WORDS.get(name)
    said = (field.description or "").replace("|", "\\|")
    if words is not None and isinstance(field.annotation, EnumType):
        said = f"{said} {', '.join(f'`{word}`' for word in _members(words))}".strip()
    need = "must be there" if field.is_required() else _default(field.default)
    return f"| `{field.alias or name}` | {need} | {said} |"


def _members(words: EnumType) -> Iterable[Any]:
    return [member.value for member in words]  # type: ignore[var-annotated] # whatever its words are


def _default(default: object) -> str:
    if default is None or default in ([], {}, "", ()) or isinstance(default, Part):
        return ""
    if isinstance(default, list):
        return f"else `[{', '.join(map(str, default))}]`"
    return f"else `{str(default).lower() if isinstance(default, bool) else default}`"
