"""Escalations: what should have been answered by now is told of, once for each deadline."""

from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.services.events import tell
from compensation_service.store.retry import retried
from compensation_service.store.store import Store


class EscalationService:
    """Tells of broken clocks. Any number of workers may do it at once: a deadline is told of by one of them."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, most: int = 100) -> None:
        self._store = store
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
                found = unit.broken_clocks.due(self._clock(), self._most)
            now_told = sum(self._escalate(merchant_id, *each) for each in found)
            told += now_told
            if len(found) < self._most or not now_told:
                return told

    def _escalate(self, merchant_id: str, offer_id: str, incident_id: str) -> bool:
        """Tell of one, unless it was answered or told of meanwhile."""

        def attempt() -> bool:
            with self._store.writing(merchant_id) as unit:
                unit.lock({f"incident:{incident_id}"})
                now = self._clock()
                if not unit.broken_clocks.is_due(offer_id, now):
                    return False
                tell(unit, self._ids, incident_id, EventType.INCIDENT_ESCALATED, now, {"offer": offer_id})
                return True

        return retried(attempt)
