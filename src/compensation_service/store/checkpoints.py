"""Checkpoints in the store, and which chains of events went on since the last of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists

from compensation_service.domain.checkpoint import Checkpoint, Head
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import MERCHANT, Scope, columns_of, scoped
from compensation_service.store.tables import checkpoint_heads, checkpoints, events

_ALL = scoped(checkpoints, columns=columns_of(checkpoints, Checkpoint))
_LAST = _ALL.order_by(checkpoints.c.number.desc()).limit(1)
_LAST_UNTIL = _LAST.where(checkpoints.c.made_at <= bindparam("until"))
_PAGE = _ALL.where(checkpoints.c.number > bindparam("after")).order_by(checkpoints.c.number).limit(bindparam("most"))
_HEADS = (
    scoped(checkpoint_heads, columns=columns_of(checkpoint_heads, Head))
    .where(checkpoint_heads.c.checkpoint == bindparam("number"))
    .order_by(checkpoint_heads.c.incident_id)
)
_UNSEALED = (
    scoped(events, columns=[events.c.incident_id])
    .where(
        events.c.id > bindparam("newer_than"),
        events.c.incident_id > bindparam("after"),
        ~exists().where(
            checkpoint_heads.c.merchant_id == MERCHANT,
            checkpoint_heads.c.incident_id == events.c.incident_id,
            checkpoint_heads.c.sequence >= events.c.sequence,
        ),
    )
    .group_by(events.c.incident_id)
    .order_by(events.c.incident_id)
    .limit(bindparam("most"))
)
_CHAINS = Lookup(events, events.c.incident_id, [*columns_of(events, Head), events.c.id])
_SEALED = Lookup(
    checkpoint_heads,
    checkpoint_heads.c.incident_id,
    [checkpoint_heads.c.incident_id, checkpoint_heads.c.sequence],
)


@dataclass(frozen=True, slots=True)
class Progress:
    """A chain that went on: its head, the id of its last event, and how far earlier checkpoints go, 0 for nowhere."""

    head: Head
    event_id: str
    sealed: int


class Checkpoints:
    """The merchant's checkpoints."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def last(self, until: datetime | None = None) -> Checkpoint | None:
        """Answer the newest checkpoint, or the newest that was made by a moment; None where there is none."""
        rows = self._scope.rows(_LAST_UNTIL, until=until) if until else self._scope.rows(_LAST)
        return Checkpoint(*rows[0]) if rows else None

    def page(self, after: int, most: int) -> list[Checkpoint]:
        """Answer so many checkpoints at most that come after a number, in order."""
        return [Checkpoint(*row) for row in self._scope.rows(_PAGE, after=after, most=most)]

    def heads(self, number: int) -> list[Head]:
        """Answer what is under a checkpoint, in order of the incidents' ids."""
        return [Head(*row) for row in self._scope.rows(_HEADS, number=number)]

    def unsealed(self, newer_than: str, after: str, most: int) -> list[str]:
        """Answer ids of incidents, in order, after the id `after`, with events that are under no checkpoint.

        Events up to the id `newer_than` are not looked at; "" looks at all.
        """
        found = self._scope.rows(_UNSEALED, newer_than=newer_than, after=after, most=most)
        return [row.incident_id for row in found]

    def progress(self, incident_ids: Collection[str]) -> list[Progress]:
        """Answer where the chains of incidents end, in order of the ids."""
        ends: dict[str, tuple[Head, str]] = {}
        for row in _CHAINS.rows(self._scope, incident_ids):
            if row.incident_id not in ends or ends[row.incident_id][0].sequence < row.sequence:
                ends[row.incident_id] = (Head(row.incident_id, row.sequence, row.hash), row.id)
        sealed: dict[str, int] = {}
        for row in _SEALED.rows(self._scope, incident_ids):
            sealed[row.incident_id] = max(sealed.get(row.incident_id, 0), row.sequence)
        return [Progress(head, event_id, sealed.get(name, 0)) for name, (head, event_id) in sorted(ends.items())]

    def add(self, made: Checkpoint, heads: Sequence[Head]) -> None:
        """Add a checkpoint with what is under it; a number that is taken fails the unit."""
        self._scope.add(checkpoints, [made])
        heads_of = [(head.incident_id, head.sequence, head.hash, made.number) for head in heads]
        self._scope.add_values(checkpoint_heads, ("incident_id", "sequence", "hash", "checkpoint"), heads_of)
