"""An offer: what was decided for an incident, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compensation_service.decision.engine import Decision
from compensation_service.decision.entitlement import PUTS_RIGHT
from compensation_service.decision.policy import Mode
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain.moves import Moves, follow


class OfferStatus(StrEnum):
    """Where an offer stands."""

    PENDING_APPROVAL = "pending_approval"
    """Above the automatic limits: a person must agree before the customer hears of it."""
    OPEN = "open"
    """The customer can choose."""
    INFORMATIONAL = "informational"
    """It carries nothing to choose or to accept: an apology, help, attention."""
    ACCEPTED = "accepted"
    """The customer chose an option, or the default stood; its remedies are promised."""
    DECLINED = "declined"
    """The customer does not want it."""
    COUNTERED = "countered"
    """The customer asked for something else; it stands until that is answered."""
    SUPERSEDED = "superseded"
    """A later offer for the same incident took its place."""
    EXPIRED = "expired"
    """Its time ran out."""
    WITHDRAWN = "withdrawn"
    """The merchant took it back."""
    REJECTED = "rejected"
    """The approver did not agree."""
    FULFILLED = "fulfilled"
    """Everything promised has reached the customer."""


class OfferAction(StrEnum):
    """What can be done with an offer."""

    APPROVE = "approve"
    """A person with the authority agrees."""
    REJECT = "reject"
    """A person with the authority does not agree."""
    ACCEPT = "accept"
    """The customer chooses an option, or the default stands."""
    DECLINE = "decline"
    """The customer does not want it."""
    COUNTER = "counter"
    """The customer asks for something else."""
    KEEP = "keep"
    """The counter-offer is answered with the offer as it was."""
    SUPERSEDE = "supersede"
    """The counter-offer is answered with another offer."""
    EXPIRE = "expire"
    """Its time ran out."""
    WITHDRAW = "withdraw"
    """The merchant takes it back."""
    FULFIL = "fulfil"
    """The last promised remedy reached the customer."""


MOVES: Moves[OfferStatus, OfferAction] = {
    OfferStatus.PENDING_APPROVAL: {
        OfferAction.APPROVE: OfferStatus.OPEN,
        OfferAction.REJECT: OfferStatus.REJECTED,
    },
    OfferStatus.OPEN: {
        OfferAction.ACCEPT: OfferStatus.ACCEPTED,
        OfferAction.DECLINE: OfferStatus.DECLINED,
        OfferAction.COUNTER: OfferStatus.COUNTERED,
        OfferAction.EXPIRE: OfferStatus.EXPIRED,
        OfferAction.WITHDRAW: OfferStatus.WITHDRAWN,
    },
    OfferStatus.COUNTERED: {
        OfferAction.KEEP: OfferStatus.OPEN,
        OfferAction.SUPERSEDE: OfferStatus.SUPERSEDED,
        OfferAction.DECLINE: OfferStatus.DECLINED,
        OfferAction.EXPIRE: OfferStatus.EXPIRED,
        OfferAction.WITHDRAW: OfferStatus.WITHDRAWN,
    },
    OfferStatus.ACCEPTED: {OfferAction.FULFIL: OfferStatus.FULFILLED},
    OfferStatus.INFORMATIONAL: {},
    OfferStatus.DECLINED: {},
    OfferStatus.SUPERSEDED: {},
    OfferStatus.EXPIRED: {},
    OfferStatus.WITHDRAWN: {},
    OfferStatus.REJECTED: {},
    OfferStatus.FULFILLED: {},
}

GAVE_NOTHING = frozenset(
    {
        OfferStatus.DECLINED,
        OfferStatus.EXPIRED,
        OfferStatus.WITHDRAWN,
        OfferStatus.REJECTED,
        OfferStatus.SUPERSEDED,
    }
)
"""Offers of these statuses gave the customer nothing and will not: they do not count as goodwill given."""


EXPIRING = frozenset({OfferStatus.OPEN, OfferStatus.COUNTERED})
"""Offers of these statuses wait for somebody until their time runs out."""


def move(status: OfferStatus, action: OfferAction) -> OfferStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


def initial_status(decision: Decision) -> OfferStatus:
    """Answer the status in which the offer of a decision begins."""
    if decision.approval is not None:
        return OfferStatus.PENDING_APPROVAL
    remedies = (remedy for option in decision.options for remedy in option.remedies)
    if any(remedy.value is not None or remedy.kind in PUTS_RIGHT for remedy in remedies):
        return OfferStatus.OPEN
    return OfferStatus.INFORMATIONAL


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer as it is kept. Times are aware; money is in minor units of `currency`.

    `version` grows by one with every change. `document` is the answer as it was decided, in JSON, without what changes
    later; `facts` is what it was decided from, in JSON. `approval_role` is the least authority that may approve it,
    None where nobody has to. `default_stands` says that the default option asks nothing of the customer, so that it is
    accepted by itself at `expires_at`. `requested_by` is the id of the key that asked for the offer, where it is known.
    """

    id: str
    merchant_id: str
    incident_id: str
    status: OfferStatus
    version: int
    policy_name: str
    policy_version: int
    mode: Mode
    currency: str
    goodwill_minor: int
    entitlement_minor: int
    worth_minor: int
    approval_role: ApproverRole | None
    decided_at: datetime
    respond_by: datetime
    expires_at: datetime
    follow_up_at: datetime
    default_option: str
    language: str
    document: str
    facts: str
    default_stands: bool = False
    chosen_option: str | None = None
    requested_by: str | None = None

    def runs_out_as(self) -> OfferStatus:
        """What it becomes at `expires_at` if nothing is done: the same where its time does not matter any more."""
        if self.status not in EXPIRING:
            return self.status
        stands = self.default_stands and self.status is OfferStatus.OPEN
        return OfferStatus.ACCEPTED if stands else OfferStatus.EXPIRED

    def status_at(self, at: datetime) -> OfferStatus:
        """The status to be shown: expired from `expires_at` on, however late that is written down.

        Where the default will be accepted by itself it is open until that is done.
        """
        late = at >= self.expires_at and self.runs_out_as() is OfferStatus.EXPIRED
        return OfferStatus.EXPIRED if late else self.status
