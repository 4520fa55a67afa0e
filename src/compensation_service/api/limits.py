"""How much one caller may ask of one process: requests by key, failures to authenticate by address.

Both count in memory, each process for itself, over a bounded number of names: to share a count between processes would
cost a query a request. Spans are seconds of a clock that no correction moves.
"""

from collections.abc import Callable
from math import ceil
from typing import TypeAlias

from compensation_service.api.problems import Problem

Seconds: TypeAlias = Callable[[], float]
Headers: TypeAlias = list[tuple[bytes, bytes]]

NAMES_MOST = 10_000
"""Most keys, and most addresses, that are counted at once; of more, the one first seen is forgotten."""
FAILURES_SECONDS = 60.0


class RateLimit:
    """A bucket of `burst` tokens for each key, filled with `per_second`; a request takes one."""

    def __init__(self, per_second: float, burst: int, seconds: Seconds) -> None:
        self._seconds = seconds
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}
        """Tokens that a key had, and when."""
        self._policy = b'"key";q=%d;w=%d' % (burst, max(1, ceil(burst / per_second)))
        self._left = b'"key";r=%%d;t=%d' % max(1, ceil(1 / per_second))

    def take(self, key_id: str) -> tuple[Headers, float]:
        """Take a token: the headers that tell what is left, and 0, or the seconds until there is one to take.

        The headers are RateLimit-Policy, the tokens `q` that a bucket holds and the seconds `w` in which it fills, and
        RateLimit, the tokens left `r` and the seconds `t` after which there are more
        (draft-ietf-httpapi-ratelimit-headers-10).
        """
        now = self._seconds()
        bucket = self._buckets.get(key_id)
        if bucket is None:
            tokens = float(self._burst)
            if len(self._buckets) >= NAMES_MOST:
                del self._buckets[next(iter(self._buckets))]
        else:
            tokens = min(self._burst, bucket[0] + (now - bucket[1]) * self._per_second)
        if tokens < 1:
            return self._headers(0), (1 - tokens) / self._per_second
        self._buckets[key_id] = (tokens - 1, now)
        return self._headers(int(tokens) - 1), 0.0

    def _headers(self, left: int) -> Headers:
        return [(b"ratelimit-policy", self._policy), (b"ratelimit", self._left % left)]


class Failures:
    """Failures by the address they come from; after so many within a minute it is refused until that minute is over."""

    def __init__(self, most: int, seconds: Seconds) -> None:
        self._seconds = seconds
        self._most = most
        self._found: dict[str, tuple[float, int]] = {}

    def demand_few(self, address: str) -> None:
        """Raise the Problem `too_many_requests` while the address has failed too often."""
        began, count = self._found.get(address, (0.0, 0))
        wait = began + FAILURES_SECONDS - self._seconds()
        if count >= self._most and wait > 0:
            raise too_many("There were too many requests without a valid key from this address.", wait)

    def add(self, address: str) -> None:
        """Count one more failure."""
        now = self._seconds()
        began, count = self._found.get(address, (now, 0))
        if now - began >= FAILURES_SECONDS:
            began, count = now, 0
        self._found.pop(address, None)
        if len(self._found) >= NAMES_MOST:
            del self._found[next(iter(self._found))]
        self._found[address] = (began, count + 1)


def too_many(detail: str, wait_seconds: float) -> Problem:
    """Refuse what may be repeated after a while."""
    return Problem("too_many_requests", detail, headers={"Retry-After": str(max(1, ceil(wait_seconds)))})
