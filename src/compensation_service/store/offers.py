"""Offers in the store, with the options and remedies in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, type_coerce

from compensation_service.decision.policy import Band
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.decision.record import record
from compensation_service.domain.incident import Incident
from compensation_service.domain.offer import JUDGED, LIVE, MOVES, Offer, OfferAction, OfferStatus
from compensation_service.domain.remedy import Option, Remedy
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import Record, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import incidents, offers, options, remedies

_COLUMNS = columns_of(offers, Offer)
_RUNS_OUT = sorted(status for status in LIVE if MOVES[status][OfferAction.EXPIRE] is OfferStatus.EXPIRED)
_INCIDENT = [column.label(f"incident_{column.name}") for column in columns_of(incidents, Incident)]
_ALL = scoped(offers, incidents, columns=[*_COLUMNS, *_INCIDENT]).where(incidents.c.id == offers.c.incident_id)
_ONE = _ALL.where(offers.c.id == bindparam("offer_id"))
_DUE = (
    scoped(offers, columns=[offers.c.id])
    .where(offers.c.status.in_(sorted(LIVE)), offers.c.expires_at <= bindparam("at"), offers.c.id > bindparam("after"))
    .order_by(offers.c.id)
    .limit(bindparam("most"))
)
_OPTIONS = (
    scoped(
        options,
        remedies,
        columns=[
            options.c.id,
            options.c.worth_minor,
            options.c.cost_minor.label("option_cost"),
            options.c.goodwill_cost_minor,
            *columns_of(remedies, Remedy),
        ],
    )
    .where(
        options.c.offer_id == bindparam("offer_id"),
        remedies.c.offer_id == options.c.offer_id,
        remedies.c.option_id == options.c.id,
    )
    .order_by(options.c.position, remedies.c.position)
)


@record
class NewOffer:
    """An offer to be added, with its options in the order in which they are shown."""

    offer: Offer
    options: tuple[Option, ...]


@record
class StoredOffer:
    """An offer and the incident that it answers."""

    offer: Offer
    incident: Incident


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Which offers; None leaves a question open. `decided_from` is included, `decided_before` is not."""

    status: OfferStatus | None = None
    customer: str | None = None
    order: str | None = None
    category: str | None = None
    band: Band | None = None
    currency: str | None = None
    incident: str | None = None
    decided_from: datetime | None = None
    decided_before: datetime | None = None
    judged_by: frozenset[ApproverRole] | None = None
    """Those whose goodwill waits for one of these roles."""
    not_asked_by: frozenset[str] = frozenset()
    """Not those that keys of these ids asked for."""
    at: datetime | None = None
    """The moment for which `status` is asked: what has run out by then counts as expired; None for as it is kept."""


@dataclass(frozen=True, slots=True)
class Moved:
    """An offer after a move. `at` was read once nobody else could change the offer any more."""

    version: int
    at: datetime


_WAITS = and_(
    offers.c.id == bindparam("of_offer"),
    offers.c.status == bindparam("status_before"),
    offers.c.version == bindparam("version_before"),
)
_MOVE = (
    scoped_update(offers)
    .where(_WAITS)
    .values(
        status=bindparam("new_status"),
        chosen_option=bindparam("new_option"),
        version=offers.c.version + 1,
    )
)
_MOVE_ON_SQLITE = _MOVE.returning(offers.c.version)
_MOVE_ON_POSTGRESQL = _MOVE.returning(offers.c.version, type_coerce(func.clock_timestamp(), UTCDateTime).label("at"))
"""RETURNING is worked out after the row is locked, however long that took; now() would be the transaction's begin."""
_IS_OFFER = offers.c.id == bindparam("of_offer")
_PROLONG = scoped_update(offers).where(_IS_OFFER).values(expires_at=bindparam("until"))
_SUCCEED = scoped_update(offers).where(_IS_OFFER).values(superseded_by=bindparam("successor"))
_WITHHOLD = scoped_update(offers).where(_IS_OFFER).values(goodwill_minor=0)
_CONFIRM_BY = (
    scoped_update(offers)
    .where(_IS_OFFER)
    .values(confirm_by=func.coalesce(offers.c.confirm_by, bindparam("by", type_=UTCDateTime)))
)
_CONFIRM_WHENEVER = scoped_update(offers).where(_IS_OFFER).values(confirm_by=None)
_EQUAL = {
    "customer": incidents.c.customer_reference,
    "order": incidents.c.order_reference,
    "category": incidents.c.category,
    "band": incidents.c.band,
    "currency": offers.c.currency,
    "incident": offers.c.incident_id,
}


def _criteria(wanted: OfferFilter) -> list[ColumnElement[bool]]:
    asked = [(column, getattr(wanted, name)) for name, column in _EQUAL.items()]
    criteria = [column == value for column, value in asked if value is not None]
    if wanted.status is not None:
        criteria.append(_has_status(wanted.status, wanted.at))
    if wanted.judged_by is not None:
        criteria += _can_be_judged(wanted.judged_by, wanted.not_asked_by, wanted.at)
    if wanted.decided_from is not None:
        criteria.append(offers.c.decided_at >= wanted.decided_from)
    if wanted.decided_before is not None:
        criteria.append(offers.c.decided_at < wanted.decided_before)
    return criteria


def _can_be_judged(
    by: frozenset[ApproverRole], not_asked_by: frozenset[str], at: datetime | None
) -> list[ColumnElement[bool]]:
    criteria: list[ColumnElement[bool]] = [offers.c.status.in_(sorted(JUDGED)), offers.c.approval_role.in_(sorted(by))]
    if not_asked_by:
        criteria.append(or_(offers.c.requested_by.is_(None), offers.c.requested_by.not_in(sorted(not_asked_by))))
    if at is not None:
        criteria.append(offers.c.expires_at > at)
    return criteria


