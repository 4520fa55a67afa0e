"""An incident: what went wrong for one customer."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.policy import Band
from compensation_service.decision.record import record
from compensation_service.domain.errors import IllegalMove, Unprocessable
from compensation_service.domain.moves import Moves, follow


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    """Recorded, or opened again; nothing is on offer."""
    OFFERED = "offered"
    """An offer was made, and the customer or an approver has not answered it."""
    RESOLVED = "resolved"
    """The customer took what was offered, or it was put right without an offer."""
    CLOSED = "closed"
    """Nothing more is to be done."""


class IncidentAction(StrEnum):
    """What can be done with an incident."""

    OFFER = "offer"
    """An offer is made."""
    RESOLVE = "resolve"
    """The offer is accepted."""
    LAPSE = "lapse"
    """The offer came to nothing: declined, expired, withdrawn or rejected. Somebody has to look again."""
    SETTLE = "settle"
    """Somebody put it right without an offer."""
    CLOSE = "close"
    """Everything promised was done, and the customer was asked; or there is nothing to do."""
    REOPEN = "reopen"
    """It was not solved after all."""


MOVES: Moves[IncidentStatus, IncidentAction] = {
    IncidentStatus.OPEN: {
        IncidentAction.OFFER: IncidentStatus.OFFERED,
        IncidentAction.SETTLE: IncidentStatus.RESOLVED,
        IncidentAction.CLOSE: IncidentStatus.CLOSED,
    },
    IncidentStatus.OFFERED: {
        IncidentAction.RESOLVE: IncidentStatus.RESOLVED,
        IncidentAction.LAPSE: IncidentStatus.OPEN,
    },
    IncidentStatus.RESOLVED: {
        IncidentAction.CLOSE: IncidentStatus.CLOSED,
        IncidentAction.REOPEN: IncidentStatus.OPEN,
    },
    IncidentStatus.CLOSED: {IncidentAction.REOPEN: IncidentStatus.OPEN},
}

ENDS = {IncidentAction.SETTLE: IncidentStatus.RESOLVED, IncidentAction.CLOSE: IncidentStatus.CLOSED}
"""Where somebody can bring an incident by themselves."""
TO_ASK_FOR = frozenset({IncidentAction.OFFER, IncidentAction.REOPEN, *ENDS})
"""What callers can ask for."""


class Stage(StrEnum):
    """Where on the way from the order to the customer it went wrong."""

    LISTING = "listing"
    """What the shop said of the thing, or that it had it."""
    ORDER = "order"
    """Taking the order."""
    PAYMENT = "payment"
    """Taking the money."""
    STOCK = "stock"
    """Having the thing, and having it whole."""
    PACKING = "packing"
    """Picking and packing it."""
    DISPATCH = "dispatch"
    """Handing it over to the carrier."""
    TRANSIT = "transit"
    """On the way."""
    DELIVERY = "delivery"
    """Handing it over to the customer."""
    SUPPORT = "support"
    """Answering the customer."""
    RETURN = "return"
    """Taking it back, and paying back."""


class Awaited(StrEnum):
    """What a customer waits for by a deadline, as the policy's clocks call it."""

    ACKNOWLEDGE = "acknowledge"
    """Somebody writes to them."""
    DECIDE = "decide"
    """Something is decided."""
    CARRY_OUT = "carry_out"
    """What they chose reaches them."""


@record
class Incident:
    """One incident as it is kept. Times are aware; money is in minor units of `currency`.

    `reference` is the merchant's own name for it and unique within the merchant. `occurred_at` is the effective moment:
    when it occurred if that is known, else when it was reported, else when it was recorded. `band`, `severity` and
    `currency` are unknown until something is decided, unless the currency was told.

    `told` is what is known of it, in the JSON of a request for an offer; `fingerprint` is that of the request that
    recorded it without an offer. `owner` answers for it; `stage`, `cause`, `product` and `carrier` say where it went
    wrong. `earlier` is the id of the incident that this one follows. `closed_at` is when it was closed last.
    `given_kind` and `given_minor` are what was given for it before it came here, as goodwill in minor units of
    `currency`; then `recorded_at` is when it was recorded there. `reopened` counts how often it was not over.
    `escalated_at` is when it was told of last that somebody has to see to it. `version` grows by one with every change,
    being told of aside. `salt` goes into digests of what belongs to it, gone once it is erased.
    """

    id: str
    merchant_id: str
    reference: str | None
    category: str
    status: IncidentStatus
    band: Band | None
    severity: str | None
    fault: Fault
    verified: bool
    group: str | None
    customer_reference: str
    order_reference: str | None
    currency: str | None
    affected_minor: int
    summary: str | None
    occurred_at: datetime
    reported_at: datetime | None
    recorded_at: datetime
    salt: str | None = None
    erased_at: datetime | None = None
    told: str = "{}"
    fingerprint: str | None = None
    owner: str | None = None
    stage: Stage | None = None
    cause: str | None = None
    product: str | None = None
    carrier: str | None = None
    earlier: str | None = None
    closed_at: datetime | None = None
    given_kind: RemedyKind | None = None
    given_minor: int | None = None
    reopened: int = 0
    escalated_at: datetime | None = None
    version: int = 1

    def filed_as(self, recorded: "Incident") -> "Incident":
        """Answer this, as it was decided, in the place of what was recorded before: what the file says stays."""
        return replace(self, **{name: getattr(recorded, name) for name in _FILED})


_FILED = (
    *("id", "reference", "recorded_at", "salt", "erased_at", "fingerprint"),
    *("owner", "stage", "cause", "product", "carrier", "earlier", "closed_at", "given_kind", "given_minor"),
    *("reopened", "escalated_at", "version"),
)


@dataclass(frozen=True, slots=True)
class Reopening:
    """One time that an incident was opened again. `number` counts them from 1; `by` is the id of a key."""

    incident_id: str
    number: int
    reason: str | None
    by: str
    at: datetime


class IncidentIsAnother(Unprocessable):
    """The reference names an incident already, and it is not this one."""

    def __init__(self) -> None:
        detail = "This reference names another incident already; a new incident needs a new reference."
        super().__init__("/incident/reference", "reference_taken", detail)


def move(status: IncidentStatus, action: IncidentAction) -> IncidentStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


def ask(status: IncidentStatus, action: IncidentAction) -> IncidentStatus:
    """Do as `move` for a caller: the refusal names what callers can ask for, the rest follows from offers."""
    if action not in MOVES[status]:
        raise IllegalMove(status, [each for each in MOVES[status] if each in TO_ASK_FOR])
    return move(status, action)
