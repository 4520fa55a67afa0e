"""The garbage collector: most of what a process makes at its start stays, and looking through it again costs."""

import gc

AFTER_ALLOCATIONS = 10_000
"""How many containers are made before the collector looks at the young ones; a request makes a few hundred."""


def look_seldom() -> None:
    """Say so at the start: a fifth of the time of the imports went into looking."""
    gc.set_threshold(AFTER_ALLOCATIONS, *gc.get_threshold()[1:])


def pass_over() -> None:
    """Pass over what there is from now on: it lives as long as the process, and stopped requests for tens of ms."""
    gc.collect()
    gc.freeze()
