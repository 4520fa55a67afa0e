"""Inbound events in the store: kept once each, claimed by one worker at a time, settled once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam

from compensation_service.domain.inbound_event import InboundEvent, InboundStatus
from compensation_service.store.columns import UTCDateTime, among, texts
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_delete, scoped_update
from compensation_service.store.tables import inbound_events

_EVENT = inbound_events.c
_COLUMNS = columns_of(inbound_events, InboundEvent)
_SETTLING = ("status", "payload", "place", "code", "reason", "incident_id", "offer_id", "customer_reference")
_ALL = scoped(inbound_events, columns=_COLUMNS).where(_EVENT.source_id == bindparam("source_id"))
_ONE = _ALL.where(_EVENT.id == bindparam("event_id"))
_KNOWN = scoped(inbound_events, columns=[_EVENT.key]).where(
    _EVENT.source_id == bindparam("source_id"), among(_EVENT.key, texts("keys"))
)
_PENDING = _EVENT.status == InboundStatus.PENDING
_OF_SOURCE = _EVENT.source_id == bindparam("of_source")
_DUE = (
    scoped(inbound_events, columns=[_EVENT.id])
    .where(_EVENT.source_id == bindparam("source_id"), _PENDING, _EVENT.next_at <= bindparam("now", type_=UTCDateTime))
    .order_by(_EVENT.next_at, _EVENT.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    scoped_update(inbound_events)
    .where(_OF_SOURCE, among(_EVENT.id, texts("ids")), _PENDING)
    .values(tries=_EVENT.tries + 1, next_at=bindparam("until"))
    .returning(*_COLUMNS)
)
_SETTLE = (
    scoped_update(inbound_events)
    .where(_OF_SOURCE, _EVENT.id == bindparam("of_event"), _EVENT.tries == bindparam("of_tries"), _PENDING)
    .values(finished_at=bindparam("new_finished_at"), **{name: bindparam(f"new_{name}") for name in _SETTLING})
)
_AGAIN: Mapping[str, object] = {
    "status": InboundStatus.PENDING,
    "next_at": bindparam("new_next_at"),
    "finished_at": None,
    "tries": 0,
}
_REPLAY = scoped_update(inbound_events).where(
    _OF_SOURCE, _EVENT.payload.is_not(None), _EVENT.status.in_([InboundStatus.FAILED, InboundStatus.ASIDE])
)
_REPLAY_ONE = _REPLAY.where(_EVENT.id == bindparam("of_event")).values(**_AGAIN)
_REPLAY_FAILED = _REPLAY.where(_EVENT.status == InboundStatus.FAILED).values(**_AGAIN)
_OLD = (
    scoped(inbound_events, columns=[_EVENT.id])
    .where(
        _EVENT.source_id == bindparam("source_id"),
        _EVENT.payload.is_not(None),
        ~_PENDING,
        _EVENT.received_at < bindparam("before", type_=UTCDateTime),
    )
    .order_by(_EVENT.id)
    .limit(bindparam("most"))
)
_CUSTOMERS = (
    scoped(inbound_events, columns=[_EVENT.customer_reference])
    .distinct()
    .where(_EVENT.source_id == bindparam("source_id"), _EVENT.customer_reference.is_not(None), ~_PENDING)
    .limit(bindparam("most"))
)
_BLANK: Mapping[str, object] = {"payload": None, "customer_reference": None}
_FORGET = scoped_update(inbound_events).where(_OF_SOURCE, among(_EVENT.id, texts("ids"))).values(**_BLANK)
_FORGET_CUSTOMER = (
    scoped_update(inbound_events)
    .where(_EVENT.customer_reference == bindparam("of_customer"), ~_PENDING)
    .values(**_BLANK)
)
_EMPTY = scoped_delete(inbound_events).where(_OF_SOURCE)


class InboundEvents:
    """What the merchant's sources told of."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def known(self, source_id: str, keys: Collection[str]) -> set[str]:
        """Answer those of the keys under which a source told of something before."""
        return {row.key for row in self._scope.rows(_KNOWN, source_id=source_id, keys=sorted(keys))}

    def add(self, new: Sequence[InboundEvent]) -> None:
        """Add events; a key that is known fails the unit."""
        self._scope.add(inbound_events, new)

    def claim(self, source_id: str, now: datetime, until: datetime, most: int) -> list[InboundEvent]:
        """Take so many due events in hand at most, until a moment; nobody else gets them before that."""
        due = self._scope.rows(_DUE, source_id=source_id, now=now, most=most)
        if not due:
            return []
        taken = self._scope.changed(_TAKE, of_source=source_id, ids=[row.id for row in due], until=until)
        return sorted((InboundEvent(*row) for row in taken), key=lambda event: event.id)

    def settle(self, settled: InboundEvent) -> bool:
        """Write what became of an event that was claimed; False where somebody else has it in hand meanwhile."""
        values = {f"new_{name}": getattr(settled, name) for name in (*_SETTLING, "finished_at")}
        changed = self._scope.change(
            _SETTLE, of_source=settled.source_id, of_event=settled.id, of_tries=settled.tries, **values
        )
        return changed == 1

    def get(self, source_id: str, event_id: str) -> InboundEvent | None:
        """Answer one event, or None."""
        rows = self._scope.rows(_ONE, source_id=source_id, event_id=event_id)
        return InboundEvent(*rows[0]) if rows else None

    def page(self, source_id: str, status: InboundStatus | None, after: str | None, limit: int) -> Page[InboundEvent]:
        """Answer a page of a source's events, newest first, that begins after the id `after`."""
        statement = _ALL if status is None else _ALL.where(_EVENT.status == status)
        statement = statement.params(source_id=source_id)
        return turn(self._scope, statement, _EVENT.id, after=after, limit=limit, read=lambda row: InboundEvent(*row))

    def replay(self, source_id: str, event_id: str, at: datetime) -> int:
        """Let one event that failed or was kept aside be handled anew; answer how many that are."""
        return self._scope.change(_REPLAY_ONE, of_source=source_id, of_event=event_id, new_next_at=at)

    def replay_failed(self, source_id: str, at: datetime) -> int:
        """Let every event that failed be handled anew; answer how many."""
        return self._scope.change(_REPLAY_FAILED, of_source=source_id, new_next_at=at)

    def forget(self, source_id: str, before: datetime, most: int) -> int:
        """Let go of so many payloads at most that came before and wait for nobody; answer how many."""
        old = [row.id for row in self._scope.rows(_OLD, source_id=source_id, before=before, most=most)]
        return self._scope.change(_FORGET, of_source=source_id, ids=old) if old else 0

    def customers(self, source_id: str, most: int) -> list[str]:
        """Answer so many customers at most of whom a source told, and who were not forgotten since."""
        return [row.customer_reference for row in self._scope.rows(_CUSTOMERS, source_id=source_id, most=most)]

    def forget_customer(self, reference: str) -> int:
        """Let go of what sources told of a customer, incident or not; answer how many payloads."""
        return self._scope.change(_FORGET_CUSTOMER, of_customer=reference)

    def empty(self, source_id: str) -> None:
        """Remove everything that a source told of."""
        self._scope.remove(_EMPTY, of_source=source_id)
