"""Moving an offer: accepted, declined, countered, approved, rejected, withdrawn, fulfilled, or its time runs out.

One function moves, whoever asks: customers through a key, approvers, or the clock. The first wins; the same again
answers the same, anything else is refused with the status and what is still possible.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain import incident as incidents
from compensation_service.domain import offer as offers
from compensation_service.domain import remedy as remedies
from compensation_service.domain.api_key import ApiKey, Role
from compensation_service.domain.errors import (
    ApproverIsRequester,
    AuthorityNeeded,
    ChangedMeanwhile,
    IllegalMove,
    NotFound,
    TooLate,
    Unauthenticated,
    Unprocessable,
)
from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.incident import IncidentAction
from compensation_service.domain.offer import Offer, OfferAction, OfferStatus
from compensation_service.domain.offer_move import BY_CLOCK, BY_DEFAULT, AskedMove, OfferMove
from compensation_service.domain.remedy import RemedyAction, RemedyStatus
from compensation_service.services import reservations
from compensation_service.services.documents import dump
from compensation_service.services.events import tell
from compensation_service.services.idempotency import FOUND, Answer, Idempotency, remember, replay
from compensation_service.services.offer_documents import present
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
    OfferAction.WITHDRAW: EventType.OFFER_WITHDRAWN,
    OfferAction.EXPIRE: EventType.OFFER_EXPIRED,
    OfferAction.FULFIL: EventType.OFFER_FULFILLED,
}
TO_ASK_FOR: Final = frozenset(EVENTS) - {OfferAction.EXPIRE, OfferAction.FULFIL}
"""What a caller can ask for; the rest follows from the clock and from what was confirmed."""
JUDGING: Final = frozenset({OfferAction.APPROVE, OfferAction.REJECT})
TIMELESS: Final = frozenset({OfferAction.REJECT, OfferAction.FULFIL})
"""What does not ask whether the offer's time has run out."""
CONFIRMED: Final = {RemedyAction.FULFIL: RemedyStatus.FULFILLED, RemedyAction.FAIL: RemedyStatus.FAILED}
REMEDY_EVENTS: Final = {
    RemedyStatus.FULFILLED: EventType.REMEDY_FULFILLED,
    RemedyStatus.FAILED: EventType.REMEDY_FAILED,
}
RANKS: Final = tuple(Role)


class OfferMoveService:
    """The use cases that move an offer. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def move(
        self,
        merchant_id: str,
        offer_id: str,
        asked: AskedMove,
        key_id: str,
        *,
        version: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Do what is asked, and answer the offer; a move that was made before answers it as it stands.

        `version` is the one that the caller read, None for whatever it is. Raises NotFound, IllegalMove, TooLate,
        ChangedMeanwhile, Unprocessable for an unknown option, AuthorityNeeded or ApproverIsRequester.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> tuple[bytes, str]:
            offer = _locked(unit, offer_id).offer
            wanted = _completed(offer, asked)
            if not _was_made(unit, offer, wanted):
                _expect(offer, version)
                if wanted.action in JUDGING:
                    _demand_authority(offer, key)
                offer = self.make(unit, offer, wanted, key.id)
            return dump(present(unit, [offer], self._clock())[0]), offer.id

        return self._once(merchant_id, key_id, idempotency, work)

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

        def work(unit: UnitOfWork, key: ApiKey) -> tuple[bytes, str]:
            offer = _locked(unit, offer_id).offer
            promised = unit.remedies.of([offer.id]).get(offer.id, {})
            before = _promised(offer, promised, position)
            if before is not CONFIRMED[action]:
                _expect(offer, version)
                after = remedies.move(before, action)
                offer = self._confirm(unit, offer, {**promised, position: after}, position, before, key.id)
            return dump(present(unit, [offer], self._clock())[0]), offer.id

        return self._once(merchant_id, key_id, idempotency, work)

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
        if all(each is RemedyStatus.FULFILLED for each in promised.values()):
            return self.make(unit, offer, AskedMove(OfferAction.FULFIL), by)
        return offer

    def settle(self, merchant_id: str, offer_id: str) -> OfferStatus | None:
        """Let an offer run out whose time is over, or accept its default; what it became, None if nothing was due."""

        def attempt() -> OfferStatus | None:
            with self._store.writing(merchant_id) as unit:
                offer = _locked(unit, offer_id).offer
                becomes = offer.runs_out_as()
                if becomes is offer.status:
                    return None
                if becomes is OfferStatus.ACCEPTED:
                    return self.make(unit, offer, _completed(offer, AskedMove(OfferAction.ACCEPT)), BY_DEFAULT).status
                return self.make(unit, offer, AskedMove(OfferAction.EXPIRE), BY_CLOCK).status

        try:
            return retried(attempt)
        except TooLate:  # too early: the database's clock says that there is time left
            return None

    def make(self, unit: UnitOfWork, offer: Offer, asked: AskedMove, by: str) -> Offer:
        """Move an offer whose incident's lock the unit holds, with all that goes with it; IllegalMove or TooLate."""
        _demand_legal(offer, asked.action)
        status = offers.move(offer.status, asked.action)
        moved = self._written(unit, offer, status, asked.option)
        _demand_time(offer, asked.action, moved, by)
        after = replace(offer, status=status, version=moved.version, chosen_option=asked.option or offer.chosen_option)
        if asked.action is OfferAction.ACCEPT:
            _promise(unit, after)
        unit.moves.add(_record(after, asked, by, moved))
        self._tell(unit, after, EVENTS[asked.action], by, moved)
        reservations.settle(unit, after, asked.action, moved.at)
        return after

    def _written(self, unit: UnitOfWork, offer: Offer, status: OfferStatus, option: str | None = None) -> Moved:
        moved = unit.offers.move(offer, status, self._clock(), option)
        if moved is None:  # somebody moved it without the lock: done again, the work finds what they did
            raise Contended
        return moved

    def _tell(self, unit: UnitOfWork, offer: Offer, what: EventType, by: str, moved: Moved, **more: object) -> None:
        """Add an event. It names nobody and quotes nobody: words lie in the move, where they can be erased."""
        told = {"offer": offer.id, "status": offer.status, "version": offer.version, "by": by, **more}
        if what is EventType.OFFER_ACCEPTED:
            told["option"] = offer.chosen_option
        tell(unit, self._ids, offer.incident_id, what, moved.at, told)

    def _once(
        self,
        merchant_id: str,
        key_id: str,
        idempotency: Idempotency | None,
        work: Callable[[UnitOfWork, ApiKey], tuple[bytes, str]],
    ) -> Answer:
        """Do the work in a unit of its own with a key that is usable there; a repeated idempotency key does nothing."""

        def attempt() -> Answer:
            with self._store.writing(merchant_id) as unit:
                key = unit.api_keys.usable({key_id}, self._clock()).get(key_id)
                if key is None:
                    raise Unauthenticated
                if idempotency is not None and (before := self._answered(unit, idempotency)):
                    return before
                body, offer_id = work(unit, key)
                answer = Answer(FOUND, body)
                if idempotency is not None:
                    unit.answers.add([remember(idempotency, answer, offer_id, self._clock())])
                return answer

        return retried(attempt)

    def _answered(self, unit: UnitOfWork, idempotency: Idempotency) -> Answer | None:
        name = (idempotency.path, idempotency.key)
        stored = unit.answers.find([name]).get(name)
        if stored is None:
            return None
        outcome = replay(
            stored, idempotency, lambda offer_id: dump(present(unit, [_find(unit, offer_id).offer], self._clock())[0])
        )
        if isinstance(outcome, Answer):
            return outcome
        raise outcome


