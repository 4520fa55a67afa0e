"""Who is asking: the API key behind `Authorization: Bearer cmp_<id>_<secret>`, and whether it asks too often.

A key that was found is trusted for a short while, so that a request costs no query; writes look again in their own
transaction. While the store is away, previews go on with keys they have seen before. An address that brought too many
keys that are none is refused without a look; keys that are known go on working from there.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Protocol

from starlette.types import Scope

from compensation_service.api import errors
from compensation_service.api.client_address import client_address
from compensation_service.api.in_time import in_time
from compensation_service.api.limits import Failures, RateLimit, too_many
from compensation_service.domain.api_key import ApiKey, parse_token
from compensation_service.domain.api_key import Scope as KeyScope
from compensation_service.domain.errors import Unauthenticated, Unavailable

KEYS_MOST = 10_000
TOKEN_BYTES_MOST = 256
NO_TOKEN = b""
PATIENCE_SECONDS = 0.025
"""How long previews wait for the store, from the question on, before they go on with a key that was seen before."""


class Keys(Protocol):
    """Finds the key of a token in the store. Raises Unauthenticated, or Unavailable."""

    def authenticate(self, token: str) -> ApiKey:
        """Look the token up; blocks."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A key that was found. Until `fresh_until` nobody has to be asked, until `stale_until` previews need not ask."""

    key: ApiKey
    fresh_until: datetime
    stale_until: datetime


class KeyCache:
    """Keys that were found lately, by a hash of their token; at most KEYS_MOST.

    `fresh_seconds` a key is trusted unasked; `stale_seconds` it is trusted by previews while the store is away.
    """

    def __init__(self, keys: Keys, clock: Callable[[], datetime], fresh_seconds: int, stale_seconds: int) -> None:
        self._keys = keys
        self._clock = clock
        self._fresh = timedelta(seconds=fresh_seconds)
        self._stale = timedelta(seconds=stale_seconds)
        self._seen: dict[bytes, _Seen] = {}
        self._asking: dict[bytes, tuple[asyncio.Task[ApiKey], float]] = {}

    def fresh(self, token: bytes) -> ApiKey | None:
        """The key of a token that was found so lately that nobody has to be asked; None for any other."""
        seen = self._seen.get(blake2s(token).digest())
        return seen.key if seen is not None and self._clock() < seen.fresh_until else None

    def knows(self, token: bytes) -> bool:
        """Whether the token was that of a key when it was last looked up."""
        return blake2s(token).digest() in self._seen

    async def find(self, token: bytes, *, patient: bool) -> ApiKey:
        """The key of a token, usable now; Unauthenticated if there is none, Unavailable if nobody can tell.

        `patient`: a key seen before will do while the store is away.
        """
        name = blake2s(token).digest()
        now = self._clock()
        seen = self._seen.get(name)
        if seen is not None and now < seen.fresh_until:
            key = seen.key
        elif seen is not None and patient and now < seen.stale_until:
            key = await self._ask_or(name, token, seen.key)
        else:
            key = await self._ask(name, token)
        if not key.is_usable(now):
            raise Unauthenticated
        return key

    async def _ask_or(self, name: bytes, token: bytes, known: ApiKey) -> ApiKey:
        """Ask, or go on with what is known: while the store hangs, only those wait who come while it may yet answer."""
        task, since = self._asked(name, token)
        try:
            async with asyncio.timeout_at(since + PATIENCE_SECONDS):
                return await asyncio.shield(task)
        except (TimeoutError, Unavailable):
            return known

    async def _ask(self, name: bytes, token: bytes) -> ApiKey:
        task, _ = self._asked(name, token)
        return await asyncio.shield(task)

    def _asked(self, name: bytes, token: bytes) -> tuple[asyncio.Task[ApiKey], float]:
        """One question for all who wait for the same token, and since when; it goes on though nobody waits."""
        if name not in self._asking:
            task = asyncio.create_task(self._look_up(name, token))
            self._asking[name] = task, asyncio.get_running_loop().time()
            task.add_done_callback(lambda done: self._forget(name, done))
        return self._asking[name]

    def _forget(self, name: bytes, done: asyncio.Task[ApiKey]) -> None:
        del self._asking[name]
        if not done.cancelled():
            done.exception()  # read, so that a failure nobody waits for any more is not reported as forgotten

    async def _look_up(self, name: bytes, token: bytes) -> ApiKey:
        try:
            key = await in_time(self._keys.authenticate, token.decode("ascii"))
        except Unauthenticated:
            self._seen.pop(name, None)
            raise
        self._seen.pop(name, None)
        if len(self._seen) >= KEYS_MOST:
            del self._seen[next(iter(self._seen))]
        now = self._clock()
        fresh_until = now + self._fresh
        if key.expires_at is not None:
            fresh_until = min(fresh_until, key.expires_at)
        self._seen[name] = _Seen(key, fresh_until, now + self._stale)
        return key


async def authenticate(scope: Scope, wanted: KeyScope, *, patient: bool = False) -> ApiKey:
    """The key that a request came with; a Problem if there is none, it lacks the scope `wanted` or asks too often.

    What is left of its rate goes into `scope["rate_limit"]`, as headers of the answer, whatever that will be.
    """
    token = _token(scope)
    key = scope["app"].state.key_cache.fresh(token) or await _looked_up(scope, token, patient=patient)
    return _let_in(scope, key, wanted)


def authenticate_at_once(scope: Scope, wanted: KeyScope) -> ApiKey | None:
    """What `authenticate` answers, if the key was found so lately that nobody has to be asked; None for any other."""
    key = scope["app"].state.key_cache.fresh(_token(scope))
    return None if key is None else _let_in(scope, key, wanted)


def _let_in(scope: Scope, key: ApiKey, wanted: KeyScope) -> ApiKey:
    rate: RateLimit | None = scope["app"].state.rate_limit
    if rate is not None:
        scope["rate_limit"], wait_seconds = rate.take(key.id)
        if wait_seconds:
            raise too_many("This key makes more requests than its rate allows.", wait_seconds)
    if wanted not in key.scopes:
        raise errors.forbidden(wanted)
    return key


async def _looked_up(scope: Scope, token: bytes, *, patient: bool) -> ApiKey:
    """The key of a token that nobody has looked up lately; failures count for the address they come from."""
    state = scope["app"].state
    cache: KeyCache = state.key_cache
    failures: Failures = state.failures
    address = client_address(scope, state.trusted_proxies)
    if not cache.knows(token):
        failures.demand_few(address)
    try:
        parse_token(token.decode("ascii"))
        return await cache.find(token, patient=patient)
    except Unauthenticated:
        failures.add(address)
        raise


def _token(scope: Scope) -> bytes:
    """What the request says is a token; nothing where it says none."""
    found: bytes = scope["fields"].get(b"authorization", NO_TOKEN)
    scheme, _, token = found.partition(b" ")
    if len(found) > TOKEN_BYTES_MOST or scheme.lower() != b"bearer" or not token.isascii():
        return NO_TOKEN
    return token.strip()
