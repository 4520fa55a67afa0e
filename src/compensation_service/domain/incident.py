"""An incident: what went wrong for one customer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compensation_service.decision.facts import Fault
from compensation_service.decision.policy import Band
from compensation_service.domain.moves import Moves, follow


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    """Recorded, or opened again; nothing is on offer."""
    OFFERED = "offered"
    """An offer was made, and the customer or an approver has not answered it."""
    RESOLVED = "resolved"
    """The customer took what was offered."""
    CLOSED = "closed"
    """Nothing more is to be done."""


class IncidentAction(StrEnum):
    """What can be done with an incident."""

    OFFER = "offer"
    """An offer is made."""
    RESOLVE = "resolve"
    """The offer is accepted."""
    CLOSE = "close"
    """Everything promised was done, and the customer was asked."""
    REOPEN = "reopen"
    """It was not solved after all."""


MOVES: Moves[IncidentStatus, IncidentAction] = {
    IncidentStatus.OPEN: {IncidentAction.OFFER: IncidentStatus.OFFERED},
    IncidentStatus.OFFERED: {IncidentAction.RESOLVE: IncidentStatus.RESOLVED},
    IncidentStatus.RESOLVED: {
        IncidentAction.CLOSE: IncidentStatus.CLOSED,
        IncidentAction.REOPEN: IncidentStatus.OPEN,
    },
    IncidentStatus.CLOSED: {IncidentAction.REOPEN: IncidentStatus.OPEN},
}


def move(status: IncidentStatus, action: IncidentAction) -> IncidentStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as it is kept. Times are aware; money is in minor units of `currency`.

    `reference` is the merchant's own name for it and unique within the merchant. `occurred_at` is the effective moment:
    when it occurred if that is known, else when it was reported, else when it was decided.
    `salt` goes into digests of what belongs to it, and is gone once it is erased.
    """

    id: str
    merchant_id: str
    reference: str | None
    category: str
    status: IncidentStatus
    band: Band
    severity: str
    fault: Fault
    verified: bool
    group: str | None
    customer_reference: str
    order_reference: str | None
    currency: str
    affected_minor: int
    summary: str | None
    occurred_at: datetime
    reported_at: datetime | None
    recorded_at: datetime
    salt: str | None = None
    erased_at: datetime | None = None
