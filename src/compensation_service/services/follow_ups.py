"""Follow-ups: some time after an offer somebody asks whether it is solved, and says what came of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from compensation_service.domain import incident as incidents
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import NotFound
from compensation_service.domain.event import EventType
from compensation_service.domain.follow_up import Finding, FollowUp, FollowUpAction, FollowUpStatus, Outcome
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.incident import Incident, IncidentAction, IncidentStatus
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.documents import dump
from compensation_service.services.escalations import escalate
from compensation_service.services.events import tell
from compensation_service.services.follow_up_plans import change
from compensation_service.services.idempotency import FOUND, Answer, Done, Idempotency, Once
from compensation_service.services.incident_documents import follow_up_document
from compensation_service.services.incidents import reopen, written
from compensation_service.store.follow_ups import FollowUpFilter, StoredFollowUp
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

NOTHING_LEFT: Final = frozenset({OfferStatus.FULFILLED, OfferStatus.INFORMATIONAL})
"""Of these offers nothing is owed any more."""


class FollowUpService:
    """The use cases around follow-ups. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._once = Once(store, clock, lambda unit, follow_up_id: self._dumped(_find(unit, follow_up_id)))

    def get(self, merchant_id: str, follow_up_id: str) -> bytes:
        """One follow-up; NotFound if this merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            return self._dumped(_find(unit, follow_up_id))

    def page(
        self, merchant_id: str, filters: FollowUpFilter, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` follow-ups, what is due first at the top; and where the next page begins."""
        now = self._clock()
        with self._store.reading(merchant_id) as unit:
            page = unit.follow_ups.page(replace(filters, at=now), after, limit)
        return [document(found, now) for found in page.items], page.next_after

    def complete(
        self,
        merchant_id: str,
        follow_up_id: str,
        finding: Finding,
        key_id: str,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Say what came of asking; the same again answers as it stands. Raises NotFound or IllegalMove."""

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            self.make(unit, follow_up_id, replace(finding, by=finding.by or key.id), key.id)
            return Answer(FOUND, self._dumped(_find(unit, follow_up_id))), follow_up_id

        return self._once.run(merchant_id, key_id, idempotency, work, follow_up_id)

    def make(self, unit: UnitOfWork, follow_up_id: str, finding: Finding, by: str) -> None:
        """Write down what came of asking, with all that goes with it; `by` is who tells us: the id of a key.

        Unsolved opens the incident again and escalates it: to fail a customer twice is worse than the first time.
        Solved closes it, once nothing is owed any more.
        """
        found = _locked(unit, follow_up_id)
        follow_up, now = found.follow_up, self._clock()
        if follow_up.found() == finding:
            return
        done = replace(
            follow_up,
            outcome=finding.outcome,
            words=finding.words,
            rating=finding.rating,
            by=finding.by,
            done_at=now,
        )
        told = {"outcome": finding.outcome, "rating": finding.rating, "by": by}
        change(unit, self._ids, done, FollowUpAction.COMPLETE, EventType.FOLLOW_UP_DONE, now, **told)
        if finding.outcome is Outcome.UNSOLVED:
            after = reopen(unit, self._ids, found.incident, None, by, now, follow_up.id)
            escalate(unit, self._ids, after.id, now, {"status": after.status, "by": by, "follow_up": follow_up.id})
        elif finding.outcome is Outcome.SOLVED:
            self._close(unit, found.incident, follow_up, by, now)

    def _close(self, unit: UnitOfWork, incident: Incident, follow_up: FollowUp, by: str, now: datetime) -> None:
        offer = unit.offers.get(follow_up.offer_id)
        over = offer is not None and offer.offer.status in NOTHING_LEFT
        if over and incident.status is IncidentStatus.RESOLVED:
            after = replace(incident, status=incidents.move(incident.status, IncidentAction.CLOSE), closed_at=now)
            written(unit, after)
            told = {"by": by, "status": after.status, "follow_up": follow_up.id}
            tell(unit, self._ids, incident.id, EventType.INCIDENT_CLOSED, now, told)

    def remind(self, most: int = 100) -> int:
        """Let every follow-up fall due whose moment has come, for every merchant, once; how many did.

        Any number of workers may do it at once. `most` is how many are looked up at once; each is moved in a
        transaction of its own. Raises Unavailable; what was done until then stays so.
        """
        return sum(self._fall_due(merchant_id, follow_up_id) for merchant_id, follow_up_id in self._late(most))

    def _fall_due(self, merchant_id: str, follow_up_id: str) -> bool:
        """Let one follow-up fall due; False where there is nothing to do any more."""

        def attempt() -> bool:
            with self._store.writing(merchant_id) as unit:
                follow_up = _locked(unit, follow_up_id).follow_up
                if follow_up.status is not FollowUpStatus.PLANNED:
                    return False
                change(unit, self._ids, follow_up, FollowUpAction.FALL_DUE, EventType.FOLLOW_UP_DUE, self._clock())
                return True

        return retried(attempt)

    def _late(self, most: int) -> Iterator[tuple[str, str]]:
        """Name what is due, by merchant and id; nothing is held while one of them is moved."""
        for merchant_id in self._store.merchant_ids():
            after = ""
            while True:
                with self._store.reading(merchant_id) as unit:
                    found = unit.follow_ups.due(self._clock(), after, most)
                yield from ((merchant_id, follow_up_id) for follow_up_id in found)
                if len(found) < most:
                    break
                after = found[-1]

    def _dumped(self, found: StoredFollowUp) -> bytes:
        return dump(document(found, self._clock()))


def document(found: StoredFollowUp, now: datetime) -> dict[str, Any]:
    """A follow-up as it is answered, with whom it is about."""
    incident = found.incident
    return {
        **follow_up_document(found.follow_up, now),
        "incident": {"id": incident.id, "reference": incident.reference},
        "customer": {"reference": incident.customer_reference},
        "owner": incident.owner,
    }


def _find(unit: UnitOfWork, follow_up_id: str) -> StoredFollowUp:
    found = unit.follow_ups.get(follow_up_id)
    if found is None:
        raise NotFound
    return found


def _locked(unit: UnitOfWork, follow_up_id: str) -> StoredFollowUp:
    """The follow-up as it is once no other unit can move it or its incident."""
    unit.lock({f"incident:{_find(unit, follow_up_id).incident.id}"})
    return _find(unit, follow_up_id)
