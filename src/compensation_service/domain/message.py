"""A message: what was written or said between the customer and the shop about an incident."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    """Which way a message went."""

    IN = "in"
    """From the customer."""
    OUT = "out"
    """To the customer."""


class MessageChannel(StrEnum):
    """How it went."""

    EMAIL = "email"
    PHONE = "phone"
    CHAT = "chat"
    SOCIAL = "social"
    LETTER = "letter"
    IN_PERSON = "in_person"
    PORTAL = "portal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is kept. `at` is when it was sent; `by` is who wrote it, a name or the id of a key."""

    id: str
    incident_id: str
    direction: Direction
    channel: MessageChannel
    words: str
    by: str
    at: datetime
    recorded_at: datetime
