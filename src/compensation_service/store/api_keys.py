"""API keys in the store: digests of secrets, never the secrets."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, or_

from compensation_service.domain.api_key import COMMAND_LINE, ApiKey
from compensation_service.domain.api_key import Scope as KeyScope
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Record, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import api_keys

COLUMNS = columns_of(api_keys, ApiKey)
_ALL = scoped(api_keys, columns=COLUMNS).order_by(api_keys.c.created_at, api_keys.c.id)
_SOME = Lookup(api_keys, api_keys.c.id, COLUMNS)
_GET = scoped(api_keys, columns=COLUMNS).where(api_keys.c.id == bindparam("key_id"))
_NEWEST = scoped(api_keys, columns=COLUMNS).order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
_REPLACED = scoped(api_keys, columns=[api_keys.c.id]).where(api_keys.c.replaces == bindparam("key_id"))
_COUNT_USABLE = scoped(api_keys, columns=[func.count()]).where(
    api_keys.c.revoked_at.is_(None),
    or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("at", type_=UTCDateTime)),
)
_REVOKE = (
    scoped_update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"), revoked_by=bindparam("by"))
)
_EXPIRE = scoped_update(api_keys).where(api_keys.c.id == bindparam("key_id")).values(expires_at=bindparam("at"))


def key_from(row: Record) -> ApiKey:
    """Read a row of COLUMNS."""
    values = row._asdict()
    scopes = frozenset(map(KeyScope, values.pop("scopes").split()))
    return ApiKey(**values, scopes=scopes)


class ApiKeys:
    """The merchant's keys."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def all(self) -> Sequence[ApiKey]:
        """Answer every key, revoked and expired ones too, oldest first."""
        return [key_from(row) for row in self._scope.rows(_ALL)]

    def get(self, key_id: str) -> ApiKey | None:
        """Answer one key, usable or not; None if the merchant has none of this id."""
        rows = self._scope.rows(_GET, key_id=key_id)
        return key_from(rows[0]) if rows else None

    def page(self, after: tuple[datetime, str] | None, most: int) -> Sequence[ApiKey]:
        """Answer at most so many keys, newest first, after the one with that moment of creation and id."""
        statement = _NEWEST if after is None else _NEWEST.where(_older(*after))
        return [key_from(row) for row in self._scope.rows(statement.limit(most))]

    def count_usable(self, at: datetime) -> int:
        """Answer how many keys are neither revoked nor expired."""
        return int(self._scope.rows(_COUNT_USABLE, at=at)[0][0])

    def is_replaced(self, key_id: str) -> bool:
        """Answer whether another key was made to take this one's place."""
        return bool(self._scope.rows(_REPLACED, key_id=key_id))

    def usable(self, ids: Collection[str], at: datetime) -> dict[str, ApiKey]:
        """Answer those of the keys that are neither revoked nor expired, by id, as this transaction sees them."""
        found = map(key_from, _SOME.rows(self._scope, ids))
        return {key.id: key for key in found if key.is_usable(at)}

    def add(self, key: ApiKey) -> None:
        """Add a key of the unit's merchant."""
        self._scope.add(api_keys, [key], scopes=" ".join(sorted(key.scopes)))

    def revoke(self, key_id: str, at: datetime, by: str = COMMAND_LINE) -> bool:
        """Revoke a key; False where there is none that could still be revoked."""
        return self._scope.change(_REVOKE, key_id=key_id, at=at, by=by) == 1

    def expire(self, key_id: str, at: datetime) -> None:
        """Let a key run out at that moment."""
        self._scope.change(_EXPIRE, key_id=key_id, at=at)


def _older(created_at: datetime, key_id: str) -> ColumnElement[bool]:
    created = api_keys.c.created_at
    return or_(created < created_at, and_(created == created_at, api_keys.c.id < key_id))
