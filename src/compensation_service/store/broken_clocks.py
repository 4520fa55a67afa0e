"""Broken clocks: offers, and incidents without one, that should have been answered by now and were not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, exists, func, literal_column, or_, select

from compensation_service.domain.event import EventType
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.message import Direction
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.scope import MERCHANT, Scope, scoped
from compensation_service.store.tables import events, incidents, messages, offers, reopenings

OURS = (OfferStatus.PENDING_APPROVAL, OfferStatus.COUNTERED)
"""The customer waits for the merchant."""
TAKEN_BACK = (OfferStatus.REJECTED, OfferStatus.WITHDRAWN)
"""The customer waits for the merchant too, as long as the incident is open."""
_TOLD = (
    scoped(events, columns=[events.c.incident_id, events.c.occurred_at])
    .where(events.c.type == EventType.INCIDENT_ESCALATED)
    .subquery("told")
)
_DUE = (
    scoped(offers, incidents, columns=[offers.c.id, offers.c.incident_id])
    .where(
        incidents.c.id == offers.c.incident_id,
        offers.c.respond_by <= bindparam("at", type_=UTCDateTime),
        or_(
            offers.c.status.in_(OURS),
            and_(offers.c.status.in_(TAKEN_BACK), incidents.c.status == IncidentStatus.OPEN),
        ),
        ~exists(
            select(literal_column("1"))
            .select_from(_TOLD)
            .where(_TOLD.c.incident_id == offers.c.incident_id, _TOLD.c.occurred_at >= offers.c.respond_by)
            .correlate(offers)
        ),
    )
    .order_by(offers.c.id)
    .limit(bindparam("most"))
)
_ONE = _DUE.where(offers.c.id == bindparam("offer_id"))
_REOPENED_AT = (
    select(reopenings.c.at)
    .where(
        reopenings.c.merchant_id == MERCHANT,
        reopenings.c.incident_id == incidents.c.id,
        reopenings.c.number == incidents.c.reopened,
    )
    .scalar_subquery()
)
_BEGAN_AT = func.coalesce(_REOPENED_AT, incidents.c.reported_at, incidents.c.recorded_at)
"""From when on the customer waits."""
_ANSWERED = exists().where(
    messages.c.merchant_id == MERCHANT,
    messages.c.incident_id == incidents.c.id,
    messages.c.direction == Direction.OUT,
    messages.c.at >= _BEGAN_AT,
)
_UNDECIDED = (
    scoped(incidents, columns=[incidents.c.id])
    .where(
        incidents.c.status == IncidentStatus.OPEN,
        incidents.c.band.is_(None),  # as the index says it: nothing was decided yet
        or_(
            bindparam("to_be_decided", type_=UTCDateTime) >= _BEGAN_AT,
            and_(bindparam("to_be_answered", type_=UTCDateTime) >= _BEGAN_AT, ~_ANSWERED),
        ),
        ~exists().where(
            events.c.merchant_id == MERCHANT,
            events.c.incident_id == incidents.c.id,
            events.c.type == EventType.INCIDENT_ESCALATED,
            events.c.occurred_at >= _BEGAN_AT,
        ),
    )
    .order_by(incidents.c.id)
    .limit(bindparam("most"))
)
_ONE_UNDECIDED = _UNDECIDED.where(incidents.c.id == bindparam("incident_id"))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a customer may wait for the first answer, and for a decision, where nothing was decided yet."""

    first_answer: timedelta
    decision: timedelta


@dataclass(frozen=True, slots=True)
class BrokenClock:
    """An offer that nobody answered, with its incident; or an incident about which nothing was decided."""

    incident_id: str
    offer_id: str | None = None


class BrokenClocks:
    """What of the merchant's was to be answered, was not, and was not escalated since.

    Offers whose `respond_by` has passed; and open incidents without a decision, from their report or their last
    reopening on: by when somebody had to write to the customer, and if somebody did, by when to decide.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def due(self, at: datetime, patience: Patience, most: int) -> list[BrokenClock]:
        """Answer so many offers and so many incidents of them at most, by their ids."""
        undecided = self._scope.rows(_UNDECIDED, most=most, **_before(at, patience))
        found = [BrokenClock(row.incident_id, row.id) for row in self._scope.rows(_DUE, at=at, most=most)]
        return found + [BrokenClock(row.id) for row in undecided]

    def is_due(self, broken: BrokenClock, at: datetime, patience: Patience) -> bool:
        """Whether this one is among them."""
        if broken.offer_id is not None:
            return bool(self._scope.rows(_ONE, at=at, most=1, offer_id=broken.offer_id))
        moments = _before(at, patience)
        return bool(self._scope.rows(_ONE_UNDECIDED, most=1, incident_id=broken.incident_id, **moments))


def _before(at: datetime, patience: Patience) -> dict[str, datetime]:
    """Since when one must have waited to be told of now."""
    return {"to_be_answered": at - patience.first_answer, "to_be_decided": at - patience.decision}
