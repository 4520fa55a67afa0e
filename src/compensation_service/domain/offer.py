"""An offer: what was decided for an incident, and what became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from compensation_service.decision.engine import Decision
from compensation_service.decision.entitlement import PUTS_RIGHT
from compensation_service.decision.policy import Mode
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.decision.record import record
from compensation_service.domain.moves import Moves


class OfferStatus(StrEnum):
    """Where an offer stands."""

    PENDING_APPROVAL = "pending_approval"
    """Above the automatic limits: a person must agree before the customer hears of the goodwill in it."""
    PART_ACCEPTED = "part_accepted"
    """The customer took what is owed; whether there is goodwill on top still waits for approval."""
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
    """Another offer takes its place: decided again, or made by a person."""
    EXPIRE = "expire"
    """Its time ran out."""
    WITHDRAW = "withdraw"
    """The merchant takes it back."""
    FULFIL = "fulfil"
    """The last promised remedy reached the customer."""


MOVES: Moves[OfferStatus, OfferAction] = {
    OfferStatus.PENDING_APPROVAL: {
        OfferAction.ACCEPT: OfferStatus.PART_ACCEPTED,
        OfferAction.APPROVE: OfferStatus.OPEN,
        OfferAction.REJECT: OfferStatus.REJECTED,
        OfferAction.SUPERSEDE: OfferStatus.SUPERSEDED,
        OfferAction.EXPIRE: OfferStatus.EXPIRED,
    },
    OfferStatus.PART_ACCEPTED: {
        OfferAction.APPROVE: OfferStatus.ACCEPTED,
        OfferAction.REJECT: OfferStatus.ACCEPTED,
        OfferAction.EXPIRE: OfferStatus.ACCEPTED,
    },
    OfferStatus.OPEN: {
        OfferAction.ACCEPT: OfferStatus.ACCEPTED,
        OfferAction.DECLINE: OfferStatus.DECLINED,
        OfferAction.COUNTER: OfferStatus.COUNTERED,
        OfferAction.SUPERSEDE: OfferStatus.SUPERSEDED,
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
    OfferStatus.INFORMATIONAL: {OfferAction.SUPERSEDE: OfferStatus.SUPERSEDED},
    OfferStatus.DECLINED: {},
    OfferStatus.EXPIRED: {},
    OfferStatus.WITHDRAWN: {},
    OfferStatus.REJECTED: {},
    OfferStatus.SUPERSEDED: {},
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
TAKEN = frozenset({OfferStatus.ACCEPTED, OfferStatus.FULFILLED, OfferStatus.INFORMATIONAL})
"""Offers of these statuses were taken, or had nothing to take: with them the incident counted as resolved."""

UNHEARD = frozenset({OfferStatus.REJECTED, OfferStatus.SUPERSEDED})
"""The customer never heard of these, or only of what took their place."""
LIVE = frozenset(status for status, moves in MOVES.items() if OfferAction.EXPIRE in moves)
"""Offers of these statuses wait for an answer until their time runs out: an incident has one of them at most."""
JUDGED = frozenset({OfferStatus.PENDING_APPROVAL, OfferStatus.PART_ACCEPTED})
"""The goodwill of these waits for approval."""
ANSWER_WITHIN = timedelta(days=7)
"""How long there is at least to answer an offer, or a counter-offer, that somebody was asked about anew."""
ASKING_ANEW = frozenset({OfferAction.APPROVE, OfferAction.COUNTER, OfferAction.KEEP})
"""After these moves somebody has ANSWER_WITHIN, however late they come."""
COUNTERS_MOST = 3
"""How often one offer can be countered: each round holds its budget a little longer."""


def initial_status(decision: Decision) -> OfferStatus:
    """Answer the status in which the offer of a decision begins."""
    if decision.approval is not None:
        return OfferStatus.PENDING_APPROVAL
    for option in decision.options:
        for remedy in option.remedies:
            if remedy.value is not None or remedy.kind in PUTS_RIGHT:
                return OfferStatus.OPEN
    return OfferStatus.INFORMATIONAL


@record
class Offer:
    """One offer as it is kept. Times are aware; money is in minor units of `currency`.

    `version` grows by one with every change. `document` is the answer as it was decided, in JSON, without what changes
    later; `facts` is what it was decided from, in JSON. `approval_role` is the least authority that may approve it, or
    that it took to make it by override, None where nobody has to. `default_stands` says that the default option asks
    nothing of the customer, so that it is accepted by itself at `expires_at` if it can be: what is owed of it also
    where nobody judged the goodwill. `requested_by` is the id of the key that asked for the offer, where it is known.
    `owed_remedies` is how many remedies at the beginning of each option are owed, counted where goodwill waits for
    approval: they can be accepted at once. `superseded_by` is the id of the offer that took its place. `link_sha256` is
    what is kept of the token of its page.
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
    owed_remedies: int = 0
    superseded_by: str | None = None
    link_sha256: str | None = None

    @property
    def allowed(self) -> Mapping[OfferAction, OfferStatus]:
        """What can be done with it, each with the status that it leads to."""
        moves = MOVES[self.status]
        if self.status is OfferStatus.PENDING_APPROVAL and not self.owed_remedies:
            return {action: status for action, status in moves.items() if action is not OfferAction.ACCEPT}
        return moves

    def runs_out_by(self) -> OfferAction | None:
        """What is done with it at `expires_at` if nobody does anything; None where its time does not matter."""
        if self.status not in LIVE:
            return None
        stands = self.default_stands and OfferAction.ACCEPT in self.allowed
        return OfferAction.ACCEPT if stands else OfferAction.EXPIRE

    def status_at(self, at: datetime) -> OfferStatus:
        """The status to be shown: expired from `expires_at` on, however late that is written down.

        Where something will be accepted by itself it stays as it is until that is done.
        """
        action = self.runs_out_by()
        if action is not None and at >= self.expires_at and self.allowed[action] is OfferStatus.EXPIRED:
            return OfferStatus.EXPIRED
        return self.status
