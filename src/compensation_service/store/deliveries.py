"""Deliveries in the store: put in line with the event they tell of, claimed by one worker at a time, settled once."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from compensation_service.domain.delivery import Attempt, Delivery, DeliveryStatus
from compensation_service.domain.webhook_endpoint import EndpointStatus
from compensation_service.store.columns import UTCDateTime, among, texts
from compensation_service.store.lookup import Lookup
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import (
    Query,
    Scope,
    columns_of,
    scoped,
    scoped_delete,
    scoped_insert,
    scoped_update,
)
from compensation_service.store.silence import Silence
from compensation_service.store.tables import deliveries, delivery_attempts, webhook_endpoints

LOOKED_AT = 64
"""How many due deliveries are looked at to find those that have none before them."""
ROUNDS_MOST = 20
"""How often that is done again where all of them had one before them that is not due."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be told: the id of an event or a notice, and its place within a stream."""

    id: str
    stream: str
    sequence: int
    type: str
    occurred_at: datetime


_FIELDS = [field.name for field in fields(Delivery)]
_COLUMNS = columns_of(deliveries, Delivery)
_ALL = scoped(deliveries, columns=_COLUMNS).where(deliveries.c.endpoint_id == bindparam("endpoint_id"))
_ONE = _ALL.where(deliveries.c.message_id == bindparam("message_id"))
_LISTENING = scoped(webhook_endpoints, columns=[func.count()]).where(
    webhook_endpoints.c.status != EndpointStatus.DISABLED
)
_ATTEMPTS = Lookup(
    delivery_attempts,
    delivery_attempts.c.message_id,
    columns_of(delivery_attempts, Attempt),
    delivery_attempts.c.endpoint_id == bindparam("of_endpoint"),
)


def _put_in_line(dialect: str) -> Query:
    """Every message of the JSON list `messages`, for each endpoint that listens and wants it: one statement for all."""
    if dialect == "postgresql":
        listed = func.json_array_elements(bindparam("messages", type_=JSON)).table_valued("value")
        each: Any = {name: listed.c.value.op("->>")(name) for name in ("id", "stream", "sequence", "type")}
    else:
        listed = func.json_each(bindparam("messages", type_=Text)).table_valued("value")
        each = {name: func.json_extract(listed.c.value, f"$.{name}") for name in ("id", "stream", "sequence", "type")}
    kind = cast(each["type"], Text)
    dot = func.instr(kind, ".") if dialect == "sqlite" else func.strpos(kind, ".")
    family = func.substr(kind, 1, dot, type_=Text)
    wanted = or_(
        webhook_endpoints.c.wants == "",
        webhook_endpoints.c.wants.like(literal("% ") + kind + " %"),
        webhook_endpoints.c.wants.like(literal("% ") + family + "* %"),
    )
    at = bindparam("at", type_=UTCDateTime)
    return (
        scoped(
            webhook_endpoints,
            columns=[
                webhook_endpoints.c.merchant_id,
                webhook_endpoints.c.id,
                cast(each["id"], Text),
                cast(each["stream"], Text),
                cast(each["sequence"], BigInteger),
                kind,
                literal_column(f"'{DeliveryStatus.PENDING}'"),
                literal_column("0"),
                literal_column("0"),
                at,
                at,
            ],
        )
        .select_from(listed)
        .where(webhook_endpoints.c.status != EndpointStatus.DISABLED, wanted)
    )


