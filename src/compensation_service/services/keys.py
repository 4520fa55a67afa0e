"""API keys: made once, checked at every request, rotated, revoked for good.

A key makes, replaces or ends no key that may do more than itself; the operator, on the command line, may do anything.
The token of a new key is answered once and kept nowhere: a repeated request gets the same key without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import orjson

from compensation_service.domain.api_key import (
    COMMAND_LINE,
    KEYS_MOST,
    ApiKey,
    KeyIsOver,
    KeyIsReplaced,
    NewToken,
    Role,
    Scope,
    TooManyApiKeys,
    matches,
    new_token,
    parse_token,
)
from compensation_service.domain.errors import NotFound, Unauthenticated, Unprocessable
from compensation_service.domain.ids import Clock, RandomBytes
from compensation_service.domain.merchant import Merchant
from compensation_service.services import merchants
from compensation_service.services.documents import dump, moment
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Done, Idempotency, Once
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

LOCK: Final = "api-keys"
"""Who changes a merchant's keys waits for whoever is changing them."""
OVERLAP_USUAL: Final = timedelta(days=1)
Document = dict[str, Any]
_Made: TypeAlias = tuple[ApiKey, NewToken, datetime | None]
"""A new key, its token, and when the key that it replaces expires."""


@dataclass(frozen=True, slots=True)
class AskedKey:
    """What a new key is to be."""

    name: str
    role: Role
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


