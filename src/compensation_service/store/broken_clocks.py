"""Broken clocks: offers that should have been answered by now and were not."""

from datetime import datetime

from sqlalchemy import and_, bindparam, exists, literal_column, or_, select

from compensation_service.domain.event import EventType
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.scope import Scope, scoped
from compensation_service.store.tables import events, incidents, offers

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


class BrokenClocks:
    """The merchant's offers whose `respond_by` has passed unanswered, and that were not escalated since."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def due(self, at: datetime, most: int) -> list[tuple[str, str]]:
        """Answer so many of them at most, each with its incident, by their ids."""
        return [(row.id, row.incident_id) for row in self._scope.rows(_DUE, at=at, most=most)]

    def is_due(self, offer_id: str, at: datetime) -> bool:
        """Whether this one is among them."""
        return bool(self._scope.rows(_ONE, at=at, most=1, offer_id=offer_id))
