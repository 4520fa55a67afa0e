"""Incidents in the store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam

from compensation_service.decision.policy import Band
from compensation_service.domain.incident import Incident, IncidentStatus
from compensation_service.domain.offer import Offer, OfferStatus
from compensation_service.store.lookup import Lookup
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import incidents, offers

_FIELDS = [field.name for field in fields(Incident)]
_COLUMNS = columns_of(incidents, Incident)
_ALL = scoped(incidents, columns=_COLUMNS)
_ONE = _ALL.where(incidents.c.id == bindparam("incident_id"))
_MOVE = (
    scoped_update(incidents)
    .where(incidents.c.id == bindparam("of_incident"), incidents.c.status == bindparam("status_before"))
    .values(status=bindparam("new_status"))
)
_BY_REFERENCE = Lookup(incidents, incidents.c.reference, _COLUMNS)
_LIVE_OFFERS = Lookup(
    offers, offers.c.incident_id, columns_of(offers, Offer), offers.c.status != OfferStatus.SUPERSEDED
)


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents; None leaves a question open. `occurred_from` is included, `occurred_before` is not."""

    status: IncidentStatus | None = None
    customer: str | None = None
    order: str | None = None
    category: str | None = None
    band: Band | None = None
    verified: bool | None = None
    group: str | None = None
    reference: str | None = None
    occurred_from: datetime | None = None
    occurred_before: datetime | None = None


_EQUAL = {
    "status": incidents.c.status,
    "customer": incidents.c.customer_reference,
    "order": incidents.c.order_reference,
    "category": incidents.c.category,
    "band": incidents.c.band,
    "verified": incidents.c.verified,
    "group": incidents.c.group,
    "reference": incidents.c.reference,
}


def _criteria(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    asked = [(column, getattr(wanted, name)) for name, column in _EQUAL.items()]
    criteria = [column == value for column, value in asked if value is not None]
    if wanted.occurred_from is not None:
        criteria.append(incidents.c.occurred_at >= wanted.occurred_from)
    if wanted.occurred_before is not None:
        criteria.append(incidents.c.occurred_at < wanted.occurred_before)
    return criteria


class Incidents:
    """The merchant's incidents."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, incident_id: str) -> Incident | None:
        """Answer one incident, or None."""
        rows = self._scope.rows(_ONE, incident_id=incident_id)
        return Incident(*rows[0]) if rows else None

    def by_reference(self, references: Collection[str]) -> dict[str, tuple[Incident, Offer]]:
        """Answer incidents by the merchant's own names for them, each with its offer that was not superseded."""
        found = [Incident(*row) for row in _BY_REFERENCE.rows(self._scope, references)]
        rows = _LIVE_OFFERS.rows(self._scope, (incident.id for incident in found))
        made = {offer.incident_id: offer for offer in (Offer(*row) for row in rows)}
        return {
            incident.reference: (incident, made[incident.id])
            for incident in found
            if incident.reference is not None and incident.id in made
        }

    def move(self, incident_id: str, before: IncidentStatus, status: IncidentStatus) -> bool:
        """Change the status of an incident; False where it is not as it was."""
        return self._scope.change(_MOVE, of_incident=incident_id, status_before=before, new_status=status) == 1

    def page(self, wanted: IncidentFilter, after: str | None, limit: int) -> Page[Incident]:
        """Answer a page of incidents, newest first, that begins after the id `after`."""
        statement = _ALL.where(*_criteria(wanted))
        return turn(self._scope, statement, incidents.c.id, after=after, limit=limit, read=lambda row: Incident(*row))

    def add(self, new: Sequence[Incident]) -> None:
        """Add incidents, sorted by reference: two processes with the same ones then wait in one order."""
        self._scope.own(new)
        ordered = sorted(new, key=lambda incident: incident.reference or "")
        self._scope.add(incidents, [{name: getattr(incident, name) for name in _FIELDS} for incident in ordered])
