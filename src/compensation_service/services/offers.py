"""Offers: deciding what was sent, keeping it in one piece, and finding it again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from compensation_service.decision.case import affected_value
from compensation_service.decision.engine import Decision, decide
from compensation_service.decision.exact import plain
from compensation_service.decision.facts import Facts, UnusableFacts
from compensation_service.decision.policy import Policy
from compensation_service.domain import ids as prefixes
from compensation_service.domain import incident as incidents
from compensation_service.domain.errors import CompensationError, NotFound, Unauthenticated
from compensation_service.domain.event import Event, EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.incident import Incident, IncidentAction, IncidentStatus
from compensation_service.domain.offer import Offer, OfferStatus, initial_status
from compensation_service.domain.remedy import Option, Remedy
from compensation_service.services import archive, documents
from compensation_service.services.events import first
from compensation_service.services.history import complete, since
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Idempotency, remember, replay
from compensation_service.services.offer_documents import BEGINNING, present
from compensation_service.services.policy_book import PolicyBook
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


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """One request for an offer. `facts` hold what the caller knows; `language` is that of the answer's sentences."""

    facts: Facts
    summary: str | None
    language: str
    key_id: str
    idempotency: Idempotency | None = None

    @property
    def distinct(self) -> frozenset[str]:
        """What two requests that are decided at once must not share, for one would have to know of the other."""
        names = set(self.locks)
        if self.facts.incident.reference is not None:
            names.add(f"incident:{self.facts.incident.reference}")
        if self.idempotency is not None:
            names.add(f"key:{self.idempotency.path}:{self.idempotency.key}")
        return frozenset(names)

    @property
    def locks(self) -> tuple[str, ...]:
        """Whose history the decision reads and changes."""
        order = self.facts.order
        customer = f"customer:{self.facts.customer.reference}"
        if order is None or order.reference is None:
            return (customer,)
        return (customer, f"order:{order.reference}")


Outcome: TypeAlias = Answer | CompensationError | UnusableFacts
"""A refusal is a value: it concerns one request of a batch and leaves the others alone."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What making offers needs besides a unit of work and the requests."""

    book: PolicyBook
    clock: Clock
    ids: Ids
    public_base_url: str


class OfferService:
    """The use cases around offers. Reading and making block on the store; `make` waits for its common commit."""

    def __init__(self, store: Store, writer: GroupCommit[OfferRequest, Outcome], desk: Desk) -> None:
        self._store = store
        self._writer = writer
        self._desk = desk

    async def preview(self, merchant_id: str, facts: Facts, language: str, policy_at: datetime | None = None) -> bytes:
        """Decide without a trace: nothing is stored, no history is looked up. UnusableFacts as `decide` says.

        The policy is that of `policy_at`, otherwise that of now. It goes on while the store is away;
        `policy.stale_since` then says since when the policy was not asked for.
        """
        found = await self._desk.book.recall(merchant_id, policy_at)
        decision = decide(facts, found.policy)
        reference = facts.incident.reference
        document = documents.of_decision(decision, initial_status(decision), reference, language)
        if found.stale_since is not None:
            document["policy"]["stale_since"] = documents.moment(found.stale_since)
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


def moment_of_decision(now: datetime, reported_at: datetime | None) -> datetime:
    """Now, to the second; or the report, where the caller's clock runs a little ahead of ours."""
    now = now.replace(microsecond=0)
    if reported_at is not None and now < reported_at <= now + CLOCK_SKEW:
        return reported_at
    return now


