"""Planning to ask whether it is solved, and letting that be: what moves of offers and incidents bring with them."""

from dataclasses import replace
from datetime import datetime

from compensation_service.domain import follow_up as follow_ups
from compensation_service.domain import ids as prefixes
from compensation_service.domain.event import EventType
from compensation_service.domain.follow_up import WAITING, FollowUp, FollowUpAction, FollowUpStatus
from compensation_service.domain.ids import Ids
from compensation_service.domain.offer import Offer
from compensation_service.services.events import tell
from compensation_service.store.failures import Contended
from compensation_service.store.unit_of_work import UnitOfWork


def planned(ids: Ids, offer: Offer, taken_at: datetime) -> FollowUp | None:
    """The follow-up of an offer that was taken, or had nothing to take; None where the policy asks for none."""
    if offer.follow_up_at <= offer.decided_at:
        return None
    return FollowUp(
        id=ids(prefixes.FOLLOW_UP),
        merchant_id=offer.merchant_id,
        incident_id=offer.incident_id,
        offer_id=offer.id,
        status=FollowUpStatus.PLANNED,
        due_at=follow_ups.due_at(offer.follow_up_at, offer.decided_at, taken_at),
        planned_at=taken_at,
    )


def told_of(follow_up: FollowUp) -> dict[str, object]:
    """What an event says of a follow-up."""
    return {"follow_up": follow_up.id, "offer": follow_up.offer_id, "status": follow_up.status}


def plan(unit: UnitOfWork, ids: Ids, offer: Offer, taken_at: datetime) -> None:
    """Plan to ask about an offer that was taken; the unit holds its incident's lock."""
    follow_up = planned(ids, offer, taken_at)
    if follow_up is not None:
        unit.follow_ups.add([follow_up])
        tell(unit, ids, offer.incident_id, EventType.FOLLOW_UP_PLANNED, taken_at, told_of(follow_up), follow_up)


def cancel(unit: UnitOfWork, ids: Ids, incident_id: str, by: str, at: datetime, offer_id: str | None = None) -> None:
    """Let the follow-ups of an incident be that still wait, or those about one offer; the unit holds its lock."""
    for waiting in unit.follow_ups.of(incident_id):
        if waiting.status in WAITING and offer_id in {None, waiting.offer_id}:
            change(unit, ids, waiting, FollowUpAction.CANCEL, EventType.FOLLOW_UP_CANCELLED, at, by=by)


def change(
    unit: UnitOfWork,
    ids: Ids,
    follow_up: FollowUp,
    action: FollowUpAction,
    what: EventType,
    at: datetime,
    **told: object,
) -> FollowUp:
    """Move a follow-up and tell of it; the unit holds its incident's lock. IllegalMove."""
    after = replace(follow_up, status=follow_ups.move(follow_up.status, action))
    if not unit.follow_ups.change(follow_up.status, after):
        raise Contended
    tell(unit, ids, after.incident_id, what, at, {**told_of(after), **told}, after)
    return after
