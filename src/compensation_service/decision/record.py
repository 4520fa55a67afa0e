"""Records: the values that a decision and its offer are made of, by the dozen for every request.

They are frozen, and mypy holds them so: assigning to a field is an error there. Python does not check it a second time
while running, because its way of doing so makes a record cost three times as much, which was a fifth of a decision.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[Made]) -> type[Made]:
    """Make the class a dataclass whose instances are equal and hashable by their fields, which never change."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
