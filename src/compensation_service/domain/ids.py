"""Identifiers, and the things that only the machine can answer, as types: time and randomness are arguments."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Answers the present moment, aware, in UTC."""

Ids: TypeAlias = Callable[[str], str]
"""Makes a fresh id of a prefix, `off` → `off_01h…`; later ids sort after earlier ones."""

RandomBytes: TypeAlias = Callable[[int], bytes]
"""Answers so many unguessable bytes."""


def draw(random_bytes: RandomBytes, size: int, count: int) -> list[str]:
    """Draw as many texts of `size` unguessable bytes, in hex, at once: each draw gives the interpreter away."""
    drawn = random_bytes(size * count).hex()
    return [drawn[begin : begin + 2 * size] for begin in range(0, len(drawn), 2 * size)]


INCIDENT = "inc"
OFFER = "off"
EVENT = "evt"
BUDGET = "bud"
MESSAGE = "msg"
EVIDENCE = "evd"
ACCOUNT = "acc"
FOLLOW_UP = "fup"
WEBHOOK_ENDPOINT = "whe"
LETTER = "ltr"
INBOUND_SOURCE = "src"
INBOUND_EVENT = "ine"
