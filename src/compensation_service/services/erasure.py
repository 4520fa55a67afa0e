"""Erasing customers: what identifies a person goes, what was decided and given stays, and the chains of events hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.services.events import tell
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

BY_RETENTION: Final = "retention"
"""Who erases what was kept long enough; no key's id looks like this."""
PSEUDONYM: Final = "erased"
AT_ONCE: Final = 50
"""How many incidents are erased in one transaction."""
ANSWERS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days personal data is kept; None is for ever.

    `answers` is for the answers to requests with an idempotency key, `closed` for closed incidents, counted from the
    last thing that happened to them.
    """

    answers: int | None = None
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class Outdated:
    """How many incidents were erased, and how many answers cleared, because they were kept long enough."""

    erased: int
    cleared: int


class ErasureService:
    """Erases customers, and what was kept long enough. It blocks on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def erase(self, merchant_id: str, reference: str, by: str) -> int:
        """Erase a customer; how many incidents of theirs there were. Repeating it, also after a failure, is safe.

        All their incidents get one name made for the occasion, so that they still count as those of one customer.
        """
        pseudonym, done, after = self._ids(PSEUDONYM), 0, ""
        while True:
            with self._store.reading(merchant_id) as unit:
                found = unit.erasure.incidents_of(reference, after, AT_ONCE)
            if not found:
                self._forget_inbound(merchant_id, reference)
                return done
            done += self._erase(merchant_id, found, pseudonym, by, f"customer:{reference}")
            after = found[-1]

    def erase_told_by(self, merchant_id: str, source_id: str) -> None:
        """Erase every customer that a source told of, and let go of all it sent. Repeating it is safe."""
        while True:
            with self._store.reading(merchant_id) as unit:
                customers = unit.inbound_events.customers(source_id, AT_ONCE)
            if not customers:
                break
            for customer in customers:
                self.erase(merchant_id, customer, source_id)
        forgotten = AT_ONCE
        while forgotten == AT_ONCE:
            with self._store.writing(merchant_id) as unit:
                forgotten = unit.inbound_events.forget(source_id, self._clock(), AT_ONCE)

    def _forget_inbound(self, merchant_id: str, reference: str) -> None:
        """Let go of what was received about a customer and became no incident."""
        with self._store.writing(merchant_id) as unit:
            unit.inbound_events.forget_customer(reference)

    def retain(self, retention: Retention) -> Outdated:
        """Erase what was kept long enough, for every merchant. Raises Unavailable; what was done until then stays."""
        incidents = answers = 0
        for merchant_id in self._store.merchant_ids():
            if retention.closed is not None:
                incidents += self._erase_closed(merchant_id, self._clock() - timedelta(days=retention.closed))
            if retention.answers is not None:
                answers += self._forget_answers(merchant_id, self._clock() - timedelta(days=retention.answers))
        return Outdated(incidents, answers)

    def _erase_closed(self, merchant_id: str, before: datetime) -> int:
        done, after = 0, ""
        while True:
            with self._store.reading(merchant_id) as unit:
                found = unit.erasure.closed_before(before, after, AT_ONCE)
            for incident_id in found:
                done += self._erase(merchant_id, [incident_id], self._ids(PSEUDONYM), BY_RETENTION)
            if len(found) < AT_ONCE:
                return done
            after = found[-1]

    def _forget_answers(self, merchant_id: str, before: datetime) -> int:
        done = 0
        while True:
            with self._store.writing(merchant_id) as unit:
                forgotten = unit.erasure.forget_answers(before, ANSWERS_AT_ONCE)
            done += forgotten
            if forgotten < ANSWERS_AT_ONCE:
                return done

    def _erase(self, merchant_id: str, incident_ids: Sequence[str], pseudonym: str, by: str, *locks: str) -> int:
        def attempt() -> int:
            with self._store.writing(merchant_id) as unit:
                unit.lock({f"incident:{incident_id}" for incident_id in incident_ids})
                unit.lock(set(locks))
                remaining = unit.erasure.not_erased(incident_ids)
                self._erase_locked(unit, remaining, pseudonym, by)
                return len(remaining)

        return retried(attempt)

    def _erase_locked(self, unit: UnitOfWork, incident_ids: Sequence[str], pseudonym: str, by: str) -> None:
        """Erase, and hold fast in each chain what is left: digests from before cannot be verified any more."""
        at = self._clock()
        offers = unit.erasure.offers_of(incident_ids)
        for offer in offers:
            unit.erasure.redact(offer.id, redacted(offer.document))
        unit.erasure.erase(incident_ids, [offer.id for offer in offers], pseudonym, at)
        left = unit.trail.rows_of(incident_ids)
        for incident_id in incident_ids:
            rows = left.get(incident_id, ())
            tell(unit, self._ids, incident_id, EventType.INCIDENT_ERASED, at, {"by": by}, *rows)


def redacted(document: str) -> str:
    """An offer's document without the merchant's name for the incident, without words, and without what schemes saw.

    What was decided and why stays, in numbers and in codes.
    """
    decided = orjson.loads(document)
    decided["incident"]["reference"] = None
    if "override" in decided:
        decided["override"]["reason"] = None
    for scheme in decided["schemes"]:
        scheme.update({"reason": None, "needs": [], "conditions": [], "assumed": {}, "steps": []})
    return orjson.dumps(decided).decode()
