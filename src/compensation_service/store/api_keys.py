"""API keys in the store: digests of secrets, never the secrets."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam

from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.api_key import Scope as KeyScope
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Record, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import api_keys

COLUMNS = columns_of(api_keys, ApiKey)
_ALL = scoped(api_keys, columns=COLUMNS).order_by(api_keys.c.created_at, api_keys.c.id)
_SOME = Lookup(api_keys, api_keys.c.id, COLUMNS)
_REVOKE = (
    scoped_update(api_keys)
    .where(api_keys.c.id == bindparam("key_id"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


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

    def usable(self, ids: Collection[str], at: datetime) -> dict[str, ApiKey]:
        """Answer those of the keys that are neither revoked nor expired, by id, as this transaction sees them."""
        found = map(key_from, _SOME.rows(self._scope, ids))
        return {key.id: key for key in found if key.is_usable(at)}

    def add(self, key: ApiKey) -> None:
        """Add a key of the unit's merchant."""
        self._scope.own([key])
        self._scope.add(
            api_keys,
            [
                {
                    "id": key.id,
                    "name": key.name,
                    "role": key.role,
                    "scopes": " ".join(sorted(key.scopes)),
                    "secret_sha256": key.secret_sha256,
                    "created_at": key.created_at,
                    "expires_at": key.expires_at,
                    "revoked_at": key.revoked_at,
                }
            ],
        )

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Revoke a key; False where there is none that could still be revoked."""
        return self._scope.change(_REVOKE, key_id=key_id, at=at) == 1