_ADD = {
    dialect: scoped_insert(
        deliveries,
        [name for name in _FIELDS if name != "finished_at"],
        _put_in_line(dialect),
    )
    for dialect in ("sqlite", "postgresql")
}
_PENDING = deliveries.c.status == DeliveryStatus.PENDING
_DUE = (
    scoped(deliveries, columns=[deliveries.c.message_id, deliveries.c.stream, deliveries.c.sequence])
    .where(
        deliveries.c.endpoint_id == bindparam("endpoint_id"),
        _PENDING,
        deliveries.c.next_at <= bindparam("now", type_=UTCDateTime),
    )
    .order_by(deliveries.c.next_at, deliveries.c.sequence)
    .limit(bindparam("most"))
)
_PLACES = (
    scoped(
        deliveries,
        columns=[
            deliveries.c.stream,
            deliveries.c.sequence,
            deliveries.c.next_at,
            func.row_number().over(partition_by=deliveries.c.stream, order_by=deliveries.c.sequence).label("place"),
        ],
    )
    .where(deliveries.c.endpoint_id == bindparam("endpoint_id"), _PENDING, among(deliveries.c.stream, texts("streams")))
    .subquery("places")
)
_HEADS = select(_PLACES.c.stream, _PLACES.c.sequence, _PLACES.c.next_at).where(_PLACES.c.place == 1)
_FREE = (
    scoped(deliveries, columns=[deliveries.c.message_id])
    .where(
        deliveries.c.endpoint_id == bindparam("endpoint_id"),
        among(deliveries.c.message_id, texts("ids")),
        _PENDING,
        deliveries.c.next_at <= bindparam("now", type_=UTCDateTime),
    )
    .order_by(deliveries.c.next_at, deliveries.c.sequence)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    scoped_update(deliveries)
    .where(deliveries.c.endpoint_id == bindparam("of_endpoint"), among(deliveries.c.message_id, texts("ids")), _PENDING)
    .values(token=deliveries.c.token + 1, next_at=bindparam("until"))
    .returning(*_COLUMNS)
)
_MINE = and_(
    deliveries.c.endpoint_id == bindparam("of_endpoint"),
    deliveries.c.message_id == bindparam("of_message"),
    deliveries.c.token == bindparam("of_token"),
    _PENDING,
)
_SETTLE = (
    scoped_update(deliveries)
    .where(_MINE)
    .values(
        status=bindparam("new_status"),
        attempts=bindparam("new_attempts"),
        next_at=bindparam("new_next_at"),
        finished_at=bindparam("new_finished_at"),
    )
)
_FOLLOW = (
    scoped_update(deliveries)
    .where(
        deliveries.c.endpoint_id == bindparam("of_endpoint"),
        deliveries.c.stream == bindparam("of_stream"),
        deliveries.c.sequence > bindparam("of_sequence"),
        _PENDING,
    )
    .values(next_at=bindparam("new_next_at"))
)
_WAIT = _FOLLOW.where(
    deliveries.c.next_at <= bindparam("now", type_=UTCDateTime),
    deliveries.c.next_at < bindparam("new_next_at", type_=UTCDateTime),
)
"""Those behind a delivery wait as long as it does; what was put in line again meanwhile does not."""
_AGAIN = {
    "status": DeliveryStatus.PENDING,
    "attempts": 0,
    "next_at": bindparam("new_next_at"),
    "finished_at": None,
}
_REPLAY_ONE = (
    scoped_update(deliveries)
    .where(deliveries.c.endpoint_id == bindparam("of_endpoint"), deliveries.c.message_id == bindparam("of_message"))
    .values(**_AGAIN)
)
_REPLAY_FAILED = (
    scoped_update(deliveries)
    .where(
        deliveries.c.endpoint_id == bindparam("of_endpoint"),
        deliveries.c.status == DeliveryStatus.EXHAUSTED,
        deliveries.c.created_at >= bindparam("since", type_=UTCDateTime),
    )
    .values(**_AGAIN)
)
_RESUME = (
    scoped_update(deliveries)
    .where(
        deliveries.c.endpoint_id == bindparam("of_endpoint"),
        _PENDING,
        or_(deliveries.c.attempts > 0, deliveries.c.next_at != deliveries.c.created_at),
    )
    .values(next_at=deliveries.c.created_at, attempts=0)
)
_OLDEST = (
    scoped(deliveries, columns=[deliveries.c.message_id, deliveries.c.created_at])
    .where(deliveries.c.endpoint_id == bindparam("endpoint_id"))
    .order_by(deliveries.c.message_id)
    .limit(bindparam("most"))
)
_FORGET_ATTEMPTS, _FORGET = (
    scoped_delete(table).where(table.c.endpoint_id == bindparam("of_endpoint"), among(table.c.message_id, texts("ids")))
    for table in (delivery_attempts, deliveries)
)


