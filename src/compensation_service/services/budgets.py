"""Budgets: made, read and changed. What offers do to them is in `reservations`."""

from datetime import datetime
from typing import Any, Final

from compensation_service.domain import ids as prefixes
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.budget import AskedBudget, Budget, BudgetChange
from compensation_service.domain.errors import ChangedMeanwhile, NotFound, Unprocessable
from compensation_service.domain.ids import Clock, Ids
from compensation_service.services.documents import dump, moment, money
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Done, Idempotency, Once
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.budgets import BudgetFilter
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]
LANGUAGE: Final = "en"


class BudgetService:
    """The use cases around budgets. They block on the store."""

    def __init__(self, store: Store, book: PolicyBook, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._ids = ids
        self._once = Once(store, clock, lambda unit, budget_id: dump(document(_find(unit, budget_id))))

    def create(
        self, merchant_id: str, asked: AskedBudget, key_id: str, idempotency: Idempotency | None = None
    ) -> Answer:
        """Make a budget with a key; Unprocessable where no goodwill could ever be paid from it."""

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            made = self._made(unit, asked, key.id)
            return Answer(CREATED, dump(document(made))), made.id

        return self._once.run(merchant_id, key_id, idempotency, work)

    def create_as(self, merchant_id: str, asked: AskedBudget, by: str) -> Document:
        """Make a budget from the command line, by a name; NotFound if there is no such merchant."""
        with self._store.writing(merchant_id) as unit:
            if unit.merchants.find() is None:
                raise NotFound("There is no such merchant.")
            return document(self._made(unit, asked, by))

    def change(
        self, merchant_id: str, budget_id: str, wanted: BudgetChange, key_id: str, version: str | None = None
    ) -> Document:
        """Change a budget; `version` is the one that the caller read, None for whatever it is.

        Raises NotFound, ChangedMeanwhile, LimitBelowUsed, or Unprocessable for an end before its beginning.
        """
        changed: list[Budget] = []

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            held = unit.budgets.held([budget_id])
            if not held:
                raise NotFound
            if version not in {None, str(held[0].version)}:
                raise ChangedMeanwhile
            if wanted.ends_at is not None and wanted.ends_at <= held[0].starts_at:
                raise Unprocessable("/ends_at", "ends_before_it_starts", "It must end after it has begun.")
            after = held[0].changed(wanted, key.id, self._clock())
            unit.budgets.change(after)
            changed[:] = [after]
            return Answer(FOUND, b""), budget_id

        self._once.run(merchant_id, key_id, None, work)
        return document(changed[0])

    def get(self, merchant_id: str, budget_id: str) -> Document:
        """One budget as it stands; NotFound if this merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            return document(_find(unit, budget_id))

    def page(
        self, merchant_id: str, wanted: BudgetFilter, after: str | None, limit: int
    ) -> tuple[list[Document], str | None]:
        """At most `limit` budgets, newest first, from the one after `after` on; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            page = unit.budgets.page(wanted, after, limit)
        return list(map(document, page.items)), page.next_after

    def _made(self, unit: UnitOfWork, asked: AskedBudget, by: str) -> Budget:
        now = self._clock()
        self._demand_use(unit, asked, now)
        budget = Budget(
            id=self._ids(prefixes.BUDGET),
            merchant_id=unit.merchant_id,
            name=asked.name,
            currency=asked.currency,
            category=asked.category,
            starts_at=asked.starts_at,
            ends_at=asked.ends_at,
            limit_minor=asked.limit_minor,
            low_percent=asked.low_percent,
            created_at=now,
            created_by=by,
            changed_at=now,
            changed_by=by,
        )
        unit.budgets.add(budget)
        return budget

    def _demand_use(self, unit: UnitOfWork, asked: AskedBudget, now: datetime) -> None:
        """Refuse a budget that nothing would be paid from: a slip of the pen would leave goodwill without a limit."""
        if asked.ends_at <= asked.starts_at:
            raise Unprocessable("/ends_at", "ends_before_it_starts", "It must end after it has begun.")
        policy = self._book.deciding(unit, now)
        if asked.currency not in policy.currencies:
            known = ", ".join(policy.currencies)
            raise Unprocessable("/currency", "unknown_currency", f"The policy pays goodwill in {known} only.")
        if asked.category is not None and asked.category not in policy.categories:
            known = ", ".join(policy.categories)
            raise Unprocessable("/category", "unknown_category", f"The policy knows the categories {known}.")


def _find(unit: UnitOfWork, budget_id: str) -> Budget:
    found = unit.budgets.get(budget_id)
    if found is None:
        raise NotFound
    return found


def document(budget: Budget) -> Document:
    """A budget as it is answered."""
    amounts = {
        "limit": budget.limit_minor,
        "reserved": budget.reserved_minor,
        "spent": budget.spent_minor,
        "liable": budget.liable_minor,
        "left": budget.left_minor,
    }
    return {
        "id": budget.id,
        "name": budget.name,
        "currency": budget.currency,
        "category": budget.category,
        "starts_at": moment(budget.starts_at),
        "ends_at": moment(budget.ends_at),
        **{name: money(budget.currency, LANGUAGE, minor) for name, minor in amounts.items()},
        "low_percent": budget.low_percent,
        "low_since": budget.low_since and moment(budget.low_since),
        "version": budget.version,
        "created_at": moment(budget.created_at),
        "created_by": budget.created_by,
        "changed_at": moment(budget.changed_at),
        "changed_by": budget.changed_by,
    }
