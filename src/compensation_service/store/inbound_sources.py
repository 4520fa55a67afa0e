"""Inbound sources in the store; their secrets are sealed before they come here."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import bindparam, func

from compensation_service.domain.inbound_source import InboundSource
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_delete, scoped_update
from compensation_service.store.tables import inbound_sources

COLUMNS = columns_of(inbound_sources, InboundSource)
_FIELDS = [field.name for field in fields(InboundSource)]
_CHANGING = [name for name in _FIELDS if name not in {"id", "merchant_id", "preset", "created_at", "version"}]
_ALL = scoped(inbound_sources, columns=COLUMNS)
_ONE = _ALL.where(inbound_sources.c.id == bindparam("source_id"))
_COUNT = scoped(inbound_sources, columns=[func.count()])
_CHANGE = (
    scoped_update(inbound_sources)
    .where(inbound_sources.c.id == bindparam("of_source"), inbound_sources.c.version == bindparam("version_before"))
    .values(
        version=inbound_sources.c.version + 1,
        **{name: bindparam(f"new_{name}") for name in _CHANGING},
    )
)
_REMOVE = scoped_delete(inbound_sources).where(inbound_sources.c.id == bindparam("of_source"))


class InboundSources:
    """The merchant's inbound sources."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, source_id: str) -> InboundSource | None:
        """Answer one source, or None."""
        rows = self._scope.rows(_ONE, source_id=source_id)
        return InboundSource(*rows[0]) if rows else None

    def all(self) -> list[InboundSource]:
        """Answer every source; there are few."""
        return [InboundSource(*row) for row in self._scope.rows(_ALL)]

    def count(self) -> int:
        """Answer how many there are."""
        return int(self._scope.rows(_COUNT)[0][0])

    def page(self, after: str | None, limit: int) -> Page[InboundSource]:
        """Answer a page of sources, newest first, that begins after the id `after`."""
        return turn(
            self._scope, _ALL, inbound_sources.c.id, after=after, limit=limit, read=lambda row: InboundSource(*row)
        )

    def add(self, new: Sequence[InboundSource]) -> None:
        """Add sources."""
        self._scope.add(inbound_sources, new)

    def change(self, changed: InboundSource) -> bool:
        """Write a source's next version; `changed` has the version that was read. False where it has another now."""
        values = {f"new_{name}": getattr(changed, name) for name in _CHANGING}
        return self._scope.change(_CHANGE, of_source=changed.id, version_before=changed.version, **values) == 1

    def remove(self, source_id: str) -> None:
        """Remove a source to which nothing belongs any more."""
        self._scope.remove(_REMOVE, of_source=source_id)
