"""API keys: made once, checked at every request, revoked for good."""

from collections.abc import Sequence
from datetime import datetime

from compensation_service.domain.api_key import ApiKey, Role, Scope, matches, new_token, parse_token
from compensation_service.domain.errors import NotFound, Unauthenticated
from compensation_service.domain.ids import Clock, RandomBytes
from compensation_service.domain.merchant import Merchant
from compensation_service.services.policies import first_version
from compensation_service.store.store import Store


class KeyService:
    """The use cases around API keys. They block on the store."""

    def __init__(self, store: Store, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes

    def create(
        self, merchant_id: str, name: str, role: Role, scopes: frozenset[Scope], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key, and its merchant if there is none yet. The token that comes with it is never shown again."""
        token, now = new_token(self._random_bytes), self._clock()
        key = ApiKey(token.id, merchant_id, name, role, scopes, token.secret_sha256, now, expires_at)
        with self._store.writing(merchant_id) as unit:
            if unit.merchants.find() is None:
                merchant = Merchant(merchant_id, merchant_id, now)
                unit.merchants.add(merchant)
                unit.policies.add(*first_version(merchant))
            unit.api_keys.add(key)
        return key, token.text

    def list(self, merchant_id: str) -> Sequence[ApiKey]:
        """Every key of the merchant, oldest first."""
        with self._store.reading(merchant_id) as unit:
            return unit.api_keys.all()

    def revoke(self, merchant_id: str, key_id: str) -> None:
        """Revoke a key from now on; NotFound if the merchant has none of this id that is not revoked yet."""
        with self._store.writing(merchant_id) as unit:
            if not unit.api_keys.revoke(key_id, self._clock()):
                raise NotFound

    def authenticate(self, token: str) -> ApiKey:
        """The usable key that a token stands for; Unauthenticated, without saying why, if there is none."""
        key_id, secret = parse_token(token)
        key = self._store.find_key(key_id)
        if not matches(key, secret) or key is None or not key.is_usable(self._clock()):
            raise Unauthenticated
        return key
