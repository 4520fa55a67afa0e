"""Incidents: what went wrong, recorded, changed, opened again, and found with everything that happened."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from compensation_service.decision.facts import Fault
from compensation_service.domain import ids as prefixes
from compensation_service.domain import incident as incidents
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import ChangedMeanwhile, NotFound, Unprocessable
from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.domain.incident import (
    Incident,
    IncidentAction,
    IncidentIsAnother,
    IncidentStatus,
    Reopening,
    Stage,
)
from compensation_service.services.digests import new_salt
from compensation_service.services.documents import dump
from compensation_service.services.events import tell
from compensation_service.services.follow_up_plans import cancel
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Done, Idempotency, Once
from compensation_service.services.incident_documents import brief_offer, document, follow_up_document, story
from compensation_service.store.failures import Contended
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

EVENTS_SHOWN: Final = 100
"""How many events the answer to one incident holds at most, the latest; the timeline turns the pages to the rest."""
CHANGED_WORDS: Final = {
    "owner": "owner",
    **dict.fromkeys(("stage", "cause", "product", "carrier"), "root_cause"),
    "earlier": "earlier",
    "told": "facts",
}
"""How an event names what was changed."""
STATUS_EVENTS: Final = {
    IncidentStatus.RESOLVED: EventType.INCIDENT_RESOLVED,
    IncidentStatus.CLOSED: EventType.INCIDENT_CLOSED,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an incident before anything is decided; `told` is all of it, in the JSON of a request.

    `occurred_at` is when it occurred if that is known, else when it was reported, else None.
    """

    reference: str | None
    category: str
    fault: Fault
    verified: bool
    group: str | None
    customer_reference: str
    order_reference: str | None
    currency: str | None
    affected_minor: int
    summary: str | None
    occurred_at: datetime | None
    reported_at: datetime | None
    told: str

    def onto(self, incident: Incident) -> Incident:
        """The incident as it is with this known; its references must be the same."""
        if (self.reference, self.customer_reference) != (incident.reference, incident.customer_reference):
            detail = "An incident keeps its own reference and its customer; record another one."
            raise Unprocessable("/facts", "fixed_fact", detail)
        return replace(incident, **{**asdict(self), "occurred_at": self.occurred_at or incident.recorded_at})


@dataclass(frozen=True, slots=True)
class Filing:
    """What a new incident's file says besides the facts."""

    owner: str | None = None
    stage: Stage | None = None
    cause: str | None = None
    product: str | None = None
    carrier: str | None = None
    earlier: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """The events of one incident; `type` None means of every type."""

    incident_id: str
    type: EventType | None = None