def make_offers(unit: UnitOfWork, requests: Sequence[OfferRequest], desk: Desk) -> list[Outcome]:
    """Decide requests that arrived together, no two of which share a name in `distinct`; one outcome each, in order.

    A repeated key answers as before, a known incident reference answers with its offer: neither makes a second one.
    """
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
        self.known = unit.incidents.by_reference(references) if references else {}
        self.past = unit.history.of({r.facts.customer.reference: since(self.now) for r in requests})
        self.orders = unit.history.orders(orders) if orders else {}
        self.purse = Purse(unit, self.now)
        self.new_incidents: list[Incident] = []
        self.new_offers: list[NewOffer] = []
        self.new_events: list[Event] = []
        self.new_answers: list[StoredAnswer] = []

    def answer(self, request: OfferRequest) -> Outcome:
        """Decide one request, or find what was decided before; what it adds to the store waits for `write`."""
        if request.key_id not in self.usable:
            return Unauthenticated()
        idempotency = request.idempotency
        if idempotency is not None:
            stored = self.answered.get((idempotency.path, idempotency.key))
            if stored is not None:
                return replay(stored, idempotency, self._present)
        reference = request.facts.incident.reference
        if reference is not None and reference in self.known:
            _, offer = self.known[reference]
            answer = Answer(FOUND, self._dumped(offer), replayed=True)
        else:
            try:
                offer, answer = self._make(request)
            except UnusableFacts as refusal:
                return refusal
        if idempotency is not None:
            self.new_answers.append(remember(idempotency, answer, offer.id, self.now))
        return answer

    def write(self) -> None:
        """Add everything that is new, one statement a table."""
        self.unit.incidents.add(self.new_incidents)
        self.unit.offers.add(self.new_offers)
        self.unit.events.add(self.new_events)
        self.unit.answers.add(self.new_answers)
        self.purse.write()

    def _present(self, offer_id: str) -> bytes | None:
        found = self.unit.offers.get(offer_id)
        return self._dumped(found.offer) if found else None

    def _dumped(self, offer: Offer) -> bytes:
        return documents.dump(present(self.unit, [offer], self.now)[0])

    def _make(self, request: OfferRequest) -> tuple[Offer, Answer]:
        facts, decision, reservation = decide_within(self.purse, self._completed(request.facts), self.policy)
        incident = self._incident(facts, decision, request.summary)
        offer = self._offer(incident, facts, decision, request)
        self.new_incidents.append(incident)
        self.new_offers.append(NewOffer(offer, _options(decision)))
        self.purse.book(offer.id, reservation)
        told = {"offer": offer.id, "status": offer.status}
        of = (self.unit.merchant_id, self.desk.ids, incident.id)
        self.new_events.append(first(*of, EventType.OFFER_CREATED, self.now, told))
        return offer, Answer(CREATED, offer.document.encode())

    def _completed(self, facts: Facts) -> Facts:
        order = facts.order
        known = self.orders.get((order.reference, order.currency)) if order and order.reference else None
        past = self.past.get(facts.customer.reference, CustomerPast())
        facts = replace(facts, decided_at=moment_of_decision(self.now, facts.incident.reported_at))
        return complete(facts, past, known or OrderPast())

    def _incident(self, facts: Facts, decision: Decision, summary: str | None) -> Incident:
        told, order = facts.incident, facts.order
        return Incident(
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
            summary=summary,
            occurred_at=told.occurred_at or told.reported_at or facts.decided_at,
            reported_at=told.reported_at,
            recorded_at=self.now,
        )

    def _offer(self, incident: Incident, facts: Facts, decision: Decision, request: OfferRequest) -> Offer:
        offer_id, status = self.desk.ids(prefixes.OFFER), initial_status(decision)
        links = {"self": f"{self.desk.public_base_url}/offers/{offer_id}", "customer": None}
        document = {
            "id": offer_id,
            **documents.of_decision(decision, status, incident.reference, request.language),
            "links": links,
            **BEGINNING,
        }
        document["incident"] = {"id": incident.id, "reference": incident.reference}
        return Offer(
            id=offer_id,
            merchant_id=incident.merchant_id,
            incident_id=incident.id,
            status=status,
            version=1,
            policy_name=decision.policy[0],
            policy_version=decision.policy[1],
            mode=decision.mode,
            currency=decision.currency,
            goodwill_minor=decision.amount.minor,
            entitlement_minor=sum(
                item.amount or 0 for item in decision.entitlements if item.currency == decision.currency
            ),
            worth_minor=decision.options[0].worth,
            approval_role=decision.approval.role if decision.approval else None,
            decided_at=facts.decided_at,
            respond_by=decision.clocks.respond_by,
            expires_at=decision.clocks.expires_at,
            follow_up_at=decision.clocks.follow_up_at,
            default_option=decision.default_option,
            language=request.language,
            document=documents.dump(document).decode(),
            facts=archive.pack(facts),
            default_stands=status is OfferStatus.OPEN and _asks_nothing(decision, self.policy),
            requested_by=request.key_id,
        )


def _status_after(offered: OfferStatus) -> IncidentStatus:
    """Where an incident stands once its offer is made: resolved at once where there is nothing to accept."""
    status = incidents.move(IncidentStatus.OPEN, IncidentAction.OFFER)
    return incidents.move(status, IncidentAction.RESOLVE) if offered is OfferStatus.INFORMATIONAL else status


def _asks_nothing(decision: Decision, policy: Policy) -> bool:
    """Whether the default option can be given as it is, without a word from the customer."""
    default = next(option for option in decision.options if option.id == decision.default_option)
    return not any(policy.choice.kinds[kind].asks_customer for kind in default.kinds)


def _options(decision: Decision) -> tuple[Option, ...]:
    """The options of a decision as rows; a remedy has no status before its option is chosen."""
    return tuple(
        Option(
            id=option.id,
            worth_minor=option.worth,
            cost_minor=option.cost,
            remedies=tuple(
                Remedy(remedy.kind, remedy.value, remedy.cost, remedy.valid_until) for remedy in option.remedies
            ),
            goodwill_cost_minor=option.goodwill_cost,
        )
        for option in decision.options
    )
