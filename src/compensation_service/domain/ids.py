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
