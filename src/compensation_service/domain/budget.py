"""A budget: the most that a merchant's goodwill may cost over a period. What is owed by right never asks for it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from compensation_service.domain.errors import Conflict

LOW_PERCENT_USUAL = 10
"""A budget of which a tenth is left is low, unless it says otherwise."""


class EntryKind(StrEnum):
    """What happened to a budget for an offer; each at most once."""

    RESERVE = "reserve"
    """The offer was made: so much can it cost at most."""
    SPEND = "spend"
    """The customer accepted: so much does the chosen option cost."""
    RELEASE = "release"
    """The offer is settled: so much was reserved and is not needed; it may be nothing."""


@dataclass(frozen=True, slots=True)
class BudgetEntry:
    """One line of a budget's book. `amount_minor` is in minor units of the budget and not negative."""

    budget_id: str
    offer_id: str
    kind: EntryKind
    amount_minor: int
    at: datetime

    @property
    def reserved_minor(self) -> int:
        """What it adds to the reserved part."""
        return self.amount_minor if self.kind is EntryKind.RESERVE else -self.amount_minor

    @property
    def spent_minor(self) -> int:
        """What it adds to the spent part."""
        return self.amount_minor if self.kind is EntryKind.SPEND else 0

    def settled(self, spent_minor: int, at: datetime) -> "Iterator[BudgetEntry]":
        """The entries that end this reservation: so much is spent, the rest released.

        There is always one of release, so that nothing is settled twice: the store takes one of a kind for an offer.
        """
        if spent_minor:
            yield BudgetEntry(self.budget_id, self.offer_id, EntryKind.SPEND, spent_minor, at)
        yield BudgetEntry(self.budget_id, self.offer_id, EntryKind.RELEASE, self.amount_minor - spent_minor, at)


def month(year: int, number: int) -> tuple[datetime, datetime]:
    """Answer the first moment of a month and that of the next one, in UTC."""
    return datetime(year, number, 1, tzinfo=UTC), datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AskedBudget:
    """A budget that somebody wants, as `Budget` describes it."""

    name: str
    currency: str
    limit_minor: int
    starts_at: datetime
    ends_at: datetime
    category: str | None = None
    low_percent: int = LOW_PERCENT_USUAL


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """What somebody wants changed about a budget; None leaves it as it is."""

    name: str | None = None
    limit_minor: int | None = None
    ends_at: datetime | None = None
    low_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget as it is kept. Times are aware; money is in minor units of `currency`.

    It counts for offers made from `starts_at` on and before `ends_at`, in its currency and, unless `category` is None,
    in its category. `low_percent` of the limit left, or less, is low; `low_since` says when that began.
    `version` grows by one whenever somebody changes the budget, and not with what offers do to it.
    Who did something is the id of an API key or a name given on the command line.
    """

    id: str
    merchant_id: str
    name: str
    currency: str
    category: str | None
    starts_at: datetime
    ends_at: datetime
    limit_minor: int
    low_percent: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    reserved_minor: int = 0
    spent_minor: int = 0
    low_since: datetime | None = None
    version: int = 1

    @property
    def liable_minor(self) -> int:
        """What the merchant stands for: reserved by offers that wait for an answer, or spent by accepted ones."""
        return self.reserved_minor + self.spent_minor

    @property
    def left_minor(self) -> int:
        """What offers can still reserve."""
        return self.limit_minor - self.liable_minor

    @property
    def is_low(self) -> bool:
        """Whether so little is left that somebody should be told."""
        return self.left_minor * 100 <= self.limit_minor * self.low_percent

    def changed(self, wanted: BudgetChange, by: str, at: datetime) -> "Budget":
        """Answer its next version; LimitBelowUsed where more than the new limit is reserved or spent already.

        A budget that is not low any more after the change can run low anew.
        """
        given = {name: value for name, value in asdict(wanted).items() if value is not None}
        after = replace(self, **given, changed_at=at, changed_by=by, version=self.version + 1)
        if after.left_minor < 0:
            raise LimitBelowUsed
        return replace(after, low_since=(after.low_since or at) if after.is_low else None)

    def covers(self, currency: str, category: str) -> bool:
        """Whether goodwill in this currency and category is paid from it."""
        return self.currency == currency and self.category in {None, category}


class LimitBelowUsed(Conflict):
    """A limit cannot be set below what is reserved and spent already."""

    code = "limit_below_used"

    def __init__(self) -> None:
        super().__init__("More than that is reserved or spent already; read the budget for `liable`.")