class Deliveries:
    """The merchant's deliveries."""

    def __init__(self, scope: Scope, silence: Silence) -> None:
        self._scope = scope
        self._silence = silence

    def add(self, new: Sequence[Message]) -> None:
        """Put messages in line for every endpoint that listens and wants them: one statement, however many they are."""
        if not new or self._silence.holds(self._scope.merchant_id):
            return
        listed = [{"id": m.id, "stream": m.stream, "sequence": m.sequence, "type": str(m.type)} for m in new]
        at = max(message.occurred_at for message in new)
        messages: object = listed if self._scope.dialect == "postgresql" else json.dumps(listed)
        added = self._scope.add_found(_ADD[self._scope.dialect], messages=messages, at=at)
        if not added and not self._scope.rows(_LISTENING)[0][0]:
            self._silence.begin(self._scope.merchant_id)

    def add_for(self, endpoint_id: str, message: Message) -> None:
        """Put a message in line for one endpoint, whatever that wants."""
        line = Delivery(
            endpoint_id=endpoint_id,
            message_id=message.id,
            stream=message.stream,
            sequence=message.sequence,
            type=message.type,
            status=DeliveryStatus.PENDING,
            attempts=0,
            token=0,
            next_at=message.occurred_at,
            created_at=message.occurred_at,
            finished_at=None,
        )
        self._scope.add(deliveries, [line])

    def claim(self, endpoint_id: str, now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Take so many due deliveries in hand at most, until a moment; nobody else gets them before that.

        None of them has one before it, within its stream, that is still to be sent.
        """
        for _ in range(ROUNDS_MOST):
            heads, moved = self._heads(endpoint_id, now)
            if heads:
                return self._take(endpoint_id, heads, now, until, most)
            if not moved:
                break
        return []

    def _heads(self, endpoint_id: str, now: datetime) -> tuple[list[str], bool]:
        """Answer what is due and has none before it in its stream, of those that wait longest.

        What has one before it that is not due is made to wait as long as that, so that it is not looked at again
        before: whether there was such a one is answered too.
        """
        due = self._scope.rows(_DUE, endpoint_id=endpoint_id, now=now, most=LOOKED_AT)
        if not due:
            return [], False
        rows = self._scope.rows(_HEADS, endpoint_id=endpoint_id, streams={row.stream for row in due})
        late = [row for row in rows if row.next_at > now]
        for head in late:
            self._scope.change(
                _WAIT,
                of_endpoint=endpoint_id,
                of_stream=head.stream,
                of_sequence=head.sequence,
                new_next_at=head.next_at,
                now=now,
            )
        heads = {(row.stream, row.sequence) for row in rows}  # others may have settled some meanwhile
        return [row.message_id for row in due if (row.stream, row.sequence) in heads], bool(late)

    def _take(self, endpoint_id: str, ids: Sequence[str], now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Take so many of these in hand at most; what another worker is taking is left to it."""
        free = self._scope.rows(_FREE, endpoint_id=endpoint_id, ids=ids, now=now, most=most)
        taken = [row.message_id for row in free]
        if not taken:
            return []
        return [Delivery(*row) for row in self._scope.changed(_TAKE, of_endpoint=endpoint_id, ids=taken, until=until)]

    def settle(self, settled: Delivery) -> bool:
        """Write what became of a delivery that was claimed; False where its token is not the present one any more.

        Those behind it in its stream are looked at when it is, or at once if it is done.
        """
        changed = self._scope.change(
            _SETTLE,
            of_endpoint=settled.endpoint_id,
            of_message=settled.message_id,
            of_token=settled.token,
            new_status=settled.status,
            new_attempts=settled.attempts,
            new_next_at=settled.next_at,
            new_finished_at=settled.finished_at,
        )
        if changed:
            self._scope.change(
                _FOLLOW,
                of_endpoint=settled.endpoint_id,
                of_stream=settled.stream,
                of_sequence=settled.sequence,
                new_next_at=settled.next_at,
            )
        return changed == 1

    def note(self, attempt: Attempt) -> None:
        """Add what became of an attempt."""
        self._scope.add(delivery_attempts, [attempt])

    def get(self, endpoint_id: str, message_id: str) -> Delivery | None:
        """Answer one delivery, or None."""
        rows = self._scope.rows(_ONE, endpoint_id=endpoint_id, message_id=message_id)
        return Delivery(*rows[0]) if rows else None

    def page(
        self, endpoint_id: str, status: DeliveryStatus | None, kind: str | None, after: str | None, limit: int
    ) -> Page[Delivery]:
        """Answer a page of an endpoint's deliveries, newest first, that begins after the message id `after`."""
        statement = _ALL
        if status is not None:
            statement = statement.where(deliveries.c.status == status)
        if kind is not None:
            statement = statement.where(deliveries.c.type == kind)
        statement = statement.params(endpoint_id=endpoint_id)
        key = deliveries.c.message_id
        return turn(self._scope, statement, key, after=after, limit=limit, read=lambda row: Delivery(*row))

    def attempts(self, endpoint_id: str, message_ids: Iterable[str]) -> dict[str, list[Attempt]]:
        """Answer the attempts of deliveries, first to last, by the message's id."""
        found: dict[str, list[Attempt]] = {}
        rows = _ATTEMPTS.rows(self._scope, message_ids, of_endpoint=endpoint_id)
        for attempt in sorted((Attempt(*row) for row in rows), key=lambda each: each.token):
            found.setdefault(attempt.message_id, []).append(attempt)
        return found

    def replay(self, endpoint_id: str, message_id: str, at: datetime) -> int:
        """Put one delivery in line anew, whatever became of it; answer how many that are."""
        return self._scope.change(_REPLAY_ONE, of_endpoint=endpoint_id, of_message=message_id, new_next_at=at)

    def replay_failed(self, endpoint_id: str, since: datetime, at: datetime) -> int:
        """Put every delivery of that time or later in line anew whose attempts all failed; answer how many."""
        return self._scope.change(_REPLAY_FAILED, of_endpoint=endpoint_id, since=since, new_next_at=at)

    def resume(self, endpoint_id: str) -> None:
        """Let everything that waits for an endpoint be sent now, oldest first, its schedule begun anew."""
        self._scope.change(_RESUME, of_endpoint=endpoint_id)

    def forget(self, endpoint_id: str, before: datetime, most: int) -> int:
        """Remove those of an endpoint's so many oldest deliveries that are older, with their attempts; how many."""
        oldest = self._scope.rows(_OLDEST, endpoint_id=endpoint_id, most=most)
        ids = [row.message_id for row in oldest if row.created_at < before]
        if not ids:
            return 0
        self._scope.remove(_FORGET_ATTEMPTS, of_endpoint=endpoint_id, ids=ids)
        return self._scope.remove(_FORGET, of_endpoint=endpoint_id, ids=ids)
