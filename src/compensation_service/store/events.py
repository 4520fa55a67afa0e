"""Events in the store: added with the effect they tell of, in its transaction, and never changed."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam

from compensation_service.domain.event import START, Event, EventType, Link
from compensation_service.store.deliveries import Deliveries, Message
from compensation_service.store.lookup import Lookup
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
_SOME = Lookup(events, events.c.id, columns_of(events, Event))


class Events:
    """The merchant's events."""

    def __init__(self, scope: Scope, deliveries: Deliveries) -> None:
        self._scope = scope
        self._deliveries = deliveries

    def of(self, incident_id: str) -> Sequence[Event]:
        """Answer the events of an incident, first to last."""
        return [Event(*row) for row in self._scope.rows(_OF, incident_id=incident_id)]

    def latest(
        self, incident_id: str, limit: int, before: int | None = None, of_type: EventType | None = None
    ) -> list[Event]:
        """Answer so many events of an incident at most, the latest first, from before a sequence number on."""
        statement = _OF.order_by(None).order_by(events.c.sequence.desc()).limit(limit)
        if before is not None:
            statement = statement.where(events.c.sequence < before)
        if of_type is not None:
            statement = statement.where(events.c.type == of_type)
        return [Event(*row) for row in self._scope.rows(statement, incident_id=incident_id)]

    def last(self, incident_id: str) -> Link:
        """Answer where the chain of an incident ends; hold its lock to add what follows."""
        rows = self._scope.rows(_LAST, incident_id=incident_id)
        return Link(*rows[0]) if rows else START

    def find(self, ids: Iterable[str]) -> dict[str, Event]:
        """Answer events by their ids."""
        return {event.id: event for event in (Event(*row) for row in _SOME.rows(self._scope, ids))}

    def add(self, new: Sequence[Event], *, silently: bool = False) -> None:
        """Add events, in line for the webhook endpoints that want them; a sequence number that is taken fails.

        `silently` puts them in no line: what happened long ago is no news.
        """
        self._scope.add(events, new)
        if not silently:
            self._deliveries.add([Message(e.id, e.incident_id, e.sequence, e.type, e.occurred_at) for e in new])
