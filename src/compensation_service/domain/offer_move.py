"""A move: what was done with an offer, by whom and with which words. Moves are added and never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from compensation_service.decision.facts import RemedyKind
from compensation_service.domain.offer import OfferAction

BY_DEFAULT: Final = "default"
"""Who accepted an offer whose default stood until its time ran out."""
BY_CLOCK: Final = "clock"
"""Who let an offer expire."""
BY_CUSTOMER: Final = "customer"
"""Who chose, declined or countered on the page of the offer."""


@dataclass(frozen=True, slots=True)
class AskedMove:
    """What somebody wants done with an offer.

    `option` is the one to accept; `reason` is why they do it; `words`, `kind` and `amount_minor` (minor units of the
    offer's currency) say what would make it right in a counter-offer.
    """

    action: OfferAction
    option: str | None = None
    reason: str | None = None
    words: str | None = None
    kind: RemedyKind | None = None
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class OfferMove:
    """One move that was made. `version` is the offer's after it, `by` a key's id, `customer`, `default` or `clock`."""

    offer_id: str
    version: int
    action: OfferAction
    by: str
    at: datetime
    option: str | None = None
    reason: str | None = None
    words: str | None = None
    kind: RemedyKind | None = None
    amount_minor: int | None = None

    def answers(self, asked: AskedMove) -> bool:
        """Whether this is what is asked for, made before by whoever can ask; another reason makes no other move."""
        made = (self.action, self.option, self.words, self.kind, self.amount_minor)
        same = made == (asked.action, asked.option, asked.words, asked.kind, asked.amount_minor)
        return same and self.by not in {BY_DEFAULT, BY_CLOCK}
