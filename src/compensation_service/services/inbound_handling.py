"""Handling what sources told of: each event becomes an incident, with an offer where the source says so, or is kept.

An event is claimed with a lease, and what it becomes is committed together with the word that it is handled: whoever
is killed meanwhile leaves nothing half done, and nothing is done twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

import orjson
import structlog

from compensation_service.decision.facts import UnusableFacts
from compensation_service.domain.errors import CompensationError, Unavailable
from compensation_service.domain.ids import Clock
from compensation_service.domain.inbound_event import KEPT_FOR, TRIES_MOST, InboundEvent, InboundStatus
from compensation_service.domain.inbound_source import InboundSource
from compensation_service.policies.iso import exponents
from compensation_service.services.erasure import ErasureService
from compensation_service.services.idempotency import Answer
from compensation_service.services.inbound_receipt import PARTS_MOST, InboundReceiptService, parted
from compensation_service.services.inbound_sources import mapping_for
from compensation_service.services.incidents import Filing, IncidentService, Known
from compensation_service.services.new_offers import Desk
from compensation_service.services.offers import OfferRequest, make_offers
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork
from compensation_service.webhooks.inbound.mapping import PayloadMapping, Unmapped, body_of, found_at

LEASE = timedelta(seconds=60)
AT_ONCE = 20
"""How many events are taken in hand together; handling them takes well less than LEASE."""
FORGET_AT_ONCE = 500
Document = dict[str, Any]
_log = structlog.get_logger(__name__)


class Unreadable(ValueError):
    """What a payload was mapped to is no request; `place` is a JSON pointer into it."""

    def __init__(self, place: str, code: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place = place
        self.code = code
        self.detail = detail


GIVEN_UP = Unreadable("", "internal_error", "This could not be handled, which is our fault; it may be replayed.")


class Reads(Protocol):
    """Reads what a payload was mapped to as strictly as requests are read. Each raises Unreadable."""

    def known(self, told: Document) -> Known:
        """What is known of an incident, to be recorded."""

    def request(self, told: Document, source_id: str, language: str | None, now: datetime) -> OfferRequest:
        """A request for an offer, asked for by a source."""


@dataclass(frozen=True, slots=True)
class Became:
    """What an event became."""

    status: InboundStatus
    incident_id: str | None = None
    offer_id: str | None = None
    customer: str | None = None
    place: str | None = None
    code: str | None = None
    reason: str | None = None
    erase: bool = False


class TakenOver(Exception):
    """Somebody else has the event in hand meanwhile: what was done for it here is rolled back."""


class InboundHandlingService:
    """Handles events. Any number of workers may do it at once. It blocks on the store."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        receipt: InboundReceiptService,
        incidents: IncidentService,
        erasure: ErasureService,
        reads: Reads,
    ) -> None:
        self._store = store
        self._desk = desk
        self._receipt = receipt
        self._incidents = incidents
        self._erasure = erasure
        self._reads = reads

    @property
    def _clock(self) -> Clock:
        return self._desk.clock

    def handle(self, stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
        """Handle everything that is due, or until `stopping` says so; how many events became what. Raises Unavailable.

        Sources take turns: one that tells of much holds up no other.
        """
        counts: Counter[str] = Counter()
        while not stopping() and (turn := Counter(self._turn())):
            counts += turn
        return {f"inbound_{status}": count for status, count in sorted(counts.items())}

    def _turn(self) -> Iterator[str]:
        """Handle some events of every source that has any; what each became."""
        for merchant_id, source_id in self._store.telling_sources(self._clock()):
            for event in self._claim(merchant_id, source_id):
                yield self._handle(merchant_id, event)

    def forget(self) -> int:
        """Let go of payloads of every merchant that are older than KEPT_FOR, some at a time; how many."""
        before, forgotten = self._clock() - KEPT_FOR, 0
        for merchant_id in self._store.merchant_ids():
            with self._store.reading(merchant_id) as unit:
                sources = [source.id for source in unit.inbound_sources.all()]
            for source_id in sources:
                with self._store.writing(merchant_id) as unit:
                    forgotten += unit.inbound_events.forget(source_id, before, FORGET_AT_ONCE)
        return forgotten

    def _claim(self, merchant_id: str, source_id: str) -> list[InboundEvent]:
        def attempt() -> list[InboundEvent]:
            now = self._clock()
            with self._store.writing(merchant_id) as unit:
                return unit.inbound_events.claim(source_id, now, now + LEASE, AT_ONCE)

        return retried(attempt)

    def _handle(self, merchant_id: str, event: InboundEvent) -> str:
        """Handle one event; what it became."""
        if event.tries > TRIES_MOST:
            return self._failed(merchant_id, event, GIVEN_UP)
        try:
            return self._done(merchant_id, event).status
        except (Unmapped, Unreadable, UnusableFacts, CompensationError) as refusal:
            if isinstance(refusal, Unavailable):
                raise
            return self._failed(merchant_id, event, refusal)
        except TakenOver:
            return "taken_over"
        except Exception:  # noqa: BLE001 - it is logged; the lease ends and it is tried again, TRIES_MOST times
            _log.exception("inbound event not handled", inbound_event=event.id)
            return "not_handled"

    def _done(self, merchant_id: str, event: InboundEvent) -> Became:
        """Do what an event asks for and settle it, in one transaction."""

        def attempt() -> Became:
            with self._store.writing(merchant_id) as unit:
                source = unit.inbound_sources.get(event.source_id)
                if source is None:
                    raise TakenOver
                became = self._became(unit, source, event)
                self._settle(unit, event, became)
                return became

        self._erase(merchant_id, event)
        return retried(attempt)

    def _erase(self, merchant_id: str, event: InboundEvent) -> None:
        """Erase whom an event asks to be forgotten, before it counts as handled; doing it again does no harm."""
        with self._store.reading(merchant_id) as unit:
            source = unit.inbound_sources.get(event.source_id)
        if source is None or event.whole:
            return
        mapping = mapping_for(source)
        if event.topic in mapping.erase_all:
            self._erasure.erase_told_by(merchant_id, source.id)
        elif event.topic in mapping.erase and (customer := _to_erase(mapping, _payload(event)).customer):
            self._erasure.erase(merchant_id, customer, source.id)

    def _became(self, unit: UnitOfWork, source: InboundSource, event: InboundEvent) -> Became:
        mapping, payload = mapping_for(source), _payload(event)
        if event.whole:
            return self._divide(unit, source, event, mapping)
        if event.topic in mapping.erase_all:
            return Became(InboundStatus.HANDLED, erase=True)
        if event.topic in mapping.erase:
            return _to_erase(mapping, payload)
        if mapping.topics and event.topic is not None and event.topic not in mapping.topics:
            return Became(InboundStatus.ASIDE, customer=self._customer(mapping, payload))
        told = body_of(mapping, payload, exponents())
        known = self._reads.known(told)
        if known.reference is None:
            raise Unreadable("/incident/reference", "missing", "An incident from outside needs a reference.")
        before = unit.incidents.by_reference([known.reference]).get(known.reference)
        if before is not None:
            incident, offer = before
            return Became(InboundStatus.HANDLED, incident.id, offer.id if offer else None, incident.customer_reference)
        undecided = Became(InboundStatus.HANDLED, customer=known.customer_reference)
        if source.decide:
            try:
                return self._decided(unit, source, told, known)
            except (Unreadable, UnusableFacts) as lacking:  # a person finds out what is missing
                undecided = replace(undecided, place=_place(lacking), code=lacking.code, reason=lacking.detail)
        digest = sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
        _, incident_id = self._incidents.record_in(unit, known, Filing(), source.id, digest)
        return replace(undecided, incident_id=incident_id)

    def _decided(self, unit: UnitOfWork, source: InboundSource, told: Document, known: Known) -> Became:
        request = self._reads.request(told, source.id, source.language, self._clock())
        (outcome,) = make_offers(unit, [request], self._desk)
        if not isinstance(outcome, Answer):
            raise outcome
        offer = orjson.loads(outcome.body)
        return Became(InboundStatus.HANDLED, offer["incident"]["id"], offer["id"], known.customer_reference)

    def _divide(self, unit: UnitOfWork, source: InboundSource, event: InboundEvent, mapping: PayloadMapping) -> Became:
        """Tell the events of a payload apart, now that its mapping may have been mended."""
        parts = list(parted(mapping, _payload(event), event.topic, event.key))
        if parts[0].whole:
            found_at(mapping.items, _payload(event))  # says what is wrong with it, if anything is
            raise Unreadable("/items", "no_events", "The mapping finds no events in this payload.")
        if len(parts) > PARTS_MOST:
            raise Unreadable("/items", "too_many_events", f"A payload may tell of {PARTS_MOST} events at most.")
        known = unit.inbound_events.known(source.id, {part.key for part in parts})
        fresh = {part.key: part for part in parts if part.key not in known}
        unit.inbound_events.add([self._receipt.new_event(source, part) for part in fresh.values()])
        return Became(InboundStatus.HANDLED)

    def _customer(self, mapping: PayloadMapping, payload: object) -> str | None:
        """Whose an event is that became nothing, where that can be told: it is erased with them."""
        try:
            customer = body_of(mapping, payload, exponents()).get("customer", {})
        except Unmapped:
            return None
        reference = customer.get("reference")
        return reference[:128] if isinstance(reference, str) and reference.isprintable() else None

    def _settle(self, unit: UnitOfWork, event: InboundEvent, became: Became) -> None:
        settled = replace(
            event,
            status=became.status,
            payload=None if became.erase else event.payload,
            place=became.place,
            code=became.code,
            reason=became.reason,
            incident_id=became.incident_id,
            offer_id=became.offer_id,
            customer_reference=None if became.erase else became.customer,
            finished_at=self._clock(),
        )
        if not unit.inbound_events.settle(settled):
            raise TakenOver

    def _failed(self, merchant_id: str, event: InboundEvent, refusal: Exception) -> str:
        place = _place(refusal)
        code = getattr(refusal, "code", "unmapped")
        detail = getattr(refusal, "detail", str(refusal))

        def attempt() -> None:
            with self._store.writing(merchant_id) as unit:
                source = unit.inbound_sources.get(event.source_id)
                if source is None:
                    raise TakenOver
                customer = self._customer(mapping_for(source), _payload(event))
                failed = Became(InboundStatus.FAILED, customer=customer, place=place, code=code, reason=detail)
                self._settle(unit, event, failed)

        try:
            retried(attempt)
        except TakenOver:
            return "taken_over"
        return InboundStatus.FAILED


def _place(refusal: Exception) -> str:
    """Where something is wrong, as far as it is known."""
    return getattr(refusal, "place", None) or getattr(refusal, "pointer", None) or ""


def _to_erase(mapping: PayloadMapping, payload: object) -> Became:
    customer = None if mapping.erase_customer is None else found_at(mapping.erase_customer, payload)
    if customer is None:
        raise Unreadable("/erase_customer", "missing", "The mapping does not find whom to erase.")
    return Became(InboundStatus.HANDLED, customer=str(customer), erase=True)


def _payload(event: InboundEvent) -> Any:  # noqa: ANN401 - whatever JSON can hold
    return orjson.loads(event.payload or "null")
