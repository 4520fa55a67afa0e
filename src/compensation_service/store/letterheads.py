"""The merchant's letterhead in the store: one row, once it was set."""

from sqlalchemy import bindparam

from compensation_service.domain.letter import StoredLetterhead
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import letterheads

_CHANGING = ("version", "document", "changed_at", "changed_by")
_ONE = scoped(letterheads, columns=columns_of(letterheads, StoredLetterhead))
_CHANGE = (
    scoped_update(letterheads)
    .where(letterheads.c.version == bindparam("version_before"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


class Letterheads:
    """What stands on the merchant's letters."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self) -> StoredLetterhead | None:
        """Answer it, or None where none was set."""
        rows = self._scope.rows(_ONE)
        return StoredLetterhead(*rows[0]) if rows else None

    def add(self, letterhead: StoredLetterhead) -> None:
        """Set it for the first time; a second first one fails the unit."""
        self._scope.add(letterheads, [letterhead])

    def change(self, letterhead: StoredLetterhead, before: int) -> bool:
        """Put another one in its place; False where its version is not the one before any more."""
        changed = {f"new_{name}": getattr(letterhead, name) for name in _CHANGING}
        return self._scope.change(_CHANGE, version_before=before, **changed) == 1
