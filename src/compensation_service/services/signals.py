"""Signals of trouble: the policy says which of them make an incident before the customer complains."""

from decimal import Decimal
from typing import Any

from compensation_service.decision.exact import plain
from compensation_service.decision.policy import Delay, Wait
from compensation_service.domain.ids import Clock
from compensation_service.domain.signal import SignalKind
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.store import Store

PREFIX = "signal-"
"""What stands before a signal's own id in the reference of its incident."""


class SignalService:
    """Tells what signals mean. It blocks on the store."""

    def __init__(self, store: Store, clock: Clock, book: PolicyBook) -> None:
        self._store = store
        self._clock = clock
        self._book = book

    def meant(self, merchant_id: str, kind: SignalKind, value: Decimal) -> dict[str, Any] | None:
        """The facts of the incident that a signal of this value makes, as a request has them; None if it makes none."""
        with self._store.reading(merchant_id) as unit:
            now = self._clock()
            signal = self._book.signals(unit, now).get(kind)
            policy = self._book.deciding(unit, now)
        if signal is None or not _counts(value, signal.at_least, signal.at_most):
            return None
        facts: dict[str, Any] = {"category": signal.category, "fault": signal.fault}
        if signal.grade is not None:
            facts["grade"] = signal.grade
        match policy.categories[signal.category].magnitude:
            case Delay():
                facts["delay_hours"] = plain(value)
            case Wait():
                facts["wait_minutes"] = plain(value)
        return facts


def _counts(value: Decimal, least: Decimal | None, most: Decimal | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
