"""What lies in the file of an incident: messages, evidence, accounts of what was done. Added, and never changed."""

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Table

from compensation_service.domain.account import Account
from compensation_service.domain.evidence import Evidence
from compensation_service.domain.message import Message
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Scope, columns_of
from compensation_service.store.tables import accounts, evidence, messages

Paper: TypeAlias = Message | Evidence | Account
AnyPaper = TypeVar("AnyPaper", Message, Evidence, Account)

_TABLES: dict[type[Any], Table] = {Message: messages, Evidence: evidence, Account: accounts}
_FOUND = {kind: Lookup(table, table.c.id, columns_of(table, kind)) for kind, table in _TABLES.items()}


class IncidentFile:
    """The papers in the files of the merchant's incidents."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(self, paper: Paper) -> None:
        """Add a paper to the file of its incident."""
        self._scope.add(_TABLES[type(paper)], [paper])

    def find(self, kind: type[AnyPaper], ids: Iterable[str]) -> dict[str, AnyPaper]:
        """Answer papers of a kind by their ids; what was erased is not there any more."""
        return {paper.id: paper for paper in (kind(*row) for row in _FOUND[kind].rows(self._scope, ids))}
