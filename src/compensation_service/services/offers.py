"""Offers: deciding what was sent, keeping it in one piece, and finding it again."""

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

import orjson

from compensation_service.decision.case import affected_value
from compensation_service.decision.engine import Decision, decide
from compensation_service.decision.entitlement import owed_by
from compensation_service.decision.exact import plain
from compensation_service.decision.facts import Facts, Order, UnusableFacts
from compensation_service.decision.record import record
from compensation_service.decision.times import MICROSECOND
from compensation_service.domain import ids as prefixes
from compensation_service.domain import incident as incidents
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import ChangedMeanwhile, CompensationError, NotFound, Unauthenticated
from compensation_service.domain.event import START, Event, EventType
from compensation_service.domain.follow_up import FollowUp
from compensation_service.domain.incident import Incident, IncidentAction, IncidentIsAnother, IncidentStatus
from compensation_service.domain.offer import LIVE, TAKEN, Offer, OfferStatus, initial_status
from compensation_service.services import archive, digests, documents
from compensation_service.services.approvals import queue_of
from compensation_service.services.events import Told, chain
from compensation_service.services.follow_up_plans import planned, told_of
from compensation_service.services.history import complete, locks, since
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Idempotency, remember, replay
from compensation_service.services.incidents import written
from compensation_service.services.new_offers import Asker, Desk, asks_nothing, is_promised, new_offer
from compensation_service.services.offer_documents import present
from compensation_service.services.recompute import recompute_stored
from compensation_service.services.reservations import Purse, decide_within
from compensation_service.store.answers import StoredAnswer
from compensation_service.store.group_commit import GroupCommit
from compensation_service.store.history import CustomerPast, OrderPast
from compensation_service.store.offers import NewOffer, OfferFilter
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

CLOCK_SKEW = timedelta(minutes=5)
"""How far a caller's clock may run ahead of ours before its report counts as lying in the future."""


@record
class OfferRequest:
    """One request for an offer. `facts` hold what the caller knows; `language` is that of the answer's sentences.

    `told` is the request as it came, in JSON. `recorded` is the incident to decide on as it was read, where it was
    recorded before: `told` and `facts` then hold what is known of it with what the caller adds. `offer_id` is that of
    the offer, where it is known before; `supersedes` is the id of the offer whose place it takes. `by_source` says that
    an inbound source asks, of the id `key_id`, which needs no key; `proactive` that nobody complained, so that what was
    published as a promise stands by itself.
    """

    facts: Facts
    summary: str | None
    language: str
    key_id: str
    idempotency: Idempotency | None = None
    told: str = "{}"
    recorded: Incident | None = None
    offer_id: str | None = None
    supersedes: str | None = None
    by_source: bool = False
    proactive: bool = False

    @property
    def distinct(self) -> frozenset[str]:
        """What two requests that are decided at once must not share, for one would have to know of the other."""
        names = set(self.locks)
        if self.facts.incident.reference is not None:
            names.add(f"incident:{self.facts.incident.reference}")
        if self.recorded is not None:
            names.add(f"incident:{self.recorded.id}")
        if self.idempotency is not None:
            names.add(f"key:{self.idempotency.path}:{self.idempotency.key}")
        return frozenset(names)

    @property
    def locks(self) -> tuple[str, ...]:
        """Whose history the decision reads and changes."""
        order = self.facts.order
        return locks(self.facts.customer.reference, order.reference if order else None)


Outcome: TypeAlias = Answer | CompensationError | UnusableFacts
"""A refusal is a value: it concerns one request of a batch and leaves the others alone."""


class PreviewLetter(Protocol):
    """Writes the letter of a decision, of which `stands` says that its default asks nothing of the customer."""

    def __call__(self, facts: Facts, document: dict[str, Any], *, stands: bool) -> dict[str, Any] | None:
        """Answer the letter as it stands in an offer; None where a person would write it."""


