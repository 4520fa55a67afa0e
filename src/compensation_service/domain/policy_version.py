"""A version of a merchant's policy: written as a draft, activated by a second person, and never changed again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from compensation_service.domain.moves import Moves, follow

PACKAGE = "package"
"""Who wrote and activated a merchant's first version: it comes with the product."""


class PolicyStatus(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    """It is being written: it may change, and nothing is decided by it."""
    ACTIVE = "active"
    """It decides from `active_from` on, until another version is activated. Its text never changes again."""
    RETIRED = "retired"
    """Its end is set: from `retired_at` on another version decides."""


class PolicyAction(StrEnum):
    """What can be done with a version."""

    CHANGE = "change"
    """Its text is replaced."""
    ACTIVATE = "activate"
    """A second person lets it decide, now or from a later moment on."""
    RETIRE = "retire"
    """Another version takes its place; where its end lies ahead it can be brought forward."""


MOVES: Moves[PolicyStatus, PolicyAction] = {
    PolicyStatus.DRAFT: {
        PolicyAction.CHANGE: PolicyStatus.DRAFT,
        PolicyAction.ACTIVATE: PolicyStatus.ACTIVE,
    },
    PolicyStatus.ACTIVE: {PolicyAction.RETIRE: PolicyStatus.RETIRED},
    PolicyStatus.RETIRED: {PolicyAction.RETIRE: PolicyStatus.RETIRED},
}


def move(status: PolicyStatus, action: PolicyAction) -> PolicyStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version as it is kept, without its text. Times are aware; None means not yet.

    `version` counts from 1 within a merchant. `sha256` is the digest of the text in hexadecimal. Who did something is
    the id of an API key, a name given on the command line, or PACKAGE.
    """

    merchant_id: str
    version: int
    name: str
    status: PolicyStatus
    sha256: str
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    active_from: datetime | None = None
    activated_at: datetime | None = None
    activated_by: str | None = None
    retired_at: datetime | None = None

    @property
    def revision(self) -> str:
        """A name for the present state of the version; it changes whenever something about it does."""
        state = f"{self.sha256} {self.status} {self.changed_by} {self.active_from} {self.retired_at}"
        return sha256(state.encode()).hexdigest()[:32]

    @property
    def authors(self) -> frozenset[str]:
        """Who wrote it: they cannot be the second person who activates it."""
        return frozenset({self.created_by, self.changed_by})

    def decides_at(self, at: datetime) -> bool:
        """Whether decisions of that moment are made by this version."""
        if self.active_from is None or at < self.active_from:
            return False
        return self.retired_at is None or at < self.retired_at


def digest(text: str) -> str:
    """Answer the SHA-256 of a policy's text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()
