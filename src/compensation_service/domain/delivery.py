"""A delivery: one event on its way to one webhook endpoint."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from compensation_service.domain.event import EventType

KEPT_FOR = timedelta(days=30)
"""How long deliveries and what became of them are kept, sent or not."""


class NoticeType(StrEnum):
    """What merchants are told of besides the events of incidents."""

    POLICY_ACTIVATED = "policy.activated"
    """A version of the policy decides from a date on."""
    BUDGET_LOW = "budget.low"
    """Little is left of a budget."""
    ENDPOINT_SUSPENDED = "webhook_endpoint.suspended"
    """An endpoint is not sent to any more: it said so, or failed for five days."""
    ENDPOINT_TEST = "webhook_endpoint.test"
    """Somebody asked for a test; it goes to the endpoint that is tested, whatever that wants."""


TYPES = (*EventType, *NoticeType)
"""Everything that an endpoint can be told of."""
FAMILIES = tuple(dict.fromkeys(f"{each.partition('.')[0]}.*" for each in TYPES))


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told that belongs to no incident. `payload` is JSON; it names and quotes nobody."""

    id: str
    type: NoticeType
    occurred_at: datetime
    payload: str


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """To be sent, or to be sent again."""
    DELIVERED = "delivered"
    """The receiver took it."""
    EXHAUSTED = "exhausted"
    """Every attempt failed. A replay begins anew."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it is kept.

    `message_id` is the event's id, which the receiver sees as `webhook-id`. `sequence` counts within `stream`, which is
    the incident; a later one waits for the ones before. `attempts` are those that ended since it was put in line.
    `token` grows whenever somebody takes it in hand: only who has the present one may say what became of it.
    `next_at` is when it may be taken in hand, by somebody else where somebody has it.
    """

    endpoint_id: str
    message_id: str
    stream: str
    sequence: int
    type: str
    status: DeliveryStatus
    attempts: int
    token: int
    next_at: datetime
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt: a status code, or the word of what went wrong instead; and what was answered."""

    endpoint_id: str
    message_id: str
    token: int
    at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    answer: str
