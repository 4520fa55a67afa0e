"""Follow-ups in the store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, or_, tuple_

from compensation_service.domain.follow_up import WAITING, FollowUp, FollowUpStatus
from compensation_service.domain.incident import Incident
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.lookup import Lookup
from compensation_service.store.pages import LIMIT_MOST, Page
from compensation_service.store.scope import Record, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import follow_ups, incidents

_FIELDS = [field.name for field in fields(FollowUp)]
_COLUMNS = columns_of(follow_ups, FollowUp)
_INCIDENT = [column.label(f"incident_{column.name}") for column in columns_of(incidents, Incident)]
_ALL = scoped(follow_ups, incidents, columns=[*_COLUMNS, *_INCIDENT]).where(incidents.c.id == follow_ups.c.incident_id)
_ONE = _ALL.where(follow_ups.c.id == bindparam("follow_up_id"))
_OF_INCIDENT = (
    scoped(follow_ups, columns=_COLUMNS)
    .where(follow_ups.c.incident_id == bindparam("incident_id"))
    .order_by(follow_ups.c.id)
)
_BY_ID = Lookup(follow_ups, follow_ups.c.id, _COLUMNS)
_DUE = (
    scoped(follow_ups, columns=[follow_ups.c.id])
    .where(
        follow_ups.c.status == FollowUpStatus.PLANNED,
        follow_ups.c.due_at <= bindparam("at", type_=UTCDateTime),
        follow_ups.c.id > bindparam("after"),
    )
    .order_by(follow_ups.c.id)
    .limit(bindparam("most"))
)
_CHANGING = [name for name in _FIELDS if name not in {"id", "merchant_id", "incident_id", "offer_id"}]
_CHANGE = (
    scoped_update(follow_ups)
    .where(follow_ups.c.id == bindparam("of_follow_up"), follow_ups.c.status == bindparam("status_before"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_PLACE = tuple_(follow_ups.c.due_at, follow_ups.c.id)


@dataclass(frozen=True, slots=True)
class FollowUpFilter:
    """Which follow-ups; None leaves a question open. `due_before` is not included."""

    status: FollowUpStatus | None = None
    due_before: datetime | None = None
    owner: str | None = None
    customer: str | None = None
    incident: str | None = None
    at: datetime | None = None
    """The moment for which `status` is asked: what is planned until then counts as due."""


@dataclass(frozen=True, slots=True)
class StoredFollowUp:
    """A follow-up and the incident that it is about."""

    follow_up: FollowUp
    incident: Incident


_EQUAL = {
    "owner": incidents.c.owner,
    "customer": incidents.c.customer_reference,
    "incident": follow_ups.c.incident_id,
}


def _criteria(wanted: FollowUpFilter) -> list[ColumnElement[bool]]:
    asked = [(column, getattr(wanted, name)) for name, column in _EQUAL.items()]
    criteria = [column == value for column, value in asked if value is not None]
    if wanted.due_before is not None:
        criteria.append(follow_ups.c.due_at < wanted.due_before)
    if wanted.status is not None:
        criteria.append(_has_status(wanted.status, wanted.at))
    return criteria


def _has_status(status: FollowUpStatus, at: datetime | None) -> ColumnElement[bool]:
    """Whether a follow-up has a status, as `FollowUp.status_at` says."""
    if at is None or status not in WAITING:
        return follow_ups.c.status == status
    waits = follow_ups.c.status.in_(sorted(WAITING))  # as the index of those that wait is written
    late = or_(follow_ups.c.status == FollowUpStatus.DUE, follow_ups.c.due_at <= at)
    return and_(waits, late if status is FollowUpStatus.DUE else ~late)


def _stored(row: Record) -> StoredFollowUp:
    size = len(_COLUMNS)
    return StoredFollowUp(FollowUp(*row[:size]), Incident(*row[size:]))


class FollowUps:
    """The merchant's follow-ups."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, follow_up_id: str) -> StoredFollowUp | None:
        """Answer one follow-up with its incident, or None."""
        rows = self._scope.rows(_ONE, follow_up_id=follow_up_id)
        return _stored(rows[0]) if rows else None

    def of(self, incident_id: str) -> list[FollowUp]:
        """Answer the follow-ups of an incident, first to last."""
        return [FollowUp(*row) for row in self._scope.rows(_OF_INCIDENT, incident_id=incident_id)]

    def find(self, ids: Iterable[str]) -> dict[str, FollowUp]:
        """Answer follow-ups by their ids."""
        return {found.id: found for found in (FollowUp(*row) for row in _BY_ID.rows(self._scope, ids))}

    def due(self, at: datetime, after: str, most: int) -> list[str]:
        """Answer the ids of so many follow-ups at most that are planned though it is time, from `after` on."""
        return [row.id for row in self._scope.rows(_DUE, at=at, after=after, most=most)]

    def page(self, wanted: FollowUpFilter, after: str | None, limit: int) -> Page[StoredFollowUp]:
        """Answer a page of follow-ups, the one that is due first at the top.

        It begins after the place `after`, the last of the page before; a place stays what it is, as `due_at` does.
        """
        if not 1 <= limit <= LIMIT_MOST:
            raise ValueError(f"a page has 1 to {LIMIT_MOST} items")
        statement = _ALL.where(*_criteria(wanted))
        if after is not None:
            due_at, _, follow_up_id = after.partition(" ")
            statement = statement.where(_PLACE > tuple_(_moment(due_at), follow_up_id))  # noqa: SIM300 - columns first
        rows = self._scope.rows(statement.order_by(follow_ups.c.due_at, follow_ups.c.id).limit(limit + 1))
        kept = [_stored(row) for row in rows[:limit]]
        return Page(tuple(kept), _place(kept[-1].follow_up) if len(rows) > limit else None)

    def add(self, new: Sequence[FollowUp]) -> None:
        """Add follow-ups."""
        self._scope.add(follow_ups, new)

    def change(self, before: FollowUpStatus, changed: FollowUp) -> bool:
        """Write a follow-up anew; False where its status is not as it was."""
        values = {f"new_{name}": getattr(changed, name) for name in _CHANGING}
        return self._scope.change(_CHANGE, of_follow_up=changed.id, status_before=before, **values) == 1


def _place(follow_up: FollowUp) -> str:
    return f"{follow_up.due_at.isoformat()} {follow_up.id}"


def _moment(text: str) -> ColumnElement[datetime]:
    return bindparam("due_after", datetime.fromisoformat(text), type_=UTCDateTime)
