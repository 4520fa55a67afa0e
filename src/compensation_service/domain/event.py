"""An event: something happened to an incident. Events are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What happened."""

    OFFER_CREATED = "offer.created"
    """An offer was decided and recorded."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `sequence` counts 1, 2, 3 … within the incident, without gaps; `payload` is JSON."""

    id: str
    incident_id: str
    sequence: int
    type: EventType
    occurred_at: datetime
    payload: str