class OfferService:
    """The use cases around offers. Reading and making block on the store; `make` waits for its common commit."""

    def __init__(self, store: Store, writer: GroupCommit[OfferRequest, Outcome], desk: Desk) -> None:
        self._store = store
        self._writer = writer
        self._desk = desk

    async def preview(
        self,
        merchant_id: str,
        facts: Facts,
        language: str,
        policy_at: datetime | None = None,
        letter: PreviewLetter | None = None,
    ) -> bytes:
        """Decide without a trace: nothing is stored, no history is looked up. UnusableFacts as `decide` says.

        The policy is that of `policy_at`, otherwise that of now. It goes on while the store is away;
        `policy.stale_since` then says since when the policy was not asked for. `letter` writes the letter that would
        go with it, for those who ask for one.
        """
        book = self._desk.book
        found = book.recall_at_once(merchant_id, policy_at) or await book.recall(merchant_id, policy_at)
        decision = decide(facts, found.policy)
        reference = facts.incident.reference
        document = documents.of_decision(decision, initial_status(decision), reference, language)
        if found.stale_since is not None:
            document["policy"]["stale_since"] = documents.moment(found.stale_since)
        if letter is not None:
            said = orjson.loads(documents.dump(document))
            document["letter"] = await to_thread(letter, facts, said, stands=asks_nothing(decision, found.policy))
        return documents.dump(document)

    async def make(self, merchant_id: str, request: OfferRequest) -> Answer:
        """Decide with the stored history and keep the offer; it is committed when this returns."""
        outcome = await self._writer.submit(merchant_id, request, request.distinct)
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    def get(self, merchant_id: str, offer_id: str) -> bytes:
        """The offer as it stands; NotFound if this merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            found = unit.offers.get(offer_id)
            if found is None:
                raise NotFound
            return documents.dump(present(unit, [found.offer], self._desk.clock())[0])

    def recompute(self, merchant_id: str, offer_id: str) -> dict[str, Any]:
        """Decide an offer again from its stored facts and policy version, and tell what differs; it stays as it is.

        Raises NotFound, or Conflict where the version that decided it is not kept.
        """
        return recompute_stored(self._store, self._desk.book, merchant_id, offer_id)

    def page(
        self, merchant_id: str, filters: OfferFilter, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` offers, newest first, from the one after `after` on; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            now = self._desk.clock()
            page = unit.offers.page(replace(filters, at=now), after, limit)
            return present(unit, [item.offer for item in page.items], now), page.next_after

    def to_judge(
        self, merchant_id: str, key: ApiKey, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` of the offers that this key may approve or reject now, as `page` answers them."""
        with self._store.reading(merchant_id) as unit:
            wanted = queue_of(unit, key)
        return self.page(merchant_id, wanted, after, limit)


def moment_of_decision(now: datetime, reported_at: datetime | None) -> datetime:
    """Now, to the second; or the report, where the caller's clock runs a little ahead of ours."""
    now -= now.microsecond * MICROSECOND
    if reported_at is not None and now < reported_at <= now + CLOCK_SKEW:
        return reported_at
    return now


def make_offers(unit: UnitOfWork, requests: Sequence[OfferRequest], desk: Desk) -> list[Outcome]:
    """Decide requests that arrived together, no two of which share a name in `distinct`; one outcome each, in order.

    A repeated key answers as before, a known incident reference answers with its offer: neither makes a second one. A
    refusal by rule is kept as the answer to its key.
    """
    unit.lock({f"incident:{request.recorded.id}" for request in requests if request.recorded})
    unit.lock({name for request in requests for name in request.locks})
    batch = _Batch(unit, requests, desk)
    outcomes = [batch.answer(request) for request in requests]
    batch.write()
    return outcomes


