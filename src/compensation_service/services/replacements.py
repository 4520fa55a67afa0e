"""Offers that take the place of others: made by a person of authority, or decided again."""

from dataclasses import replace

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import Facts
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain import ids as prefixes
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import BudgetExhausted, IllegalMove, Unprocessable
from compensation_service.domain.event import EventType
from compensation_service.domain.incident import Incident, IncidentStatus
from compensation_service.domain.offer import Offer, OfferAction, OfferStatus, initial_status
from compensation_service.domain.offer_move import AskedMove
from compensation_service.domain.override import Override
from compensation_service.services import archive, documents
from compensation_service.services.approvals import (
    authority_for,
    demand_another_holder,
    demand_authority,
    given_besides,
)
from compensation_service.services.events import tell
from compensation_service.services.follow_up_plans import plan
from compensation_service.services.idempotency import CREATED, Answer, Done, Idempotency, Once
from compensation_service.services.new_offers import Asker, Desk, new_offer
from compensation_service.services.offer_documents import present
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offer_rules import demand_legal, expect, find, locked
from compensation_service.services.offers import OfferRequest, make_offers, moment_of_decision
from compensation_service.services.overrides import overridden
from compensation_service.services.reservations import Purse, Reservation
from compensation_service.store.offers import NewOffer, StoredOffer
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

SAID = (
    "status",
    "goodwill",
    "options",
    "default_option",
    "approval",
    "decided_at",
    "carry_out_by",
    "follow_up_at",
    "expires_at",
)
"""What an override changes of a decision: kept beside what was given, as the policy said it."""


