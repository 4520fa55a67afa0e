"""Escalations: what customers should have had by now is told of, once for each deadline; what failed them, at once."""

from collections.abc import Mapping
from datetime import datetime

from compensation_service.decision.policy import Policy
from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.incident import Awaited, IncidentStatus
from compensation_service.services.events import tell
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.broken_clocks import BrokenClock, Patience
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork


class EscalationService:
    """Tells of broken clocks. Any number of workers may do it at once: a deadline is told of by one of them."""

    def __init__(self, store: Store, book: PolicyBook, clock: Clock, ids: Ids, most: int = 100) -> None:
        self._store = store
        self._book = book
        self._clock = clock
        self._ids = ids
        self._most = most

    def escalate(self) -> int:
        """Tell of every broken clock of every merchant; how many were told of. Raises Unavailable."""
        return sum(map(self._escalate_all, self._store.merchant_ids()))

    def _escalate_all(self, merchant_id: str) -> int:
        told = 0
        while True:
            with self._store.reading(merchant_id) as unit:
                now = self._clock()
                patience = patience_of(self._book.deciding(unit, now))
                found = unit.broken_clocks.due(now, patience, self._most)
            now_told = sum(self._escalate(merchant_id, each, patience) for each in found)
            told += now_told
            if len(found) < self._most or not now_told:
                return told

    def _escalate(self, merchant_id: str, broken: BrokenClock, patience: Patience) -> bool:
        """Tell of one, unless it was answered or told of meanwhile."""

        def attempt() -> bool:
            with self._store.writing(merchant_id) as unit:
                unit.lock({f"incident:{broken.incident_id}"})
                now = self._clock()
                if not unit.broken_clocks.is_due(broken, now, patience):
                    return False
                if broken.offer_id and broken.awaited is Awaited.CARRY_OUT:
                    unit.offers.confirm_whenever(broken.offer_id)
                about = {"offer": broken.offer_id} if broken.offer_id else {"status": IncidentStatus.OPEN}
                escalate(unit, self._ids, broken.incident_id, now, {**about, "clock": broken.awaited})
                return True

        return retried(attempt)


def escalate(unit: UnitOfWork, ids: Ids, incident_id: str, at: datetime, told: Mapping[str, object]) -> None:
    """Tell of an incident, whose lock the unit holds, that somebody has to see to it now."""
    tell(unit, ids, incident_id, EventType.INCIDENT_ESCALATED, at, told)
    unit.incidents.escalate(incident_id, at)


def patience_of(policy: Policy) -> Patience:
    """How long an incident may wait: by its band, or as long as the slowest where nothing was decided yet."""
    spans = policy.clocks.spans
    return {
        (awaited, band): spans[band][column] if band else max(row[column] for row in spans.values())
        for column, awaited in enumerate((Awaited.ACKNOWLEDGE, Awaited.DECIDE))
        for band in (None, *spans)
    }
