"""Reading everything that the audit trail covers, span by span in order of the incidents' ids."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, func, type_coerce

from compensation_service.domain.account import Account
from compensation_service.domain.event import Event
from compensation_service.domain.evidence import Evidence
from compensation_service.domain.follow_up import FollowUp
from compensation_service.domain.incident import Reopening
from compensation_service.domain.letter import Letter
from compensation_service.domain.message import Message
from compensation_service.domain.offer import Offer
from compensation_service.domain.offer_move import OfferMove
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Record, Scope, columns_of, scoped
from compensation_service.store.tables import (
    accounts,
    checkpoint_heads,
    events,
    evidence,
    follow_ups,
    incidents,
    letters,
    messages,
    offer_moves,
    offers,
    options,
    remedies,
    reopenings,
)

END = "\U0010ffff"
"""Comes after every id."""


@dataclass(frozen=True, slots=True)
class Span:
    """Incidents whose ids come after `after`, up to and including `upto`."""

    after: str
    upto: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a checkpoint says of a chain: the hash that its event of this number has."""

    incident_id: str
    sequence: int
    hash: str
    checkpoint: int


@dataclass(frozen=True, slots=True)
class Owner:
    """What an incident says of its customer and its digests."""

    id: str
    customer_reference: str
    salt: str | None
    erased_at: datetime | None


_COUNT = scoped(incidents, columns=[func.count()])
_IDS = (
    scoped(incidents, columns=[incidents.c.id])
    .where(incidents.c.id > bindparam("after"))
    .order_by(incidents.c.id)
    .limit(bindparam("most"))
)
# The type as text: whoever falsifies one need not keep to our words.
_EVENTS = (
    scoped(
        events,
        columns=[
            type_coerce(column, Text) if column.name == "type" else column for column in columns_of(events, Event)
        ],
    )
    .where(events.c.incident_id > bindparam("after"), events.c.incident_id <= bindparam("upto"))
    .order_by(events.c.incident_id, events.c.sequence)
)
_SEALED = (
    scoped(checkpoint_heads, columns=columns_of(checkpoint_heads, Sealed))
    .where(checkpoint_heads.c.incident_id > bindparam("after"), checkpoint_heads.c.incident_id <= bindparam("upto"))
    .order_by(checkpoint_heads.c.incident_id, checkpoint_heads.c.sequence)
)
_OWNERS = scoped(incidents, columns=columns_of(incidents, Owner)).where(
    incidents.c.id > bindparam("after"), incidents.c.id <= bindparam("upto")
)
# What events hold fast and lies with an incident; moves lie with an offer.
_KINDS = {
    Offer: offers,
    Message: messages,
    Evidence: evidence,
    Account: accounts,
    Letter: letters,
    FollowUp: follow_ups,
    Reopening: reopenings,
}
_IN_SPAN = {
    kind: scoped(table, columns=columns_of(table, kind)).where(
        table.c.incident_id > bindparam("after"), table.c.incident_id <= bindparam("upto")
    )
    for kind, table in _KINDS.items()
}
_LISTED = {kind: Lookup(table, table.c.incident_id, columns_of(table, kind)) for kind, table in _KINDS.items()}
_MOVES = Lookup(offer_moves, offer_moves.c.offer_id, columns_of(offer_moves, OfferMove))
_OPTIONS = Lookup(
    options, options.c.offer_id, [options.c.offer_id, options.c.id, options.c.worth_minor, options.c.cost_minor]
)
_REMEDIES = Lookup(
    remedies,
    remedies.c.offer_id,
    [
        remedies.c.offer_id,
        remedies.c.option_id,
        remedies.c.position,
        remedies.c.kind,
        remedies.c.value_minor,
        remedies.c.cost_minor,
        remedies.c.status,
    ],
)


class Trail:
    """The merchant's events, what checkpoints say of them, and the rows that they hold fast."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def size(self) -> int:
        """Answer how many incidents there are."""
        return int(self._scope.rows(_COUNT)[0][0])

    def ids(self, after: str, most: int) -> list[str]:
        """Answer the ids of so many incidents at most that come after an id, in order."""
        return [row.id for row in self._scope.rows(_IDS, after=after, most=most)]

    def events(self, span: Span) -> list[Event]:
        """Answer all events in a span, those too whose incident is gone, chain by chain."""
        return [Event(*row) for row in self._scope.rows(_EVENTS, after=span.after, upto=span.upto)]

    def sealed(self, span: Span) -> list[Sealed]:
        """Answer what checkpoints say of the chains in a span, chain by chain."""
        return [Sealed(*row) for row in self._scope.rows(_SEALED, after=span.after, upto=span.upto)]

    def owners(self, span: Span) -> list[Owner]:
        """Answer the incidents in a span."""
        return [Owner(*row) for row in self._scope.rows(_OWNERS, after=span.after, upto=span.upto)]

    def rows_in(self, span: Span) -> dict[str, list[Any]]:
        """Answer all rows that events hold fast, by the incidents of a span."""
        own = {"after": span.after, "upto": span.upto}
        return self._gathered(
            [kind(*row) for kind, statement in _IN_SPAN.items() for row in self._scope.rows(statement, **own)]
        )

    def rows_of(self, incident_ids: Collection[str]) -> dict[str, list[Any]]:
        """Answer all rows that events hold fast, by these incidents."""
        return self._gathered(
            [kind(*row) for kind, rows in _LISTED.items() for row in rows.rows(self._scope, incident_ids)]
        )

    def _gathered(self, rows: Iterable[Any]) -> dict[str, list[Any]]:
        """Put rows to their incidents, and the moves of offers to theirs."""
        gathered: dict[str, list[Any]] = defaultdict(list)
        incident_of: dict[str, str] = {}
        for row in rows:
            gathered[row.incident_id].append(row)
            if isinstance(row, Offer):
                incident_of[row.id] = row.incident_id
        for found in _MOVES.rows(self._scope, incident_of):
            move = OfferMove(*found)
            gathered[incident_of[move.offer_id]].append(move)
        return gathered

    def options(self, offer_ids: Iterable[str]) -> Sequence[Record]:
        """Answer the options of offers."""
        return _OPTIONS.rows(self._scope, offer_ids)

    def remedies(self, offer_ids: Iterable[str]) -> Sequence[Record]:
        """Answer what the options of offers hold."""
        return _REMEDIES.rows(self._scope, offer_ids)
