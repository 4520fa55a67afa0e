"""Merchants who listen to nothing: what happens to them costs no statement more than before there were webhooks.

That a merchant has no endpoint is remembered for a moment only. Whoever lets an endpoint begin to listen answers after
a moment that is longer (SETTLE_S), so no event that follows the answer is lost, in whichever process it happens.
"""

import threading
import time
from collections.abc import Callable

QUIET_S = 0.25
SETTLE_S = 1.0
"""QUIET_S, and time enough for a transaction that had looked just before to end."""
MERCHANTS_MOST = 10_000


class Silence:
    """Who was found to have no endpoint within the last QUIET_S. Threads share it; `stopwatch` tells seconds."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def holds(self, merchant_id: str) -> bool:
        """Whether nobody listens for this merchant."""
        return self._stopwatch() < self._until.get(merchant_id, 0.0)

    def begin(self, merchant_id: str) -> None:
        """Remember for a moment that nobody listens, as was just read."""
        with self._lock:
            if len(self._until) >= MERCHANTS_MOST:
                self._until.clear()
            self._until[merchant_id] = self._stopwatch() + QUIET_S
