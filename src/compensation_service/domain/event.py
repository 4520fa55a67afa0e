"""An event: something happened to an incident. Events are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What happened."""

    OFFER_CREATED = "offer.created"
    """An offer was decided and recorded."""
    OFFER_APPROVED = "offer.approved"
    """A person with the authority agreed to it."""
    OFFER_REJECTED = "offer.rejected"
    """A person with the authority did not agree to it."""
    OFFER_ACCEPTED = "offer.accepted"
    """The customer chose an option, or the default stood; its remedies are promised."""
    OFFER_DECLINED = "offer.declined"
    """The customer does not want it."""
    OFFER_COUNTERED = "offer.countered"
    """The customer asked for something else."""
    OFFER_WITHDRAWN = "offer.withdrawn"
    """The merchant took it back."""
    OFFER_EXPIRED = "offer.expired"
    """Its time ran out."""
    OFFER_FULFILLED = "offer.fulfilled"
    """Everything promised has reached the customer."""
    REMEDY_FULFILLED = "remedy.fulfilled"
    """One promised remedy has reached the customer."""
    REMEDY_FAILED = "remedy.failed"
    """One promised remedy was tried and did not work; it is still owed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `sequence` counts 1, 2, 3 … within the incident, without gaps; `payload` is JSON."""

    id: str
    incident_id: str
    sequence: int
    type: EventType
    occurred_at: datetime
    payload: str
