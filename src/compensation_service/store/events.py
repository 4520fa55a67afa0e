"""Events in the store: added with the effect they tell of, in its transaction, and never changed."""

from collections.abc import Sequence

from sqlalchemy import bindparam

from compensation_service.domain.event import START, Event, Link
from compensation_service.store.scope import Scope, columns_of, scoped
from compensation_service.store.tables import events

_OF = (
    scoped(events, columns=columns_of(events, Event))
    .where(events.c.incident_id == bindparam("incident_id"))
    .order_by(events.c.sequence)
)
_LAST = (
    scoped(events, columns=columns_of(events, Link))
    .where(events.c.incident_id == bindparam("incident_id"))
    .order_by(events.c.sequence.desc())
    .limit(1)
)


class Events:
    """The merchant's events."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def of(self, incident_id: str) -> Sequence[Event]:
        """Answer the events of an incident, first to last."""
        return [Event(*row) for row in self._scope.rows(_OF, incident_id=incident_id)]

    def last(self, incident_id: str) -> Link:
        """Answer where the chain of an incident ends; hold its lock to add what follows."""
        rows = self._scope.rows(_LAST, incident_id=incident_id)
        return Link(*rows[0]) if rows else START

    def add(self, new: Sequence[Event]) -> None:
        """Add events; a sequence number that is taken fails the unit."""
        self._scope.add(
            events,
            [
                {
                    "id": event.id,
                    "incident_id": event.incident_id,
                    "sequence": event.sequence,
                    "type": event.type,
                    "occurred_at": event.occurred_at,
                    "payload": event.payload,
                    "hash": event.hash,
                }
                for event in new
            ],
        )
