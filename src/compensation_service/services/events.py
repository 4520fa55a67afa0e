"""Telling what happened to an incident: one way to add an event, whoever adds it."""

from collections.abc import Mapping
from datetime import datetime

from compensation_service.domain import ids as prefixes
from compensation_service.domain.event import Event, EventType
from compensation_service.domain.ids import Ids
from compensation_service.services.documents import dump
from compensation_service.store.unit_of_work import UnitOfWork


def tell(
    unit: UnitOfWork, ids: Ids, incident_id: str, what: EventType, at: datetime, payload: Mapping[str, object]
) -> None:
    """Add an event to an incident whose lock the unit holds: `unit.lock({f"incident:{incident_id}"})`.

    The payload names nobody and quotes nobody: ids, numbers and words of enums. Personal words lie in rows that can be
    erased.
    """
    unit.events.add([_event(ids, incident_id, unit.events.last(incident_id), what, at, payload)])


def first(
    unit: UnitOfWork,  # noqa: ARG001 - whose it is
    ids: Ids,
    incident_id: str,
    what: EventType,
    at: datetime,
    payload: Mapping[str, object],
) -> Event:
    """The first event of an incident that is new, for `unit.events.add` with those of its batch."""
    return _event(ids, incident_id, 0, what, at, payload)


def _event(
    ids: Ids, incident_id: str, after: int, what: EventType, at: datetime, payload: Mapping[str, object]
) -> Event:
    return Event(
        id=ids(prefixes.EVENT),
        incident_id=incident_id,
        sequence=after + 1,
        type=what,
        occurred_at=at,
        payload=dump(payload).decode(),
    )
