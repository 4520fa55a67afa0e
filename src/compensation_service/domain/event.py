"""An event: something happened to an incident. Events are added and never changed.

The events of an incident are a chain: each one's hash covers the hash of the one before. Whoever changes, removes or
inserts one has to make every later hash anew, and checkpoints that were signed meanwhile tell on them.
"""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from compensation_service.decision.record import record


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
    OFFER_KEPT = "offer.kept"
    """What the customer asked for instead was not granted: the offer stands as it was."""
    OFFER_SUPERSEDED = "offer.superseded"
    """Another offer took its place."""
    OFFER_OVERRIDDEN = "offer.overridden"
    """A person with the authority put something else in the place of what the policy said."""
    OFFER_FULFILLED = "offer.fulfilled"
    """Everything promised has reached the customer."""
    REMEDY_FULFILLED = "remedy.fulfilled"
    """One promised remedy has reached the customer."""
    REMEDY_FAILED = "remedy.failed"
    """One promised remedy was tried and did not work; it is still owed."""
    INCIDENT_RECORDED = "incident.recorded"
    """It was recorded; whether anything is offered is decided later."""
    INCIDENT_CHANGED = "incident.changed"
    """What is known about it was changed: its owner, its root cause, its facts."""
    INCIDENT_RESOLVED = "incident.resolved"
    """What was promised, or what was asked for, is settled."""
    INCIDENT_CLOSED = "incident.closed"
    """Nothing more is to be done."""
    INCIDENT_REOPENED = "incident.reopened"
    """It was not over."""
    INCIDENT_ESCALATED = "incident.escalated"
    """Somebody has to see to it: what was due by now did not come, or what was done did not solve it."""
    INCIDENT_ERASED = "incident.erased"
    """What identified a person was removed from it."""
    MESSAGE_ADDED = "message.added"
    """Something was written to the customer or by them."""
    EVIDENCE_ADDED = "evidence.added"
    """A receipt, a picture or another proof was added."""
    ACCOUNT_ADDED = "account.added"
    """What was done about it, and by whom, was written down."""
    LETTER_WRITTEN = "letter.written"
    """A letter to the customer was composed and passed its checks."""
    LETTER_SENT = "letter.sent"
    """A letter was handed over for delivery."""
    LETTER_FAILED = "letter.failed"
    """A letter could not be delivered."""
    FOLLOW_UP_PLANNED = "follow_up.planned"
    """Somebody will ask whether it is solved."""
    FOLLOW_UP_DUE = "follow_up.due"
    """It is time to ask."""
    FOLLOW_UP_DONE = "follow_up.done"
    """The customer was asked: solved, unsolved or unreachable."""
    FOLLOW_UP_CANCELLED = "follow_up.cancelled"
    """There is nothing to ask about any more."""


@record
class Link:
    """Where the chain of an incident ends: the last event's number and hash."""

    sequence: int
    hash: str


START: Final = Link(0, "0" * 64)
"""What the first event of an incident follows."""


@record
class Event:
    """One event. `sequence` counts 1, 2, 3 … within the incident, without gaps; `payload` is compact JSON.

    `hash` is that of `hash_of`, in hexadecimal.
    """

    id: str
    incident_id: str
    sequence: int
    type: EventType
    occurred_at: datetime
    payload: str
    hash: str


def hash_of(
    previous: str,
    merchant_id: str,
    incident_id: str,
    sequence: int,
    type: str,  # noqa: A002 - as the event's field
    event_id: str,
    occurred_at: datetime,
    payload: str,
) -> str:
    """Answer SHA-256 of the arguments, in this order, in UTF-8, with a line feed between each two.

    The moment is ISO 8601 in UTC to the microsecond, `2026-03-05T12:00:00.000000+00:00`. No part has a line feed in it,
    so that no two events are written alike.
    """
    at = occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = f"{previous}\n{merchant_id}\n{incident_id}\n{sequence}\n{type}\n{event_id}\n{at}\n{payload}"
    return sha256(parts.encode()).hexdigest()


def following(
    last: Link,
    merchant_id: str,
    incident_id: str,
    type: EventType,  # noqa: A002 - as the event's field
    event_id: str,
    occurred_at: datetime,
    payload: str,
) -> Event:
    """Make the event that comes after the last one of an incident."""
    sequence = last.sequence + 1
    hashed = hash_of(last.hash, merchant_id, incident_id, sequence, type, event_id, occurred_at, payload)
    return Event(event_id, incident_id, sequence, type, occurred_at, payload, hashed)
