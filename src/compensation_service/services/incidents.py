"""Incidents: what went wrong, found again."""

from typing import Any

from compensation_service.domain.errors import NotFound
from compensation_service.domain.incident import Incident
from compensation_service.services.documents import moment
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.store import Store


class IncidentService:
    """The use cases around incidents. They block on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, merchant_id: str, incident_id: str) -> dict[str, Any]:
        """The incident with the events of its life; NotFound if this merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            incident = unit.incidents.get(incident_id)
            if incident is None:
                raise NotFound
            events = unit.events.of(incident_id)
        timeline = [
            {"id": event.id, "sequence": event.sequence, "type": event.type, "occurred_at": moment(event.occurred_at)}
            for event in events
        ]
        return {**document(incident), "events": timeline}

    def page(
        self, merchant_id: str, filters: IncidentFilter, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """At most `limit` incidents, newest first, from the one after `after` on; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            page = unit.incidents.page(filters, after, limit)
        return [document(incident) for incident in page.items], page.next_after


def document(incident: Incident) -> dict[str, Any]:
    """The incident as it is answered."""
    return {
        "id": incident.id,
        "reference": incident.reference,
        "category": incident.category,
        "status": incident.status,
        "band": incident.band,
        "severity": incident.severity,
        "fault": incident.fault,
        "verified": incident.verified,
        "group": incident.group,
        "customer": {"reference": incident.customer_reference},
        "order": {"reference": incident.order_reference} if incident.order_reference else None,
        "summary": incident.summary,
        "occurred_at": moment(incident.occurred_at),
        "reported_at": incident.reported_at and moment(incident.reported_at),
        "recorded_at": moment(incident.recorded_at),
    }
