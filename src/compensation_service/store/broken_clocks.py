"""Broken clocks: what customers should have had by now and did not: an answer, a decision, what they were promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, literal_column, or_, select

from compensation_service.decision.policy import Band
from compensation_service.domain.event import EventType
from compensation_service.domain.incident import Awaited, IncidentStatus
from compensation_service.domain.message import Direction
from compensation_service.domain.offer import OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.scope import MERCHANT, Query, Scope, scoped
from compensation_service.store.tables import events, incidents, messages, offers, remedies, reopenings

OURS = (OfferStatus.PENDING_APPROVAL, OfferStatus.COUNTERED)
"""The customer waits for the merchant."""
TAKEN_BACK = (OfferStatus.REJECTED, OfferStatus.WITHDRAWN)
"""The customer waits for the merchant too, as long as the incident is open."""
PROMISED: Final[list[ColumnElement[str]]] = [
    literal_column(f"'{status}'") for status in (OfferStatus.ACCEPTED, OfferStatus.PART_ACCEPTED)
]
"""The customer waits for what they chose; written out, as the index has it."""
BANDS: Final = (None, *Band)
"""Before anything is decided the band is not known."""

Patience: TypeAlias = Mapping[tuple[Awaited, Band | None], timedelta]
"""How long an incident may wait for what, by its band."""

_AT = bindparam("at", type_=UTCDateTime)
_REOPENED_AT = (
    select(reopenings.c.at)
    .where(
        reopenings.c.merchant_id == MERCHANT,
        reopenings.c.incident_id == incidents.c.id,
        reopenings.c.number == incidents.c.reopened,
    )
    .correlate(incidents)  # within an EXISTS it would be those of all incidents
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
_DECIDED = exists().where(
    offers.c.merchant_id == MERCHANT,
    offers.c.incident_id == incidents.c.id,
    offers.c.decided_at >= _BEGAN_AT,
)
_CAME = {Awaited.ACKNOWLEDGE: or_(_ANSWERED, _DECIDED), Awaited.DECIDE: _DECIDED}
"""Whether what is awaited of an incident without an offer came; a decision is an answer too."""
_UNCONFIRMED = exists().where(
    remedies.c.merchant_id == MERCHANT,
    remedies.c.offer_id == offers.c.id,
    remedies.c.status == RemedyStatus.PROMISED,
)
_FIRST_CONFIRMED = (
    scoped(offers, columns=[func.min(offers.c.id)])
    .where(offers.c.status == OfferStatus.FULFILLED)
    .correlate(None)
    .scalar_subquery()
)
"""The merchant's first offer, by its id, of which everything was confirmed; null as long as there is none."""


def _since(awaited: Awaited, band: Band | None) -> str:
    """The parameter with the moment since which who waits has waited too long."""
    return f"{awaited}_{band or 'unknown'}_since"


def _late(awaited: Awaited) -> ColumnElement[bool]:
    """Whether an incident has waited too long for its band since it began or was opened again last."""
    moments = {band: bindparam(_since(awaited, band), type_=UTCDateTime) for band in BANDS}
    of_band = [(incidents.c.band == band, moments[band]) for band in Band]
    return case(*of_band, else_=moments[None]) >= _BEGAN_AT


