"""Options and remedies as they are kept: what the customer can choose, and what is then owed to them."""

from datetime import datetime
from enum import StrEnum

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.record import record
from compensation_service.domain.moves import Moves, follow


class RemedyStatus(StrEnum):
    """Where a remedy of the chosen option stands; remedies of other options have no status."""

    PROMISED = "promised"
    """The customer chose it, and it is owed."""
    FULFILLED = "fulfilled"
    """Somebody confirmed that the customer has it."""
    FAILED = "failed"
    """It was tried and did not work; it is still owed."""


class RemedyAction(StrEnum):
    """What can happen to a promised remedy."""

    FULFIL = "fulfil"
    """It reached the customer."""
    FAIL = "fail"
    """It did not work."""


MOVES: Moves[RemedyStatus, RemedyAction] = {
    RemedyStatus.PROMISED: {
        RemedyAction.FULFIL: RemedyStatus.FULFILLED,
        RemedyAction.FAIL: RemedyStatus.FAILED,
    },
    RemedyStatus.FULFILLED: {},
    RemedyStatus.FAILED: {RemedyAction.FULFIL: RemedyStatus.FULFILLED},
}


def move(status: RemedyStatus, action: RemedyAction) -> RemedyStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


@record
class Remedy:
    """One thing given. Money is in minor units of the offer; `status` is None until the option is chosen."""

    kind: RemedyKind
    value_minor: int | None
    cost_minor: int
    valid_until: datetime | None = None
    status: RemedyStatus | None = None


@record
class Option:
    """A bundle that is chosen as a whole; `worth_minor` is its cash worth, `cost_minor` what it costs the merchant.

    `goodwill_cost_minor` is the part of the cost that is paid from budgets: not that of what is owed in any case.
    """

    id: str
    worth_minor: int
    cost_minor: int
    remedies: tuple[Remedy, ...]
    goodwill_cost_minor: int = 0
