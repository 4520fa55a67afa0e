"""Calls that block on the store: in a thread, and for a bounded time.

A database that hangs cannot be interrupted. Whoever waits for it is told; the thread ends when the database answers.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import to_thread

from compensation_service.domain.errors import OutcomeUnknown, StoreUnavailable

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

SECONDS_MOST = 3.0


async def in_time(call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
    """Answer what the call does, run in a thread; StoreUnavailable after SECONDS_MOST."""
    try:
        async with asyncio.timeout(SECONDS_MOST):
            return await to_thread.run_sync(partial(call, *args, **kwargs), abandon_on_cancel=True)
    except TimeoutError as error:
        raise StoreUnavailable from error


async def written_in_time(call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
    """Answer what a call that writes does; OutcomeUnknown where it takes too long, for it may still be committed.

    One that found no free thread in time was never begun: that is StoreUnavailable, and nothing was written.
    """
    has_begun = False

    def begin() -> Answer:
        nonlocal has_begun
        has_begun = True
        return call(*args, **kwargs)

    try:
        return await in_time(begin)
    except StoreUnavailable as error:
        if has_begun and isinstance(error.__cause__, TimeoutError):
            raise OutcomeUnknown from error
        raise
