"""A follow-up: some time after an offer somebody asks the customer whether it is solved."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compensation_service.domain.moves import Moves, follow


class FollowUpStatus(StrEnum):
    """Where a follow-up stands."""

    PLANNED = "planned"
    """It is not yet time to ask."""
    DUE = "due"
    """It is time to ask."""
    DONE = "done"
    """The customer was asked; the outcome says what came of it."""
    CANCELLED = "cancelled"
    """There is nothing to ask about any more."""


class FollowUpAction(StrEnum):
    """What can happen to a follow-up."""

    FALL_DUE = "fall_due"
    """Its moment has come."""
    COMPLETE = "complete"
    """Somebody asked, early or late."""
    CANCEL = "cancel"
    """The offer was taken back, or the incident is open again."""


class Outcome(StrEnum):
    """What the customer said."""

    SOLVED = "solved"
    """It is put right."""
    UNSOLVED = "unsolved"
    """It is not: the incident is open again, and this recovery has failed."""
    UNREACHABLE = "unreachable"
    """Nobody could be asked."""


MOVES: Moves[FollowUpStatus, FollowUpAction] = {
    FollowUpStatus.PLANNED: {
        FollowUpAction.FALL_DUE: FollowUpStatus.DUE,
        FollowUpAction.COMPLETE: FollowUpStatus.DONE,
        FollowUpAction.CANCEL: FollowUpStatus.CANCELLED,
    },
    FollowUpStatus.DUE: {
        FollowUpAction.COMPLETE: FollowUpStatus.DONE,
        FollowUpAction.CANCEL: FollowUpStatus.CANCELLED,
    },
    FollowUpStatus.DONE: {},
    FollowUpStatus.CANCELLED: {},
}

WAITING = frozenset({FollowUpStatus.PLANNED, FollowUpStatus.DUE})
"""Follow-ups of these statuses are still to be done."""


def move(status: FollowUpStatus, action: FollowUpAction) -> FollowUpStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of asking. `rating` is 1 (worst) to 5; `by` is who asked, a name or the id of a key."""

    outcome: Outcome
    words: str | None = None
    rating: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up as it is kept. Times are aware; what was found is there once it is done."""

    id: str
    merchant_id: str
    incident_id: str
    offer_id: str
    status: FollowUpStatus
    due_at: datetime
    planned_at: datetime
    outcome: Outcome | None = None
    words: str | None = None
    rating: int | None = None
    by: str | None = None
    done_at: datetime | None = None

    def status_at(self, at: datetime) -> FollowUpStatus:
        """The status to be shown: due from `due_at` on, however late that is written down."""
        late = self.status is FollowUpStatus.PLANNED and at >= self.due_at
        return FollowUpStatus.DUE if late else self.status

    def found(self) -> Finding | None:
        """What came of asking, None before that."""
        return None if self.outcome is None else Finding(self.outcome, self.words, self.rating, self.by)


def due_at(follow_up_at: datetime, decided_at: datetime, taken_at: datetime) -> datetime:
    """When to ask about an offer that was taken: when the offer said.

    Where the customer took so long that this is past, as long after that as the policy leaves after a decision.
    """
    return follow_up_at if taken_at < follow_up_at else taken_at + (follow_up_at - decided_at)