class IncidentService:
    """The use cases around incidents. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._random_bytes = random_bytes
        self._once = Once(store, clock, lambda unit, incident_id: dump(document(find(unit, incident_id))))

    def get(self, merchant_id: str, incident_id: str) -> dict[str, Any]:
        """The incident with its offers, its follow-ups and the latest of what happened, first to last.

        NotFound if this merchant has none of this id.
        """
        now = self._clock()
        with self._store.reading(merchant_id) as unit:
            incident = find(unit, incident_id)
            latest = unit.events.latest(incident_id, EVENTS_SHOWN + 1)
            return {
                **document(incident),
                "offers": [brief_offer(offer, now) for offer in unit.incidents.offers_of(incident_id)],
                "follow_ups": [follow_up_document(each, now) for each in unit.follow_ups.of(incident_id)],
                "events": story(unit, incident_id, latest[:EVENTS_SHOWN][::-1], now),
                "has_earlier_events": len(latest) > EVENTS_SHOWN,
            }

    def timeline(
        self, merchant_id: str, wanted: TimelineFilter, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` events of an incident, the latest first, from the one after `after` on; NotFound."""
        before = None if after is None else int(after)
        with self._store.reading(merchant_id) as unit:
            find(unit, wanted.incident_id)
            found = unit.events.latest(wanted.incident_id, limit + 1, before, wanted.type)
            shown = found[:limit]
            told = story(unit, wanted.incident_id, shown, self._clock())
        return told, str(shown[-1].sequence) if len(found) > limit else None

    def page(
        self, merchant_id: str, filters: IncidentFilter, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` incidents, newest first, from the one after `after` on; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            page = unit.incidents.page(filters, after, limit)
        return [document(incident) for incident in page.items], page.next_after

    def known(self, merchant_id: str, incident_id: str) -> Incident:
        """The incident as it is kept, to be decided; NotFound."""
        with self._store.reading(merchant_id) as unit:
            return find(unit, incident_id)

    def record(
        self,
        merchant_id: str,
        known: Known,
        filing: Filing,
        key_id: str,
        *,
        fingerprint: str,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Keep an incident about which nothing is decided yet; its reference sent again answers it as it stands.

        Raises IncidentIsAnother where the reference came with something else before, Unprocessable for an earlier
        incident that is not this customer's.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            return self.record_in(unit, known, filing, key.id, fingerprint)

        return self._once.run(merchant_id, key_id, idempotency, work)

    def record_in(self, unit: UnitOfWork, known: Known, filing: Filing, by: str, fingerprint: str) -> Done:
        """Do as `record` does in a unit that is open; `by` is the id of who says so."""
        before = _by_reference(unit, known.reference)
        if before is not None:
            if not _is_the_same(before, known, fingerprint):
                raise IncidentIsAnother
            return Answer(FOUND, dump(document(before)), replayed=True), before.id
        incident = self._new(unit.merchant_id, known, filing, fingerprint)
        _demand_earlier(unit, incident)
        unit.incidents.add([incident])
        told = {"status": incident.status, "by": by}
        tell(unit, self._ids, incident.id, EventType.INCIDENT_RECORDED, incident.recorded_at, told)
        return Answer(CREATED, dump(document(incident))), incident.id

    def _new(self, merchant_id: str, known: Known, filing: Filing, fingerprint: str) -> Incident:
        now = self._clock()
        return Incident(
            id=self._ids(prefixes.INCIDENT),
            merchant_id=merchant_id,
            status=IncidentStatus.OPEN,
            band=None,
            severity=None,
            recorded_at=now,
            salt=new_salt(self._random_bytes),
            fingerprint=fingerprint,
            **{**asdict(known), "occurred_at": known.occurred_at or now},
            **asdict(filing),
        )

    def change(
        self,
        merchant_id: str,
        incident_id: str,
        edit: Callable[[Incident], Incident],
        key_id: str,
        *,
        version: str | None,
        action: IncidentAction | None = None,
    ) -> Answer:
        """Change what is known of an incident, or end it; `edit` answers it as it is to be, whatever it raises.

        `version` is the one that the caller read, None for whatever it is. Raises NotFound, ChangedMeanwhile,
        IllegalMove.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            before = locked(unit, incident_id)
            if version is not None and version != str(before.version):
                raise ChangedMeanwhile
            after = edit(before)
            if after.earlier != before.earlier:
                _demand_earlier(unit, after)
            if action is not None and before.status is not incidents.ENDS[action]:
                status = incidents.ask(before.status, action)
                closed_at = self._clock() if status is IncidentStatus.CLOSED else after.closed_at
                after = replace(after, status=status, closed_at=closed_at)
            return Answer(FOUND, dump(document(self._written(unit, before, after, key.id)))), before.id

        return self._once.run(merchant_id, key_id, None, work)

    def _written(self, unit: UnitOfWork, before: Incident, after: Incident, by: str) -> Incident:
        """Write a change down and tell of it; nothing where there is none."""
        if after == before:
            return before
        words = [word for name, word in CHANGED_WORDS.items() if getattr(after, name) != getattr(before, name)]
        written(unit, after)
        told = {"by": by, "status": after.status}
        if words:
            changed = {**told, "changed": list(dict.fromkeys(words))}
            tell(unit, self._ids, after.id, EventType.INCIDENT_CHANGED, self._clock(), changed)
        if after.status is not before.status:
            tell(unit, self._ids, after.id, STATUS_EVENTS[after.status], self._clock(), told)
        return replace(after, version=after.version + 1)

    def reopen(
        self, merchant_id: str, incident_id: str, reason: str, key_id: str, idempotency: Idempotency | None = None
    ) -> Answer:
        """Open an incident again that was not over; the same again answers it as it stands. NotFound, IllegalMove."""

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            incident = locked(unit, incident_id)
            if not _was_reopened(unit, incident, reason):
                incident = reopen(unit, self._ids, incident, reason, key.id, self._clock())
            return Answer(FOUND, dump(document(incident))), incident.id

        return self._once.run(merchant_id, key_id, idempotency, work, incident_id)


def find(unit: UnitOfWork, incident_id: str) -> Incident:
    """The incident; NotFound."""
    incident = unit.incidents.get(incident_id)
    if incident is None:
        raise NotFound
    return incident


def locked(unit: UnitOfWork, incident_id: str) -> Incident:
    """The incident as it is once no other unit can change it, and its events can be counted on; NotFound."""
    unit.lock({f"incident:{incident_id}"})
    return find(unit, incident_id)


def written(unit: UnitOfWork, incident: Incident) -> None:
    """Write a change of an incident down; its version becomes the next one."""
    if not unit.incidents.change(incident):  # somebody changed it without the lock: done again, the work sees that
        raise Contended


def reopen(
    unit: UnitOfWork,
    ids: Ids,
    incident: Incident,
    reason: str | None,
    by: str,
    at: datetime,
    follow_up_id: str | None = None,
) -> Incident:
    """Open an incident again whose lock the unit holds: nobody needs to be asked any more. IllegalMove.

    `follow_up_id` names the follow-up that found it unsolved; its words are the reason then.
    """
    number = incident.reopened + 1
    after = replace(incident, status=incidents.ask(incident.status, IncidentAction.REOPEN), reopened=number)
    written(unit, after)
    reopening = Reopening(incident.id, number, reason, by, at)
    unit.incidents.reopen(reopening)
    told: dict[str, object] = {"by": by, "status": after.status, "reopening": number}
    if follow_up_id is not None:
        told["follow_up"] = follow_up_id
    tell(unit, ids, incident.id, EventType.INCIDENT_REOPENED, at, told, reopening)
    cancel(unit, ids, incident.id, by, at)
    return replace(after, version=after.version + 1)


def _by_reference(unit: UnitOfWork, reference: str | None) -> Incident | None:
    if reference is None:
        return None
    found = unit.incidents.by_reference([reference]).get(reference)
    return None if found is None else found[0]


def _is_the_same(before: Incident, known: Known, fingerprint: str) -> bool:
    """Whether this was recorded before; an incident that came with a request for an offer is known by its customer."""
    if before.fingerprint is not None:
        return before.fingerprint == fingerprint
    return (before.customer_reference, before.category) == (known.customer_reference, known.category)


def _demand_earlier(unit: UnitOfWork, incident: Incident) -> None:
    """Refuse an earlier incident that is not there, not this customer's, or that follows this one itself."""
    earlier, seen = incident.earlier, {incident.id}
    while earlier is not None:
        found = unit.incidents.get(earlier)
        if found is None or found.customer_reference != incident.customer_reference or found.id in seen:
            detail = "The earlier incident is another one of the same customer that does not follow this one."
            raise Unprocessable("/earlier", "unknown_earlier_incident", detail)
        seen.add(found.id)
        earlier = found.earlier


def _was_reopened(unit: UnitOfWork, incident: Incident, reason: str) -> bool:
    """Whether this was done last, for the same reason."""
    if incident.status is not IncidentStatus.OPEN or not incident.reopened:
        return False
    last = unit.incidents.reopenings(incident.id, [incident.reopened]).get(incident.reopened)
    return last is not None and last.reason == reason
