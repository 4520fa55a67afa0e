"""How a status may change: a table per noun says it, this module reads the table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar

from compensation_service.domain.errors import IllegalMove

Status = TypeVar("Status", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)

Moves: TypeAlias = Mapping[Status, Mapping[Action, Status]]
"""For every status the actions that it allows, each with the status that it leads to. A terminal status allows none."""


def follow(moves: Moves[Status, Action], status: Status, action: Action) -> Status:
    """Answer the status that `action` leads to; IllegalMove with the allowed actions where the table has none."""
    allowed = moves[status]
    if action not in allowed:
        raise IllegalMove(status, tuple(allowed))
    return allowed[action]
