"""An inbound event: one thing that a source told us of, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KEPT_FOR = timedelta(days=30)
"""How long payloads are kept; that an event came, and what became of it, stays known."""
TRIES_MOST = 5
"""After so many times in somebody's hands without an end an event counts as failed: it must not go on for ever."""


class InboundStatus(StrEnum):
    """Where an inbound event stands."""

    PENDING = "pending"
    """Received; a worker will look at it."""
    HANDLED = "handled"
    """It became an incident, or told of one that is known; or a customer was erased for it."""
    FAILED = "failed"
    """It could not be used as it is mapped; `reason` says why. A replay begins anew."""
    ASIDE = "aside"
    """Its topic is none that becomes an incident."""


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """One event as it is kept.

    `key` is the same for every copy of it. `payload` is JSON, None once it was erased; `whole` says that it is all
    that was sent, because the events in it could not be told apart. `place` is where in the mapping or in the request
    `reason` is. `tries` counts how often somebody had it in hand: only who has it last may say what became of it.
    `next_at` is when it may be taken in hand. `customer_reference` is known where the mapping finds one.
    """

    id: str
    source_id: str
    key: str
    topic: str | None
    status: InboundStatus
    whole: bool
    payload: str | None
    place: str | None
    code: str | None
    reason: str | None
    incident_id: str | None
    offer_id: str | None
    customer_reference: str | None
    tries: int
    next_at: datetime
    received_at: datetime
    finished_at: datetime | None
