"""Moving an offer: accepted, declined, countered, kept, approved, rejected, withdrawn, or its time runs out.

One function moves, whoever asks: customers through a key, approvers, or the clock. The first wins; the same again
answers the same, anything else is refused with the status and what is still possible.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from compensation_service.domain import incident as incidents
from compensation_service.domain import remedy as remedies
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import (
    ChangedMeanwhile,
    NotFound,
    TooLate,
    Unprocessable,
)
from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.incident import IncidentAction, IncidentStatus
from compensation_service.domain.offer import (
    ANSWER_WITHIN,
    ASKING_ANEW,
    GAVE_NOTHING,
    LIVE,
    Offer,
    OfferAction,
    OfferStatus,
)
from compensation_service.domain.offer_move import BY_CLOCK, BY_CUSTOMER, BY_DEFAULT, AskedMove, OfferMove
from compensation_service.domain.remedy import RemedyAction, RemedyStatus
from compensation_service.services import reservations
from compensation_service.services.approvals import (
    authority_for,
    demand_judge,
    demand_within_cap,
    given_besides,
)
from compensation_service.services.documents import dump
from compensation_service.services.events import tell
from compensation_service.services.follow_up_plans import cancel, plan
from compensation_service.services.idempotency import FOUND, Answer, Done, Idempotency, Once
from compensation_service.services.offer_documents import carried_out_by, present
from compensation_service.services.offer_rules import (
    completed,
    demand_legal,
    demand_patience,
    demand_time,
    expect,
    find,
    locked,
    was_made,
)
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.failures import Contended
from compensation_service.store.offers import Moved, StoredOffer
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

EVENTS: Final = {
    OfferAction.APPROVE: EventType.OFFER_APPROVED,
    OfferAction.REJECT: EventType.OFFER_REJECTED,
    OfferAction.ACCEPT: EventType.OFFER_ACCEPTED,
    OfferAction.DECLINE: EventType.OFFER_DECLINED,
    OfferAction.COUNTER: EventType.OFFER_COUNTERED,
    OfferAction.KEEP: EventType.OFFER_KEPT,
    OfferAction.SUPERSEDE: EventType.OFFER_SUPERSEDED,
    OfferAction.WITHDRAW: EventType.OFFER_WITHDRAWN,
    OfferAction.EXPIRE: EventType.OFFER_EXPIRED,
    OfferAction.FULFIL: EventType.OFFER_FULFILLED,
}
CONFIRMED: Final = {RemedyAction.FULFIL: RemedyStatus.FULFILLED, RemedyAction.FAIL: RemedyStatus.FAILED}
REMEDY_EVENTS: Final = {
    RemedyStatus.FULFILLED: EventType.REMEDY_FULFILLED,
    RemedyStatus.FAILED: EventType.REMEDY_FAILED,
}


class OfferMoveService:
    """The use cases that move an offer. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, book: PolicyBook | None = None) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._book = book or PolicyBook(store, clock)
        self._once = Once(store, clock, lambda unit, offer_id: self._shown(unit, find(unit, offer_id).offer))

    def move(
        self,
        merchant_id: str,
        offer_id: str,
        asked: AskedMove,
        key_id: str,
        *,
        version: str | None = None,
        goodwill_minor: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Do what is asked, and answer the offer; a move that was made before answers it as it stands.

        `version` and `goodwill_minor` are those that the caller read, None for whatever they are. Raises NotFound,
        IllegalMove, TooLate, ChangedMeanwhile, Unprocessable for an unknown option, AuthorityNeeded,
        ApproverIsRequester or ApprovalNeeded.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            found = locked(unit, offer_id)
            offer, wanted = found.offer, completed(found.offer, asked)
            if not was_made(unit, offer, wanted):
                expect(offer, version)
                if goodwill_minor not in {None, offer.goodwill_minor}:
                    raise ChangedMeanwhile
                self._demand_permission(unit, found, wanted.action, key)
                offer = self.make(unit, offer, wanted, key.id)
            return Answer(FOUND, self._shown(unit, offer)), offer.id

        return self._once.run(merchant_id, key_id, idempotency, work, offer_id)

    def move_by_customer(self, unit: UnitOfWork, offer_id: str, asked: AskedMove, version: str) -> Offer:
        """Do what the customer asks for on the page of the offer; what was done before is not done again.

        Raises what `move` raises. `version` is the one that the page showed.
        """
        found = locked(unit, offer_id)
        offer, wanted = found.offer, completed(found.offer, asked)
        if was_made(unit, offer, wanted):
            return offer
        expect(offer, version)
        demand_patience(unit, offer, wanted.action)
        return self.make(unit, offer, wanted, BY_CUSTOMER)

    def confirm(
        self,
        merchant_id: str,
        offer_id: str,
        position: int,
        action: RemedyAction,
        key_id: str,
        *,
        version: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Say of a promised remedy that it reached the customer, or did not; `position` counts within its option.

        With the last one the offer is fulfilled. Raises NotFound, IllegalMove or ChangedMeanwhile.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            offer = locked(unit, offer_id).offer
            promised = unit.remedies.of([offer.id]).get(offer.id, {})
            before = _promised(offer, promised, position)
            if before is not CONFIRMED[action]:
                expect(offer, version)
                after = remedies.move(before, action)
                offer = self._confirm(unit, offer, {**promised, position: after}, position, before, key.id)
            return Answer(FOUND, self._shown(unit, offer)), offer.id

        return self._once.run(merchant_id, key_id, idempotency, work, offer_id)

    def _confirm(
        self,
        unit: UnitOfWork,
        offer: Offer,
        promised: Mapping[int, RemedyStatus],
        position: int,
        before: RemedyStatus,
        by: str,
    ) -> Offer:
        """Write the status of one remedy of an offer, which gets its next version; then, if it was the last, fulfil."""
        status = promised[position]
        if not unit.remedies.confirm(offer.id, offer.chosen_option or "", position, before, status):
            raise Contended
        moved = self._written(unit, offer, offer.status)
        offer = replace(offer, version=moved.version)
        self._tell(unit, offer, REMEDY_EVENTS[status], by, moved, remedy=position)
        return self._fulfilled(unit, offer, promised, by)

    def _fulfilled(self, unit: UnitOfWork, offer: Offer, promised: Mapping[int, RemedyStatus], by: str) -> Offer:
        """Fulfil an offer of which everything promised has reached the customer, once nothing more can be promised."""
        arrived = promised and all(each is RemedyStatus.FULFILLED for each in promised.values())
        if offer.status is OfferStatus.ACCEPTED and arrived:
            return self.make(unit, offer, AskedMove(OfferAction.FULFIL), by)
        return offer

    def settle(self, merchant_id: str, offer_id: str) -> OfferStatus | None:
        """Do what is due to an offer whose time is over; what it became, None if nothing was due.

        It expires, its default is accepted, or of what was taken only what is owed stays; where the goodwill of a
        default was never judged, both of the latter.
        """

        def attempt() -> OfferStatus | None:
            with self._store.writing(merchant_id) as unit:
                offer = locked(unit, offer_id).offer
                if offer.runs_out_by() is None:
                    return None
                while action := offer.runs_out_by():
                    by = BY_DEFAULT if action is OfferAction.ACCEPT else BY_CLOCK
                    offer = self.make(unit, offer, completed(offer, AskedMove(action)), by)
                return offer.status

        try:
            return retried(attempt)
        except TooLate:  # too early: the database's clock says that there is time left
            return None

    def make(self, unit: UnitOfWork, offer: Offer, asked: AskedMove, by: str, *, successor: str | None = None) -> Offer:
        """Move an offer that `locked` gave, with all that goes with it; IllegalMove or TooLate.

        `successor` is the id of the offer that takes its place.
        """
        demand_legal(offer, asked.action)
        status = offer.allowed[asked.action]
        moved = self._written(unit, offer, status, asked.option)
        demand_time(offer, asked.action, moved, by)
        after = replace(offer, status=status, version=moved.version, chosen_option=asked.option or offer.chosen_option)
        if successor is not None:
            unit.offers.succeed(offer.id, successor)
            after = replace(after, superseded_by=successor)
        after = self._carry_out(unit, after, asked.action, moved)
        made = _record(after, asked, by, moved)
        unit.moves.add(made)
        more = {"successor": successor} if successor else {}
        self._tell(unit, after, EVENTS[asked.action], by, moved, made, **more)
        self._follow(unit, after, by, moved)
        reservations.settle(unit, after, asked.action, moved.at)
        if offer.status is OfferStatus.PART_ACCEPTED and status is OfferStatus.ACCEPTED:
            return self._fulfilled(unit, after, unit.remedies.of([after.id])[after.id], by)
        return after

    def _carry_out(self, unit: UnitOfWork, offer: Offer, action: OfferAction, moved: Moved) -> Offer:
        """Write what a move means besides the new status, which the offer has already."""
        if action in ASKING_ANEW and offer.status in LIVE:
            offer = replace(offer, expires_at=max(offer.expires_at, moved.at + ANSWER_WITHIN))
            unit.offers.prolong(offer.id, offer.expires_at)
        if offer.status is OfferStatus.PART_ACCEPTED:
            _promise(unit, offer, moved.at, offer.owed_remedies)
        if offer.status is OfferStatus.ACCEPTED:
            incident = find(unit, offer.id).incident
            if action in reservations.GIVING:
                if action is OfferAction.ACCEPT:
                    policy = self._book.version(unit, offer.policy_version)
                    demand_within_cap(unit, offer, incident, policy, moved.at)
                _promise(unit, offer, moved.at)
            else:
                unit.offers.withhold_goodwill(offer.id)
                offer = replace(offer, goodwill_minor=0)
            unit.incidents.move(incident.id, incident.status, incidents.move(incident.status, IncidentAction.RESOLVE))
        return offer

    def _follow(self, unit: UnitOfWork, offer: Offer, by: str, moved: Moved) -> None:
        """What follows for the incident: somebody asks about what was taken, and looks at what came to nothing."""
        if offer.status is OfferStatus.ACCEPTED:
            plan(unit, self._ids, offer, moved.at)
        elif offer.status in {OfferStatus.WITHDRAWN, OfferStatus.SUPERSEDED}:
            cancel(unit, self._ids, offer.incident_id, by, moved.at, offer.id)
        if offer.status in GAVE_NOTHING - {OfferStatus.SUPERSEDED}:
            offered = IncidentStatus.OFFERED
            unit.incidents.move(offer.incident_id, offered, incidents.move(offered, IncidentAction.LAPSE))

    def _demand_permission(self, unit: UnitOfWork, found: StoredOffer, action: OfferAction, key: ApiKey) -> None:
        """Refuse a key that may not judge, and a customer who has countered often enough."""
        offer = found.offer
        if action is OfferAction.REJECT:
            demand_judge(unit, offer, key)
        if action is OfferAction.APPROVE:
            policy = self._book.version(unit, offer.policy_version)
            besides = given_besides(unit, offer, found.incident, self._clock())
            demand_judge(unit, offer, key, authority_for(policy, offer.currency, offer.goodwill_minor, besides))
        demand_patience(unit, offer, action)

    def _shown(self, unit: UnitOfWork, offer: Offer) -> bytes:
        return dump(present(unit, [offer], self._clock())[0])

    def _written(self, unit: UnitOfWork, offer: Offer, status: OfferStatus, option: str | None = None) -> Moved:
        moved = unit.offers.move(offer, status, self._clock(), option)
        if moved is None:  # somebody moved it without the lock: done again, the work finds what they did
            raise Contended
        return moved

    def _tell(
        self, unit: UnitOfWork, offer: Offer, what: EventType, by: str, moved: Moved, *rows: object, **more: object
    ) -> None:
        """Add an event that holds the offer and these rows fast.

        It names nobody and quotes nobody: words lie in the move, where they can be erased.
        """
        told = {"offer": offer.id, "status": offer.status, "version": offer.version, "by": by, **more}
        if what is EventType.OFFER_ACCEPTED:
            told["option"] = offer.chosen_option
        tell(unit, self._ids, offer.incident_id, what, moved.at, told, offer, *rows)


def _promised(offer: Offer, promised: Mapping[int, RemedyStatus], position: int) -> RemedyStatus:
    """Where a remedy of the chosen option stands; IllegalMove while none is promised, NotFound where it has none."""
    if not promised:
        demand_legal(offer, OfferAction.FULFIL)
    if position not in promised:
        raise NotFound
    return promised[position]


def _promise(unit: UnitOfWork, offer: Offer, at: datetime, first: int | None = None) -> None:
    """Promise what the chosen option holds and was not promised before, or the first so many remedies of it."""
    if offer.chosen_option is None or not unit.remedies.promise(offer.id, offer.chosen_option, first):
        raise Unprocessable("/option", "unknown_option", "This offer has no such option.")
    unit.offers.confirm_by(offer.id, carried_out_by(offer, at))


def _record(offer: Offer, asked: AskedMove, by: str, moved: Moved) -> OfferMove:
    return OfferMove(
        offer_id=offer.id,
        version=moved.version,
        action=asked.action,
        by=by,
        at=moved.at,
        option=asked.option,
        reason=asked.reason,
        words=asked.words,
        kind=asked.kind,
        amount_minor=asked.amount_minor,
    )