class KeyService:
    """The use cases around API keys. They block on the store. `by` is the id of the key that asks, None the operator.

    All of them raise Unauthenticated where that key cannot be used any more when they write.
    """

    def __init__(self, store: Store, clock: Clock, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes
        self._once = Once(store, clock, lambda unit, key_id: dump(self._made(_find(unit, key_id))))

    def create(
        self, merchant_id: str, name: str, role: Role, scopes: frozenset[Scope], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key as the operator, and its merchant if there is none yet; with its token, never shown again."""
        asked = AskedKey(name, role, scopes, expires_at)
        with self._store.writing(merchant_id) as unit:
            unit.lock({LOCK})
            if unit.merchants.find() is None:
                merchants.add(unit, Merchant(merchant_id, merchant_id, self._clock()))
            key, token = self._add(unit, asked, COMMAND_LINE)
        return key, token.text

    def create_by(self, merchant_id: str, asked: AskedKey, by: str, idempotency: Idempotency) -> Answer:
        """Make a key by the authority of another one.

        Raises Forbidden or AuthorityNeeded where it asks for more than that one has, TooManyApiKeys, Unprocessable.
        """

        def make(unit: UnitOfWork, maker: ApiKey | None) -> _Made:
            _demand(maker, asked.role, asked.scopes)
            return *self._add(unit, asked, by), None

        return self._make(merchant_id, by, make, idempotency)

    def rotate(
        self,
        merchant_id: str,
        key_id: str,
        by: str | None,
        *,
        overlap: timedelta = OVERLAP_USUAL,
        expires_at: datetime | None = None,
        idempotency: Idempotency | None = None,
    ) -> Answer:
        """Make a key that takes another one's place, with its name, role and scopes; that one expires after `overlap`.

        Without `expires_at` the new key lives as long as the old one was meant to. Raises NotFound, KeyIsOver,
        KeyIsReplaced, Forbidden, AuthorityNeeded, Unprocessable.
        """

        def make(unit: UnitOfWork, maker: ApiKey | None) -> _Made:
            now = self._clock()
            old = _find(unit, key_id)
            _demand(maker, old.role, old.scopes)
            if unit.api_keys.is_replaced(old.id):
                raise KeyIsReplaced
            if not old.is_usable(now):
                raise KeyIsOver
            until = min(now + overlap, old.expires_at or datetime.max.replace(tzinfo=now.tzinfo))
            unit.api_keys.expire(old.id, until)
            life = old.expires_at and now + (old.expires_at - old.created_at)
            asked = AskedKey(old.name, old.role, old.scopes, expires_at or life)
            return *self._add(unit, asked, by or COMMAND_LINE, replaces=old.id), until

        return self._make(merchant_id, by, make, idempotency, key_id)

    def revoke(self, merchant_id: str, key_id: str, by: str | None = None) -> Answer:
        """End a key for good, and answer it; one that was revoked before is answered as it is.

        Raises NotFound, Forbidden, AuthorityNeeded.
        """

        def work(unit: UnitOfWork, maker: ApiKey | None) -> Done:
            key = _find(unit, key_id)
            _demand(maker, key.role, key.scopes)
            unit.api_keys.revoke(key_id, self._clock(), by or COMMAND_LINE)
            return Answer(FOUND, dump(document(_find(unit, key_id), self._clock()))), key_id

        return self._change(merchant_id, by, work)

    def get(self, merchant_id: str, key_id: str) -> Document:
        """One key; NotFound if the merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            return document(_find(unit, key_id), self._clock())

    def page(self, merchant_id: str, _: None, after: str | None, limit: int) -> tuple[list[Document], str | None]:
        """At most `limit` keys, newest first, usable or not; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            found = unit.api_keys.page(_place(after) if after else None, limit + 1)
        shown = [document(key, self._clock()) for key in found[:limit]]
        return shown, _place_of(found[limit - 1]) if len(found) > limit else None

    def list(self, merchant_id: str) -> Sequence[ApiKey]:
        """Every key of the merchant, oldest first."""
        with self._store.reading(merchant_id) as unit:
            return unit.api_keys.all()

    def authenticate(self, token: str) -> ApiKey:
        """The usable key that a token stands for; Unauthenticated, without saying why, if there is none."""
        key_id, secret = parse_token(token)
        key = self._store.find_key(key_id)
        if not matches(key, secret) or key is None or not key.is_usable(self._clock()):
            raise Unauthenticated
        return key

    def _change(
        self,
        merchant_id: str,
        by: str | None,
        work: Callable[[UnitOfWork, ApiKey | None], Done],
        idempotency: Idempotency | None = None,
        about: str = "",
    ) -> Answer:
        """Do the work while nobody else changes the merchant's keys, with the key that asks as it is by then."""

        def alone(unit: UnitOfWork) -> Done:
            unit.lock({LOCK})
            maker = unit.api_keys.usable({by}, self._clock()).get(by) if by else None
            if by and maker is None:
                raise Unauthenticated
            return work(unit, maker)

        if by:
            return self._once.run(merchant_id, by, idempotency, lambda unit, _: alone(unit), about)
        with self._store.writing(merchant_id) as unit:
            return alone(unit)[0]

    def _add(self, unit: UnitOfWork, asked: AskedKey, by: str, replaces: str | None = None) -> tuple[ApiKey, NewToken]:
        now = self._clock()
        if asked.expires_at is not None and asked.expires_at <= now:
            raise Unprocessable("/expires_at", "expires_in_the_past", "A key cannot have expired when it is made.")
        if unit.api_keys.count_usable(now) >= KEYS_MOST:
            raise TooManyApiKeys
        token = new_token(self._random_bytes)
        key = ApiKey(
            token.id,
            unit.merchant_id,
            asked.name,
            asked.role,
            asked.scopes,
            token.secret_sha256,
            now,
            asked.expires_at,
            created_by=by,
            replaces=replaces,
        )
        unit.api_keys.add(key)
        return key, token

    def _make(
        self,
        merchant_id: str,
        by: str | None,
        make: Callable[[UnitOfWork, ApiKey | None], _Made],
        idempotency: Idempotency | None,
        about: str = "",
    ) -> Answer:
        """Answer a new key with its token; what is kept for a repetition is without."""
        shown: NewToken | None = None

        def work(unit: UnitOfWork, maker: ApiKey | None) -> Done:
            nonlocal shown
            key, shown, until = make(unit, maker)
            return Answer(CREATED, dump(self._made(key, until))), key.id

        answer = self._change(merchant_id, by, work, idempotency, about)
        if answer.replayed or shown is None:
            return answer
        return Answer(CREATED, dump({**orjson.loads(answer.body), "token": shown.text}))

    def _made(self, key: ApiKey, overlap_until: datetime | None = None) -> Document:
        until = overlap_until and moment(overlap_until)
        return {**document(key, self._clock()), "token": None, "overlap_until": until}


def document(key: ApiKey, now: datetime) -> Document:
    """A key as it is answered; neither its secret nor the digest of it is ever in there."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "scopes": sorted(key.scopes),
        "status": key.status_at(now),
        "created_at": moment(key.created_at),
        "created_by": key.created_by,
        "expires_at": key.expires_at and moment(key.expires_at),
        "revoked_at": key.revoked_at and moment(key.revoked_at),
        "revoked_by": key.revoked_by,
        "replaces": key.replaces,
    }


def _find(unit: UnitOfWork, key_id: str) -> ApiKey:
    found = unit.api_keys.get(key_id)
    if found is None:
        raise NotFound
    return found


def _demand(maker: ApiKey | None, role: Role, scopes: frozenset[Scope]) -> None:
    """Let a key do nothing that would make it more than it is; the operator, None, may do anything."""
    if maker is not None:
        maker.demand_authority(role, scopes)


def _place_of(key: ApiKey) -> str:
    return f"{key.created_at.isoformat()} {key.id}"


def _place(after: str) -> tuple[datetime, str]:
    created_at, _, key_id = after.partition(" ")
    return datetime.fromisoformat(created_at), key_id
