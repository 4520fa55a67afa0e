"""Times that say something of the code, whatever else the machine does meanwhile."""

from collections.abc import Callable
from time import monotonic, perf_counter

TRIES_MOST = 5
ROUNDS = 50
CALLS = 200


def quickest(act: Callable[[], object], seconds: float) -> float:
    """Do it until it takes less than so many seconds, five times at most; the least that it took."""
    least = float("inf")
    for _ in range(TRIES_MOST):
        began = monotonic()
        act()
        least = min(least, monotonic() - began)
        if least < seconds:
            break
    return least


def in_calls(act: Callable[[], object]) -> float:
    """What it costs, in calls of an empty function: the best of many rounds of each, taken by turns."""

    def nothing() -> None:
        pass

    taken = [(_round(act), _round(nothing)) for _ in range(ROUNDS)]
    return min(own for own, _ in taken) / min(empty for _, empty in taken)


def _round(act: Callable[[], object]) -> float:
    began = perf_counter()
    for _ in range(CALLS):
        act()
    return perf_counter() - began
