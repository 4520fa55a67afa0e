"""Who is asking: the API key behind `Authorization: Bearer cmp_<id>_<secret>`.

A key that was found is trusted for a short while, so that a request costs no query; writes look again in their own
transaction. While the store is away, previews go on with keys they have seen before.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from starlette.types import Scope

from compensation_service.api import errors
from compensation_service.api.in_time import in_time
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.api_key import Scope as KeyScope
from compensation_service.domain.errors import Unauthenticated, Unavailable

KEYS_MOST = 10_000
TOKEN_BYTES_MOST = 256
PATIENCE_SECONDS = 0.025
"""How long a preview waits for the store before it goes on with a key it has seen before."""


class Keys(Protocol):
    """Finds the key of a token in the store. Raises Unauthenticated, or Unavailable."""

    def authenticate(self, token: str) -> ApiKey:
        """Look the token up; blocks."""


@dataclass(frozen=True, slots=True)
class _Seen:
    key: ApiKey
    at: datetime


class KeyCache:
    """Keys that were found lately, by the SHA-256 of their token; at most KEYS_MOST.

    `fresh_seconds` a key is trusted unasked; `stale_seconds` it is trusted by previews while the store is away.
    """

    def __init__(self, keys: Keys, clock: Callable[[], datetime], fresh_seconds: int, stale_seconds: int) -> None:
        self._keys = keys
        self._clock = clock
        self._fresh = timedelta(seconds=fresh_seconds)
        self._stale = timedelta(seconds=stale_seconds)
        self._seen: dict[bytes, _Seen] = {}
        self._asking: dict[bytes, asyncio.Task[ApiKey]] = {}

    async def find(self, token: bytes, *, patient: bool) -> ApiKey:
        """The key of a token, usable now; Unauthenticated if there is none, Unavailable if nobody can tell.

        `patient`: a key seen before will do while the store is away.
        """
        name = sha256(token).digest()
        now = self._clock()
        seen = self._seen.get(name)
        if seen is not None and now - seen.at < self._fresh:
            key = seen.key
        elif seen is not None and patient and now - seen.at < self._stale:
            key = await self._ask_or(name, token, seen.key)
        else:
            key = await self._ask(name, token)
        if not key.is_usable(now):
            raise Unauthenticated
        return key

    async def _ask_or(self, name: bytes, token: bytes, known: ApiKey) -> ApiKey:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._ask(name, token)
        except (TimeoutError, Unavailable):
            return known

    async def _ask(self, name: bytes, token: bytes) -> ApiKey:
        """Ask the store once for all who wait for the same token; who stops waiting does not stop the question."""
        task = self._asking.get(name)
        if task is None:
            task = asyncio.create_task(self._look_up(name, token))
            self._asking[name] = task
            task.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(task)

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
        self._seen[name] = _Seen(key, self._clock())
        return key


async def authenticate(scope: Scope, wanted: KeyScope, *, patient: bool = False) -> ApiKey:
    """The key that a request came with; a Problem if there is none or it lacks the scope `wanted`."""
    cache: KeyCache = scope["app"].state.key_cache
    key = await cache.find(_token(scope), patient=patient)
    if wanted not in key.scopes:
        raise errors.forbidden(wanted)
    return key


def _token(scope: Scope) -> bytes:
    found: bytes | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            if found is not None:
                raise Unauthenticated
            found = value
    if found is None or len(found) > TOKEN_BYTES_MOST:
        raise Unauthenticated
    scheme, _, token = found.partition(b" ")
    if scheme.lower() != b"bearer" or not token.isascii():
        raise Unauthenticated
    return token.strip()