def _has_status(status: OfferStatus, at: datetime | None) -> ColumnElement[bool]:
    """Whether an offer has a status, as `Offer.status_at` says."""
    if at is None:
        return offers.c.status == status
    can_stand = or_(
        offers.c.status == OfferStatus.OPEN, and_(offers.c.status.in_(sorted(JUDGED)), offers.c.owed_remedies > 0)
    )
    runs_out = and_(offers.c.status.in_(_RUNS_OUT), not_(and_(offers.c.default_stands, can_stand)))
    late = and_(runs_out, offers.c.expires_at <= at)
    return (
        or_(offers.c.status == status, late)
        if status is OfferStatus.EXPIRED
        else and_(offers.c.status == status, not_(late))
    )


def _stored(row: Record) -> StoredOffer:
    size = len(_COLUMNS)
    return StoredOffer(Offer(*row[:size]), Incident(*row[size:]))


class Offers:
    """The merchant's offers."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, offer_id: str) -> StoredOffer | None:
        """Answer one offer with its incident, or None."""
        rows = self._scope.rows(_ONE, offer_id=offer_id)
        return _stored(rows[0]) if rows else None

    def options(self, offer_id: str) -> tuple[Option, ...]:
        """Answer the options of an offer in the order in which they are shown."""
        rows = self._scope.rows(_OPTIONS, offer_id=offer_id)
        bundles = groupby(rows, lambda row: tuple(row[:4]))
        return tuple(
            Option(option_id, worth, cost, tuple(Remedy(*row[4:]) for row in bundle), goodwill_cost)
            for (option_id, worth, cost, goodwill_cost), bundle in bundles
        )

    def page(self, wanted: OfferFilter, after: str | None, limit: int) -> Page[StoredOffer]:
        """Answer a page of offers, newest first, that begins after the id `after`."""
        statement = _ALL.where(*_criteria(wanted))
        return turn(self._scope, statement, offers.c.id, after=after, limit=limit, read=_stored)

    def move(self, offer: Offer, status: OfferStatus, now: datetime, option: str | None = None) -> Moved | None:
        """Give an offer its next version and a status, where it is as it was read; None where it is not.

        The moment of the move is the database's own. A file has no clock: on SQLite it is `now`, which the caller reads
        inside the unit, where no other can write. `option` is the one chosen, None leaves it as it is.
        """
        asked: dict[str, object] = {
            "of_offer": offer.id,
            "status_before": offer.status,
            "version_before": offer.version,
            "new_status": status,
            "new_option": option or offer.chosen_option,
        }
        if self._scope.dialect == "postgresql":
            rows = self._scope.changed(_MOVE_ON_POSTGRESQL, **asked)
            return Moved(rows[0].version, rows[0].at) if rows else None
        rows = self._scope.changed(_MOVE_ON_SQLITE, **asked)
        return Moved(rows[0].version, now) if rows else None

    def prolong(self, offer_id: str, until: datetime) -> None:
        """Let an offer that the unit has moved stand until then."""
        self._scope.change(_PROLONG, of_offer=offer_id, until=until)

    def succeed(self, offer_id: str, successor: str) -> None:
        """Name the offer that takes the place of one that the unit has moved."""
        self._scope.change(_SUCCEED, of_offer=offer_id, successor=successor)

    def withhold_goodwill(self, offer_id: str) -> None:
        """Count no goodwill as given by an offer that the unit has moved: only what is owed was taken."""
        self._scope.change(_WITHHOLD, of_offer=offer_id)

    def confirm_by(self, offer_id: str, by: datetime) -> None:
        """Have it told of if what an offer promised is not confirmed by then, or by a moment that was set before."""
        self._scope.change(_CONFIRM_BY, of_offer=offer_id, by=by)

    def confirm_whenever(self, offer_id: str) -> None:
        """Have it told of no more that what an offer promised is not confirmed."""
        self._scope.change(_CONFIRM_WHENEVER, of_offer=offer_id)

    def due(self, at: datetime, after: str, most: int) -> list[str]:
        """Answer the ids of so many offers at most that still wait though their time has run out, from `after` on."""
        return [row.id for row in self._scope.rows(_DUE, at=at, after=after, most=most)]

    def add(self, new: Sequence[NewOffer]) -> None:
        """Add offers with their options and remedies: one statement a table, however many there are."""
        self._scope.add(offers, [item.offer for item in new])
        self._scope.add_values(options, _OPTION, [row for item in new for row in _option_rows(item)])
        self._scope.add_values(remedies, _REMEDY, [row for item in new for row in _remedy_rows(item)])


_OPTION = ("offer_id", "id", "position", "worth_minor", "cost_minor", "goodwill_cost_minor")


def _option_rows(new: NewOffer) -> list[tuple[object, ...]]:
    return [
        (new.offer.id, option.id, position, option.worth_minor, option.cost_minor, option.goodwill_cost_minor)
        for position, option in enumerate(new.options, 1)
    ]


_REMEDY = ("offer_id", "option_id", "position", "kind", "value_minor", "cost_minor", "valid_until", "status")


def _remedy_rows(new: NewOffer) -> list[tuple[object, ...]]:
    return [
        (new.offer.id, option.id, position, it.kind, it.value_minor, it.cost_minor, it.valid_until, it.status)
        for option in new.options
        for position, it in enumerate(option.remedies, 1)
    ]