def _find(unit: UnitOfWork, offer_id: str) -> StoredOffer:
    found = unit.offers.get(offer_id)
    if found is None:
        raise NotFound
    return found


def _locked(unit: UnitOfWork, offer_id: str) -> StoredOffer:
    """The offer as it is once no other unit can move it: events of an incident are counted one after the other."""
    unit.lock({f"incident:{_find(unit, offer_id).incident.id}"})
    return _find(unit, offer_id)


def _promised(offer: Offer, promised: Mapping[int, RemedyStatus], position: int) -> RemedyStatus:
    """Where a remedy of the chosen option stands; IllegalMove while none is promised, NotFound where it has none."""
    if not promised:
        _demand_legal(offer, OfferAction.FULFIL)
    if position not in promised:
        raise NotFound
    return promised[position]


def _completed(offer: Offer, asked: AskedMove) -> AskedMove:
    """What is asked for, with the default option where none is named."""
    if asked.action is OfferAction.ACCEPT and asked.option is None:
        return replace(asked, option=offer.default_option)
    return asked


def _was_made(unit: UnitOfWork, offer: Offer, asked: AskedMove) -> bool:
    """Whether the same was done last; that everything is fulfilled since does not undo an acceptance."""
    if offer.version == 1:
        return False
    made = [move for move in unit.moves.of([offer.id]).get(offer.id, ()) if move.action is not OfferAction.FULFIL]
    return bool(made) and made[-1].answers(asked)


def _expect(offer: Offer, version: str | None) -> None:
    if version is not None and version != str(offer.version):
        raise ChangedMeanwhile


def _demand_legal(offer: Offer, action: OfferAction) -> None:
    allowed = offers.MOVES[offer.status]
    if action not in allowed:
        raise IllegalMove(offer.status, [each for each in allowed if each in TO_ASK_FOR])


def _demand_time(offer: Offer, action: OfferAction, moved: Moved, by: str) -> None:
    """Refuse what came too late, or what the clock does too early, by the moment of the move itself."""
    if action in TIMELESS:
        return
    late = moved.at >= offer.expires_at
    if late != (by in {BY_DEFAULT, BY_CLOCK}):
        allowed = [each for each in offers.MOVES[offer.status] if each in TO_ASK_FOR & TIMELESS]
        raise TooLate(offer.status_at(moved.at), allowed)


def _demand_authority(offer: Offer, key: ApiKey) -> None:
    """Refuse a key that may not judge this offer. A status that asks for no judgement is refused for that later."""
    needed = offer.approval_role
    if offer.status is not OfferStatus.PENDING_APPROVAL or needed is None:
        return
    if not _has_authority(key.role, needed):
        raise AuthorityNeeded(needed)
    if key.id == offer.requested_by:
        raise ApproverIsRequester


def _has_authority(role: Role, needed: ApproverRole) -> bool:
    return RANKS.index(role) >= RANKS.index(Role(needed.value))


def _promise(unit: UnitOfWork, offer: Offer) -> None:
    """Promise what the chosen option holds; the incident is resolved with it."""
    if offer.chosen_option is None or not unit.remedies.promise(offer.id, offer.chosen_option):
        raise Unprocessable("/option", "unknown_option", "This offer has no such option.")
    incident = _find(unit, offer.id).incident
    unit.incidents.move(incident.id, incident.status, incidents.move(incident.status, IncidentAction.RESOLVE))


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
