"""The reference of the language, written from the models: every key, what it says, and whether it must be there."""

from collections.abc import Iterable
from enum import EnumType
from typing import Any

from pydantic.fields import FieldInfo

from compensation_service.decision.schemes.calendars import Period, Unit
from compensation_service.decision.schemes.facts import FactType
from compensation_service.decision.schemes.numbers import Mode
from compensation_service.decision.schemes.scheme import Basis
from compensation_service.decision.schemes.standard import STANDARD_FACTS
from compensation_service.decision.schemes.units import Counted
from compensation_service.policies.field_table import between_marks, section, table
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
WORDS: dict[str, EnumType] = {
    "basis": Basis,
    "type": FactType,
    "mode": Mode,
    "counted": Counted,
    "count": Unit,
    "start_of": Period,
    "end_of": Period,
}


def reference() -> str:
    """The reference as Markdown."""
    sections = ["### The document\n", *(section(part, _says) for part in DOCUMENT)]
    sections += ["### Operations\n", "Every operation can also carry:\n", table(Operation, _says)]
    carried = Operation.model_fields
    operations: tuple[type[Part], ...] = (*expressions.OPERATIONS, expressions.Moved)
    sections += [section(operation, _says, carried) for operation in operations]
    sections += ["### Parts of operations\n", *(section(part, _says) for part in PARTS)]
    sections += ["### Functions of conditions\n", *(f"* `{name}`: {said}" for name, said in FUNCTIONS.items()), ""]
    sections += ["### Standard facts\n", "What `takes` can name.\n"]
    sections += [f"* `{name}`: {said}" for name, said in STANDARD_FACTS.items()]
    return "\n".join(sections) + "\n"


def with_reference(text: str) -> str:
    """A text with the reference between its two marks as it should be now."""
    return between_marks(text, reference())


def _says(name: str, field: FieldInfo) -> str:
    words = WORDS.get(name)
    said = field.description or ""
    if words is not None and isinstance(field.annotation, EnumType):
        return f"{said} {', '.join(f'`{word}`' for word in _members(words))}".strip()
    return said


def _members(words: EnumType) -> Iterable[Any]:
    return [member.value for member in words]  # type: ignore[var-annotated] # whatever its words are
