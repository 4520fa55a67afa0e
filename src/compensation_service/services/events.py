"""Telling what happened to an incident: one way to add an event, whoever adds it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from compensation_service.domain import ids as prefixes
from compensation_service.domain.event import Event, EventType, Link, following
from compensation_service.domain.ids import Ids
from compensation_service.services.digests import held
from compensation_service.services.documents import dump
from compensation_service.store.unit_of_work import UnitOfWork


def tell(
    unit: UnitOfWork,
    ids: Ids,
    incident_id: str,
    what: EventType,
    at: datetime,
    payload: Mapping[str, object],
    *rows: object,
) -> None:
    """Add an event to an incident whose lock the unit holds: `unit.lock({f"incident:{incident_id}"})`.

    The payload names nobody and quotes nobody: ids, numbers and words of enums. Personal words lie in rows that can be
    erased. `rows` are those that the event holds fast from now on, as they are after it; see `digests.NAMES`.
    """
    if rows:
        payload = {**payload, "holds": held(unit.incidents.salt(incident_id), *rows)}
    last = unit.events.last(incident_id)
    unit.events.add([following(last, unit.merchant_id, incident_id, what, ids(prefixes.EVENT), at, _written(payload))])


Told: TypeAlias = tuple[EventType, Mapping[str, object]]
"""What happened, and what is said of it."""


def chain(
    merchant_id: str, ids: Ids, incident_id: str, last: Link, at: datetime, told: Iterable[Told]
) -> Iterator[Event]:
    """The events that come after the last one of an incident, for `unit.events.add` with those of its batch."""
    for what, payload in told:
        event = following(last, merchant_id, incident_id, what, ids(prefixes.EVENT), at, _written(payload))
        last = Link(event.sequence, event.hash)
        yield event


def _written(payload: Mapping[str, object]) -> str:
    return dump(payload).decode()
