"""Doing a unit of work again where another one was in the way: nothing of a failed attempt is in the database."""

import time
from collections.abc import Callable
from typing import TypeVar

from compensation_service.store.failures import Contended, Taken

Answer = TypeVar("Answer")

ATTEMPTS_MOST = 3
PAUSE_S = 0.01
"""Before the second attempt; twice as long before the third."""


def retried(work: Callable[[], Answer]) -> Answer:
    """Answer what the work does; it opens its own unit and is done again after losing against another one."""
    for attempt in range(1, ATTEMPTS_MOST):
        try:
            return work()
        except (Contended, Taken):
            time.sleep(PAUSE_S * attempt)
    return work()