class ReplacementService:
    """The use cases that put a new offer in the place of one that waits. They block on the store."""

    def __init__(self, store: Store, desk: Desk, moves: OfferMoveService) -> None:
        self._desk = desk
        self._moves = moves
        self._once = Once(store, desk.clock, self._shown)

    def override(
        self,
        merchant_id: str,
        offer_id: str,
        asked: Override,
        key_id: str,
        *,
        version: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Give something else than the policy said, by the authority of the key's role; what is owed stays.

        Raises NotFound, IllegalMove, ChangedMeanwhile, Unprocessable for what cannot be given, AuthorityNeeded,
        ApproverIsRequester where the offer waits for somebody else's approval, or BudgetExhausted.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            found = locked(unit, offer_id)
            _demand_replaceable(unit, found.offer)
            expect(found.offer, version)
            new = self._given(unit, found, asked, key)
            self._put(unit, found, new, asked.reason, key.id)
            return Answer(CREATED, self._shown(unit, new.offer.id)), new.offer.id

        return self._once.run(merchant_id, key_id, idempotency, work, offer_id)

    def decide_again(
        self, merchant_id: str, offer_id: str, request: OfferRequest, *, version: str | None = None
    ) -> Answer:
        """Decide once more, on other facts of the same incident, by the policy of today.

        Raises NotFound, IllegalMove, ChangedMeanwhile, Unprocessable for another incident or customer, UnusableFacts.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            order = request.facts.order
            found = locked(unit, offer_id, order.reference if order else None)
            old, incident = found.offer, found.incident
            _demand_replaceable(unit, old)
            expect(old, version)
            facts = _of_incident(request.facts, incident)
            new_id = self._desk.ids(prefixes.OFFER)
            self._moves.make(unit, old, AskedMove(OfferAction.SUPERSEDE), key.id, successor=new_id)
            unit.incidents.move(incident.id, incident.status, IncidentStatus.OPEN)
            again = replace(
                request,
                facts=facts,
                idempotency=None,
                recorded=unit.incidents.get(incident.id),
                offer_id=new_id,
                supersedes=old.id,
            )
            outcome = make_offers(unit, [again], self._desk)[0]
            if isinstance(outcome, Answer):
                return outcome, new_id
            raise outcome

        return self._once.run(merchant_id, request.key_id, request.idempotency, work, offer_id)

    def _given(self, unit: UnitOfWork, found: StoredOffer, asked: Override, key: ApiKey) -> NewOffer:
        """The new offer, once the key is found to have the authority for it."""
        old, incident = found.offer, found.incident
        policy, facts = self._desk.book.version(unit, old.policy_version), archive.unpack(old.facts)
        now = moment_of_decision(self._desk.clock(), facts.incident.reported_at)
        decision = decide(facts, policy)
        said = documents.of_decision(decision, initial_status(decision), incident.reference, old.language)
        decision = overridden(decision, facts, policy, asked, now)
        besides = given_besides(unit, old, incident, now)
        needed = authority_for(policy, old.currency, decision.amount.minor, besides)
        demand_authority(key, ApproverRole.AGENT, needed)
        if old.status is OfferStatus.PENDING_APPROVAL:
            demand_another_holder(unit, old, key)
        override = {
            "by": key.id,
            "at": now,
            "reason": asked.reason,
            "policy": {name: said[name] for name in SAID},
        }
        asker, offer_id = Asker(key.id, old.language), self._desk.ids(prefixes.OFFER)
        new = new_offer(
            self._desk, policy, offer_id, incident, facts, decision, asker, supersedes=old.id, override=override
        )
        return replace(new, offer=replace(new.offer, approval_role=needed))

    def _put(self, unit: UnitOfWork, found: StoredOffer, new: NewOffer, reason: str, by: str) -> None:
        """Let the new offer take the old one's place: what that reserved is released before this reserves its own."""
        old, incident = found.offer, found.incident
        self._moves.make(unit, old, AskedMove(OfferAction.SUPERSEDE, reason=reason), by, successor=new.offer.id)
        unit.offers.add([new])
        now = self._desk.clock()
        purse = Purse(unit, now)
        purse.book(new.offer.id, _reserved(purse, new, incident.category))
        told = {"offer": new.offer.id, "status": new.offer.status, "supersedes": old.id, "by": by}
        tell(unit, self._desk.ids, incident.id, EventType.OFFER_OVERRIDDEN, now, told, new.offer)
        if new.offer.status is OfferStatus.INFORMATIONAL:
            plan(unit, self._desk.ids, new.offer, now)
        status = _status_with(new.offer)
        if incident.status is not status:
            unit.incidents.move(incident.id, incident.status, status)
        purse.write()

    def _shown(self, unit: UnitOfWork, offer_id: str) -> bytes:
        return documents.dump(present(unit, [find(unit, offer_id).offer], self._desk.clock())[0])


def _demand_replaceable(unit: UnitOfWork, offer: Offer) -> None:
    """Refuse, with IllegalMove, what cannot be replaced: nor can what was said before the incident was opened again."""
    demand_legal(offer, OfferAction.SUPERSEDE)
    if offer.status is OfferStatus.INFORMATIONAL and unit.incidents.offers_of(offer.incident_id)[-1].id != offer.id:
        raise IllegalMove(offer.status, [])


def _of_incident(facts: Facts, incident: Incident) -> Facts:
    """The facts as those of the incident; it keeps its own reference, its customer and the order it is about."""
    told, order = facts.incident, facts.order
    if told.reference not in {None, incident.reference}:
        raise Unprocessable("/incident/reference", "another_incident", "The offer answers another incident.")
    if facts.customer.reference != incident.customer_reference:
        raise Unprocessable("/customer/reference", "another_customer", "The offer is for another customer.")
    if incident.order_reference is not None and (order is None or order.reference != incident.order_reference):
        raise Unprocessable("/order/reference", "another_order", "The offer is about another order.")
    return replace(facts, incident=replace(told, reference=incident.reference))


def _reserved(purse: Purse, new: NewOffer, category: str) -> Reservation:
    most = max(option.goodwill_cost_minor for option in new.options)
    reservation = purse.reserve(new.offer.currency, category, most)
    if reservation is None:
        raise BudgetExhausted
    return reservation


def _status_with(offer: Offer) -> IncidentStatus:
    """Where an incident stands with this offer."""
    return IncidentStatus.RESOLVED if offer.status is OfferStatus.INFORMATIONAL else IncidentStatus.OFFERED
