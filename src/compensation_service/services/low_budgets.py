"""Low budgets: the merchant's endpoints are told, once each time that little is left."""

from functools import partial

from compensation_service.domain.budget import Budget
from compensation_service.domain.delivery import NoticeType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.services.notices import announce
from compensation_service.store.retry import retried
from compensation_service.store.store import Store


class LowBudgetService:
    """Tells of budgets that ran low. Any number of workers may do it at once: each is told of by one of them."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def tell(self) -> int:
        """Tell of every merchant's budgets that ran low since; how many. Raises Unavailable."""
        return sum(retried(partial(self._tell, merchant_id)) for merchant_id in self._store.merchant_ids())

    def _tell(self, merchant_id: str) -> int:
        with self._store.writing(merchant_id) as unit:
            now = self._clock()
            low = unit.budgets.tell_low(now)
            for budget in low:
                announce(unit, self._ids, NoticeType.BUDGET_LOW, now, _told(budget))
            return len(low)


def _told(budget: Budget) -> dict[str, object]:
    """What is told of a budget; amounts are in minor units."""
    return {
        "budget": budget.id,
        "currency": budget.currency,
        "limit": budget.limit_minor,
        "left": budget.left_minor,
        "low_percent": budget.low_percent,
    }
