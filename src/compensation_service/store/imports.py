"""Imports in the store: how far each has come, written with the rows that it added."""

from dataclasses import fields

from sqlalchemy import bindparam

from compensation_service.domain.past_import import PastImport
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import imports

_FIELDS = [field.name for field in fields(PastImport)]
_ONE = scoped(imports, columns=columns_of(imports, PastImport)).where(imports.c.sha256 == bindparam("of_file"))
_WRITE = (
    scoped_update(imports)
    .where(imports.c.sha256 == bindparam("of_file"), imports.c.line == bindparam("line_before"))
    .values({name: bindparam(f"new_{name}") for name in _FIELDS})
)


class Imports:
    """The merchant's imports."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, sha256: str) -> PastImport | None:
        """Answer how far the import of a file has come, or None."""
        rows = self._scope.rows(_ONE, of_file=sha256)
        return PastImport(*rows[0]) if rows else None

    def add(self, new: PastImport) -> None:
        """Add an import; one of the same file fails the unit."""
        self._scope.add(imports, [new])

    def write(self, before: PastImport, after: PastImport) -> bool:
        """Write how far it has come; False where it is not where it was."""
        values = {f"new_{name}": getattr(after, name) for name in _FIELDS}
        return self._scope.change(_WRITE, of_file=before.sha256, line_before=before.line, **values) == 1