class _Batch:
    """One look at the store for all requests, then a decision each, then one write of all that is new."""

    def __init__(self, unit: UnitOfWork, requests: Sequence[OfferRequest], desk: Desk) -> None:
        self.unit = unit
        self.desk = desk
        self.now = desk.clock()
        self.policy = desk.book.deciding(unit, self.now)
        keys = [(r.idempotency.path, r.idempotency.key) for r in requests if r.idempotency]
        references = [r.facts.incident.reference for r in requests if r.facts.incident.reference]
        orders = [r.facts.order.reference for r in requests if r.facts.order and r.facts.order.reference]
        self.usable = unit.api_keys.usable({r.key_id for r in requests}, self.now)
        self.answered = unit.answers.find(keys) if keys else {}
        recorded = [r.recorded.id for r in requests if r.recorded]
        self.known = unit.incidents.by_reference(references) if references else {}
        self.recorded = unit.incidents.by_id(recorded) if recorded else {}
        self.past = unit.history.of({r.facts.customer.reference: since(self.now) for r in requests})
        self.orders = unit.history.orders(orders) if orders else {}
        self.purse = Purse(unit, self.now)
        self.salts = prefixes.draw(desk.random_bytes, digests.SALT_BYTES, len(requests))
        self.new_incidents: list[Incident] = []
        self.new_offers: list[NewOffer] = []
        self.decided: list[Incident] = []
        self.new_follow_ups: list[FollowUp] = []
        self.new_events: list[Event] = []
        self.new_answers: list[StoredAnswer] = []

    def answer(self, request: OfferRequest) -> Outcome:
        """Decide one request, or find what was decided before; what it adds to the store waits for `write`."""
        if request.key_id not in self.usable and not request.by_source:
            return Unauthenticated()
        idempotency = request.idempotency
        if idempotency is not None:
            stored = self.answered.get((idempotency.path, idempotency.key))
            if stored is not None:
                return replay(stored, idempotency, self._present)
        try:
            incident, offer = self._found(request)
            if offer is None:
                offer, answer = self._make(request, incident)
            else:
                answer = Answer(FOUND, self._dumped(offer), replayed=True)
        except UnusableFacts as refusal:
            return refusal
        except CompensationError as refusal:
            self._keep(request, refusal)
            return refusal
        if idempotency is not None:
            self.new_answers.append(remember(idempotency, answer, offer.id, self.now))
        return answer

    def write(self) -> None:
        """Add everything that is new, one statement a table; incidents that were recorded before are changed."""
        self.unit.incidents.add(self.new_incidents)
        for incident in self.decided:
            written(self.unit, incident)
        self.unit.offers.add(self.new_offers)
        self.unit.follow_ups.add(self.new_follow_ups)
        self.unit.events.add(self.new_events)
        self.unit.answers.add(self.new_answers)
        self.purse.write()

    def _keep(self, request: OfferRequest, refusal: CompensationError) -> None:
        """Keep a refusal by rule as the answer to its key; it is about the offer of the incident, if there is one."""
        idempotency = request.idempotency
        if refusal.recorded and idempotency is not None and idempotency.refusal is not None:
            _, offer = self.recorded[request.recorded.id] if request.recorded else (None, None)
            about = "" if offer is None else offer.id
            self.new_answers.append(remember(idempotency, idempotency.refusal(refusal), about, self.now))

    def _found(self, request: OfferRequest) -> tuple[Incident | None, Offer | None]:
        """The incident if it is there already, and the offer that answers the request if it was made before.

        Raises what speaks against deciding on it: ChangedMeanwhile, IncidentIsAnother or IllegalMove.
        """
        if request.recorded is not None:
            return self._to_decide(request, request.recorded)
        incident, offer = self.known.get(request.facts.incident.reference or "", (None, None))
        if incident is not None and offer is None:
            if incident.customer_reference != request.facts.customer.reference:
                raise IncidentIsAnother
            incidents.ask(incident.status, IncidentAction.OFFER)
        return incident, offer

    def _to_decide(self, request: OfferRequest, read: Incident) -> tuple[Incident, Offer | None]:
        incident, offer = self.recorded[read.id]
        if incident.version != read.version:
            raise ChangedMeanwhile
        if incident.status is IncidentStatus.OPEN:
            return incident, None
        if offer is None or orjson.loads(request.told) != orjson.loads(incident.told):
            incidents.ask(incident.status, IncidentAction.OFFER)
        return incident, offer

    def _present(self, offer_id: str) -> bytes | None:
        found = self.unit.offers.get(offer_id)
        return self._dumped(found.offer) if found else None

    def _dumped(self, offer: Offer) -> bytes:
        return documents.dump(present(self.unit, [offer], self.now)[0])

    def _make(self, request: OfferRequest, recorded: Incident | None) -> tuple[Offer, Answer]:
        completed = self._completed(request.facts, recorded)
        facts, decision, reservation = decide_within(self.purse, completed, self.policy)
        incident = self._incident(facts, decision, request, recorded)
        asker, offer_id = Asker(request.key_id, request.language), request.offer_id or self.desk.ids(prefixes.OFFER)
        more = {"supersedes": request.supersedes} if request.supersedes else {}
        new = new_offer(self.desk, self.policy, offer_id, incident, facts, decision, asker, **more)
        if request.proactive and new.offer.status in LIVE and is_promised(decision, self.policy):
            new = replace(new, offer=replace(new.offer, default_stands=True))
        offer = new.offer
        (self.new_incidents if recorded is None else self.decided).append(incident)
        self.new_offers.append(new)
        self.purse.book(offer.id, reservation)
        self._tell(offer, incident.salt, recorded)
        return offer, Answer(CREATED, offer.document.encode())

    def _tell(self, offer: Offer, salt: str | None, recorded: Incident | None) -> None:
        """Add the events of a new offer; where it holds nothing to accept, somebody asks about it all the same."""
        holds = digests.held(salt, offer)
        told: list[Told] = [(EventType.OFFER_CREATED, {"offer": offer.id, "status": offer.status, "holds": holds})]
        follow_up = planned(self.desk.ids, offer, self.now) if offer.status is OfferStatus.INFORMATIONAL else None
        if follow_up is not None:
            self.new_follow_ups.append(follow_up)
            holds = digests.held(salt, follow_up)
            told.append((EventType.FOLLOW_UP_PLANNED, {**told_of(follow_up), "holds": holds}))
        last = START if recorded is None else self.unit.events.last(recorded.id)
        self.new_events += chain(self.unit.merchant_id, self.desk.ids, offer.incident_id, last, self.now, told)

    def _completed(self, facts: Facts, recorded: Incident | None) -> Facts:
        past = self.past.get(facts.customer.reference, CustomerPast())
        decided_at = moment_of_decision(self.now, facts.incident.reported_at)
        if decided_at != facts.decided_at:  # a second has ended since it was asked for
            facts = replace(facts, decided_at=decided_at)
        of_order = self._of_order(facts.order, recorded)
        if recorded is None:
            return complete(facts, past, of_order)
        return complete(facts, past, of_order, recorded.id, self._compensated(facts, recorded))

    def _compensated(self, facts: Facts, recorded: Incident) -> int:
        """What the offers for an incident that were taken before it was opened again gave as compensation.

        Of an erased customer nobody knows any more what an offer was decided on.
        """
        if not recorded.reopened:
            return 0
        currency = facts.order.currency if facts.order else facts.incident.currency
        return sum(
            owed_by(archive.unpack(offer.facts), self.desk.book.version(self.unit, offer.policy_version)).compensation
            for offer in self.unit.incidents.offers_of(recorded.id)
            if offer.status in TAKEN and offer.currency == currency and offer.facts
        )

    def _of_order(self, order: Order | None, recorded: Incident | None) -> OrderPast:
        """What was given for the order before; an order without a name is known by what its own incident got."""
        if order is None:
            return OrderPast()
        known = self.orders.get((order.reference or "", order.currency), OrderPast())
        is_named = recorded is not None and order.reference is not None and order.reference == recorded.order_reference
        if recorded is None or not recorded.reopened or is_named:
            return known
        own = self.unit.history.incidents([recorded.id]).get((recorded.id, order.currency), OrderPast())
        return OrderPast(known.goodwill_minor + own.goodwill_minor, known.refunded_minor + own.refunded_minor)

    def _incident(self, facts: Facts, decision: Decision, request: OfferRequest, recorded: Incident | None) -> Incident:
        told, order = facts.incident, facts.order
        decided = Incident(
            id=self.desk.ids(prefixes.INCIDENT),
            merchant_id=self.unit.merchant_id,
            reference=told.reference,
            category=told.category,
            status=_status_after(initial_status(decision)),
            band=decision.severity.band,
            severity=plain(decision.severity.score),
            fault=told.fault,
            verified=told.verified,
            group=told.group,
            customer_reference=facts.customer.reference,
            order_reference=order.reference if order else None,
            currency=decision.currency,
            affected_minor=affected_value(order) if order else 0,
            summary=request.summary,
            occurred_at=told.occurred_at or told.reported_at or facts.decided_at,
            reported_at=told.reported_at,
            recorded_at=self.now,
            salt=self.salts.pop(),
            told=request.told,
        )
        return decided if recorded is None else decided.filed_as(recorded)


def _status_after(offered: OfferStatus) -> IncidentStatus:
    """Where an incident stands once its offer is made: resolved at once where there is nothing to accept."""
    status = incidents.move(IncidentStatus.OPEN, IncidentAction.OFFER)
    return incidents.move(status, IncidentAction.RESOLVE) if offered is OfferStatus.INFORMATIONAL else status
