"""What is asked of an offer before it moves: that it is there, as it was read, allowed to, and in time."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from compensation_service.domain.errors import ChangedMeanwhile, CounteredTooOften, IllegalMove, NotFound, TooLate
from compensation_service.domain.offer import COUNTERS_MOST, Offer, OfferAction
from compensation_service.domain.offer_move import BY_CLOCK, BY_DEFAULT, AskedMove
from compensation_service.services.history import locks
from compensation_service.store.offers import Moved, StoredOffer
from compensation_service.store.unit_of_work import UnitOfWork

TO_ASK_FOR: Final = frozenset(OfferAction) - {OfferAction.EXPIRE, OfferAction.FULFIL}
"""What a caller can ask for; the rest follows from the clock and from what was confirmed."""
TIMELESS: Final = frozenset({OfferAction.SUPERSEDE, OfferAction.FULFIL})
"""What does not ask whether the offer's time has run out."""
LEAVES_ACCEPTED: Final = frozenset({OfferAction.APPROVE, OfferAction.REJECT, OfferAction.EXPIRE, OfferAction.FULFIL})
"""What may follow an acceptance without undoing it."""


def find(unit: UnitOfWork, offer_id: str) -> StoredOffer:
    """The offer with its incident; NotFound if this merchant has none of this id."""
    found = unit.offers.get(offer_id)
    if found is None:
        raise NotFound
    return found


def locked(unit: UnitOfWork, offer_id: str, *orders: str | None) -> StoredOffer:
    """The offer as it is once no other unit can move it, or give its customer or these orders anything meanwhile.

    Events of an incident are counted one after the other, and so is what customers and orders are given. Whoever locks
    both does it in this order.
    """
    incident = find(unit, offer_id).incident
    unit.lock({f"incident:{incident.id}"})
    names = {
        name for order in (incident.order_reference, *orders) for name in locks(incident.customer_reference, order)
    }
    unit.lock(names)
    return find(unit, offer_id)


def expect(offer: Offer, version: str | None) -> None:
    """Refuse what was decided on another version than the present one, with ChangedMeanwhile; None is any."""
    if version is not None and version != str(offer.version):
        raise ChangedMeanwhile


def completed(offer: Offer, asked: AskedMove) -> AskedMove:
    """What is asked for, with the default option where none is named."""
    if asked.action is OfferAction.ACCEPT and asked.option is None:
        return replace(asked, option=offer.default_option)
    return asked


def was_made(unit: UnitOfWork, offer: Offer, asked: AskedMove) -> bool:
    """Whether the same was done last, apart from what followed without undoing it."""
    if offer.version == 1:
        return False
    follows = LEAVES_ACCEPTED if asked.action is OfferAction.ACCEPT else {OfferAction.FULFIL}
    made = [move for move in unit.moves.of([offer.id]).get(offer.id, ()) if move.action not in follows]
    return bool(made) and made[-1].answers(asked)


def to_ask_for(actions: Collection[OfferAction]) -> list[OfferAction]:
    """Those that a caller can ask for, in one order."""
    return [action for action in OfferAction if action in actions and action in TO_ASK_FOR]


def demand_legal(offer: Offer, action: OfferAction) -> None:
    """Refuse what the offer does not allow, with IllegalMove."""
    if action not in offer.allowed:
        raise IllegalMove(offer.status, to_ask_for(offer.allowed.keys()))


def demand_time(offer: Offer, action: OfferAction, moved: Moved, by: str) -> None:
    """Refuse what came too late, or what the clock does too early, by the moment of the move itself."""
    if action in TIMELESS:
        return
    late = moved.at >= offer.expires_at
    if late != (by in {BY_DEFAULT, BY_CLOCK}):
        raise TooLate(offer.status_at(moved.at), to_ask_for(offer.allowed.keys() & TIMELESS))


def demand_patience(unit: UnitOfWork, offer: Offer, action: OfferAction) -> None:
    """Refuse a customer who has countered often enough."""
    if action is OfferAction.COUNTER and action in offer.allowed:
        made = unit.moves.of([offer.id]).get(offer.id, ())
        if sum(move.action is OfferAction.COUNTER for move in made) >= COUNTERS_MOST:
            raise CounteredTooOften(offer.status, to_ask_for(set(offer.allowed) - {action}))
