"""Answers to requests that carried an idempotency key: repeating one finds the answer and has no second effect."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam

from compensation_service.decision.record import record
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Scope, columns_of
from compensation_service.store.tables import answers


@record
class StoredAnswer:
    """The answer to one request. `key` is unique within merchant and path, for ever.

    `fingerprint` tells the request's body from others. `body` holds the bytes that were sent, None once they are
    cleared after their time; `resource_id` is what the request made, so that its present state can be answered then.
    """

    path: str
    key: str
    fingerprint: str
    status_code: int
    body: bytes | None
    resource_id: str | None
    created_at: datetime


_SOME = Lookup(answers, answers.c.key, columns_of(answers, StoredAnswer), answers.c.path == bindparam("path"))


class Answers:
    """The merchant's answers by path and idempotency key."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def find(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredAnswer]:
        """Answer what is stored for these pairs of path and key."""
        found = {}
        for path in {path for path, _ in keys}:
            rows = _SOME.rows(self._scope, (key for of, key in keys if of == path), path=path)
            found.update({(path, row.key): StoredAnswer(*row) for row in rows})
        return found

    def add(self, new: Sequence[StoredAnswer]) -> None:
        """Add answers, sorted by key: two processes that add the same ones then wait for each other in one order."""
        self._scope.add(answers, sorted(new, key=lambda answer: (answer.path, answer.key)))
