"""A letter: what was said to the customer, or is to be said by a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LetterKind(StrEnum):
    """What a letter is for."""

    APOLOGY = "apology"
    """What happened, whose it is, what is done about it: with the offer."""
    INFORMATION = "information"
    """What happened and what is offered, where there is nothing of ours to apologise for."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """The report arrived, and by when it will be answered."""
    APPROVAL_DELAY = "approval_delay"
    """A person decides, and by when it will be answered."""
    ACCEPTANCE_RECEIPT = "acceptance_receipt"
    """What was chosen, and by when it will be done."""
    FOLLOW_UP = "follow_up"
    """Is it solved?"""
    WHAT_WE_CHANGED = "what_we_changed"
    """What was changed because of this report."""


OF_OFFER = frozenset({LetterKind.APOLOGY, LetterKind.INFORMATION})
"""The kinds that carry an offer to the customer: one of them goes with each offer."""


class LetterStatus(StrEnum):
    """Where a letter stands."""

    DRAFT = "draft"
    """A person finishes it: the customer has had an apology by machine not long ago."""
    READY = "ready"
    """It may be sent, as long as what it says of its offer is so."""
    SENT = "sent"
    """It was handed over for delivery."""
    FAILED = "failed"
    """It could not be delivered."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it is kept. `written_at` is aware; `written_by` is a key's id, or None for the service itself.

    `variant` tells letters apart that say the same in other words. `subject`, `text` and `html` are None once they were
    erased; `recipient` is the address to send it to, where it is known.
    """

    id: str
    merchant_id: str
    incident_id: str
    offer_id: str | None
    customer_reference: str
    kind: LetterKind
    locale: str
    variant: int
    status: LetterStatus
    recipient: str | None
    subject: str | None
    text: str | None
    html: str | None
    written_at: datetime
    written_by: str | None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is written to, as far as it was told; `locale` is the customer's own (BCP 47)."""

    name: str | None = None
    email: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class StoredLetterhead:
    """What stands on a merchant's letters, as JSON; `version` grows by one with every change."""

    version: int
    document: str
    changed_at: datetime
    changed_by: str
