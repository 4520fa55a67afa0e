"""Budgets in the store. Their figures are the sums of their entries at every commit, and never above the limit."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, case

from compensation_service.domain.budget import Budget, BudgetEntry, EntryKind
from compensation_service.store.columns import UTCDateTime, among, texts
from compensation_service.store.failures import Contended
from compensation_service.store.lookup import Lookup
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import Record, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import budget_entries, budgets

_CHANGING = ("name", "ends_at", "limit_minor", "low_percent", "changed_at", "changed_by", "low_since", "version")
_COLUMNS = columns_of(budgets, Budget)
_ALL = scoped(budgets, columns=_COLUMNS)
_ONE = _ALL.where(budgets.c.id == bindparam("budget_id"))
_COVERING = _ALL.where(
    budgets.c.starts_at <= bindparam("at", type_=UTCDateTime), budgets.c.ends_at > bindparam("at", type_=UTCDateTime)
).order_by(budgets.c.id)
_HELD = _ALL.where(among(budgets.c.id, texts("ids"))).order_by(budgets.c.id).with_for_update(key_share=True)
_RESERVATIONS = Lookup(
    budget_entries,
    budget_entries.c.offer_id,
    columns_of(budget_entries, BudgetEntry),
    budget_entries.c.kind == EntryKind.RESERVE,
)
_IS_IT = budgets.c.id == bindparam("of_budget")
_reserved = budgets.c.reserved_minor + bindparam("more_reserved")
_spent = budgets.c.spent_minor + bindparam("more_spent")
_runs_low = and_(
    budgets.c.low_since.is_(None),
    (budgets.c.limit_minor - _reserved - _spent) * 100 <= budgets.c.limit_minor * budgets.c.low_percent,
)
_POST = (
    scoped_update(budgets)
    .where(_IS_IT, _reserved + _spent <= budgets.c.limit_minor)
    .values(
        reserved_minor=_reserved,
        spent_minor=_spent,
        low_since=case((_runs_low, bindparam("posted_at", type_=UTCDateTime)), else_=budgets.c.low_since),
    )
)
_CHANGE = (
    scoped_update(budgets)
    .where(_IS_IT)
    .values(
        {name: bindparam(f"new_{name}") for name in _CHANGING}
        | {"low_told_at": case((bindparam("still_low"), budgets.c.low_told_at), else_=None)}
    )
)
_TELL_LOW = (
    scoped_update(budgets)
    .where(budgets.c.low_since.is_not(None), budgets.c.low_told_at.is_(None))
    .values(low_told_at=bindparam("told_at", type_=UTCDateTime))
    .returning(*_COLUMNS)
)


@dataclass(frozen=True, slots=True)
class BudgetFilter:
    """Which budgets; None leaves a question open. `at` is a moment that lies in their period."""

    currency: str | None = None
    category: str | None = None
    at: datetime | None = None


class Budgets:
    """The merchant's budgets."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, budget_id: str) -> Budget | None:
        """Answer one budget, or None."""
        rows = self._scope.rows(_ONE, budget_id=budget_id)
        return _budget(rows[0]) if rows else None

    def page(self, wanted: BudgetFilter, after: str | None, limit: int) -> Page[Budget]:
        """Answer a page of budgets, newest first, that begins after the id `after`."""
        statement = _ALL
        if wanted.currency is not None:
            statement = statement.where(budgets.c.currency == wanted.currency)
        if wanted.category is not None:
            statement = statement.where(budgets.c.category == wanted.category)
        if wanted.at is not None:
            statement = statement.where(budgets.c.starts_at <= wanted.at, budgets.c.ends_at > wanted.at)
        return turn(self._scope, statement, budgets.c.id, after=after, limit=limit, read=_budget)

    def covering(self, at: datetime) -> list[Budget]:
        """Answer the budgets in whose period a moment lies, in the order of their ids, as they were last committed."""
        return [_budget(row) for row in self._scope.rows(_COVERING, at=at)]

    def held(self, ids: Iterable[str]) -> list[Budget]:
        """Answer budgets in the order of their ids, which nobody else changes until the unit ends.

        Budgets are held after everything else that a unit holds, and in this order, so that two units cannot wait for
        each other.
        """
        return [_budget(row) for row in self._scope.rows(_HELD, ids=sorted(ids))]

    def add(self, new: Budget) -> None:
        """Add a budget of the unit's merchant."""
        self._scope.add(budgets, [new])

    def change(self, budget: Budget) -> None:
        """Keep what somebody changed about a budget that the unit holds; its figures stay.

        Where it is not low any more, it will be told again when it is.
        """
        changed = {f"new_{name}": getattr(budget, name) for name in _CHANGING}
        self._scope.change(_CHANGE, of_budget=budget.id, still_low=budget.low_since is not None, **changed)

    def reservations(self, offer_id: str) -> list[BudgetEntry]:
        """Answer what an offer reserved, a line for each budget, whether or not it was settled since."""
        return [BudgetEntry(*row) for row in _RESERVATIONS.rows(self._scope, [offer_id])]

    def post(self, entries: Sequence[BudgetEntry]) -> None:
        """Add entries and bring the budgets' figures up to them, all or none; do this last, for others wait from here.

        Contended where a budget has not so much left any more: done again, the unit finds what is. Taken where an
        entry of the kind is there already for the offer.
        """
        self._scope.add(budget_entries, entries)
        of_budget: dict[str, list[BudgetEntry]] = defaultdict(list)
        for entry in entries:
            of_budget[entry.budget_id].append(entry)
        for budget_id in sorted(of_budget):
            posted = of_budget[budget_id]
            done = self._scope.change(
                _POST,
                of_budget=budget_id,
                more_reserved=sum(entry.reserved_minor for entry in posted),
                more_spent=sum(entry.spent_minor for entry in posted),
                posted_at=posted[-1].at,
            )
            if not done:
                raise Contended

    def tell_low(self, at: datetime) -> list[Budget]:
        """Answer the budgets that ran low and of which nobody was told, and note that somebody is told now.

        It is told once: whoever sends the news keeps it in this unit.
        """
        return [_budget(row) for row in self._scope.changed(_TELL_LOW, told_at=at)]


def _budget(row: Record) -> Budget:
    return Budget(*row)