def _told(awaited: Awaited, since: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether it was told of before that an incident waits for this."""
    return exists().where(
        events.c.merchant_id == MERCHANT,
        events.c.incident_id == incidents.c.id,
        events.c.type == EventType.INCIDENT_ESCALATED,
        events.c.occurred_at >= since,
        events.c.payload.contains(f'"clock":"{awaited}"'),
    )


def _without_offer(awaited: Awaited) -> Query:
    """Open incidents that wait for this, and about which nothing was decided since they began or were opened again."""
    return (
        scoped(incidents, columns=[incidents.c.id])
        .where(
            incidents.c.status == IncidentStatus.OPEN,
            or_(incidents.c.band.is_(None), incidents.c.reopened > literal_column("0")),  # as the index says it
            _late(awaited),
            ~_CAME[awaited],
            ~_told(awaited, _BEGAN_AT),
        )
        .order_by(incidents.c.id)
        .limit(bindparam("most"))
    )


def _with_offer(*criteria: ColumnElement[bool]) -> Query:
    """Offers that wait for this as the criteria say."""
    return (
        scoped(offers, incidents, columns=[offers.c.id, offers.c.incident_id])
        .where(incidents.c.id == offers.c.incident_id, *criteria)
        .limit(bindparam("most"))
    )


_WITHOUT_OFFER = {awaited: _without_offer(awaited) for awaited in _CAME}
_WITH_OFFER = {
    Awaited.DECIDE: _with_offer(
        or_(
            and_(incidents.c.reopened == 0, offers.c.respond_by <= _AT),
            and_(incidents.c.reopened > 0, offers.c.decided_at >= _REOPENED_AT, _late(Awaited.DECIDE)),
        ),
        offers.c.status.in_(OURS + TAKEN_BACK),
        or_(offers.c.status.in_(OURS), incidents.c.status == IncidentStatus.OPEN),
        ~_told(Awaited.DECIDE, func.coalesce(_REOPENED_AT, offers.c.respond_by)),
    ).order_by(offers.c.status, offers.c.id),  # as the index has them: SQLite would go through all offers
    Awaited.CARRY_OUT: _with_offer(
        offers.c.status.in_(PROMISED),
        offers.c.confirm_by <= _AT,
        offers.c.id > _FIRST_CONFIRMED,
        incidents.c.status != IncidentStatus.CLOSED,
        _UNCONFIRMED,
    ).order_by(offers.c.id),
}
_ONE_WITHOUT_OFFER = {
    awaited: statement.where(incidents.c.id == bindparam("incident_id"))
    for awaited, statement in _WITHOUT_OFFER.items()
}
_ONE_WITH_OFFER = {
    awaited: statement.where(offers.c.id == bindparam("offer_id")) for awaited, statement in _WITH_OFFER.items()
}


@dataclass(frozen=True, slots=True)
class BrokenClock:
    """An offer that waits for an answer or to be carried out, with its incident; or an incident that has none."""

    incident_id: str
    awaited: Awaited
    offer_id: str | None = None


class BrokenClocks:
    """What of the merchant's was to be answered or carried out, was not, and was not escalated since.

    Offers whose `respond_by` has passed; and open incidents without a decision, from their report on: by when somebody
    had to write to the customer, and by when to decide. What was opened again has that time anew from then on, whatever
    was decided or told of before. And accepted offers of which a remedy is not confirmed by the moment that they gave
    themselves: for merchants who confirm, which shows in an earlier offer that is fulfilled.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def due(self, at: datetime, patience: Patience, most: int) -> list[BrokenClock]:
        """Answer so many offers, and so many incidents without one, at most for each that is awaited."""
        asked = {"at": at, "most": most, **_moments(at, patience)}
        return [
            BrokenClock(row.incident_id, awaited, row.id)
            for awaited, statement in _WITH_OFFER.items()
            for row in self._scope.rows(statement, **asked)
        ] + [
            BrokenClock(row.id, awaited)
            for awaited, statement in _WITHOUT_OFFER.items()
            for row in self._scope.rows(statement, **asked)
        ]

    def is_due(self, broken: BrokenClock, at: datetime, patience: Patience) -> bool:
        """Whether this one is among them."""
        asked = {"at": at, "most": 1, **_moments(at, patience)}
        if broken.offer_id is not None:
            one = _ONE_WITH_OFFER[broken.awaited]
            return bool(self._scope.rows(one, offer_id=broken.offer_id, **asked))
        one = _ONE_WITHOUT_OFFER[broken.awaited]
        return bool(self._scope.rows(one, incident_id=broken.incident_id, **asked))


def _moments(at: datetime, patience: Patience) -> dict[str, datetime]:
    """Since when one must have waited to be told of now."""
    return {_since(*key): at - span for key, span in patience.items()}
