"""Calls that block: answered in time, or what is known of them is."""

import asyncio
import threading

import pytest
from anyio import to_thread

from compensation_service.api import in_time
from compensation_service.domain.errors import OutcomeUnknown, StoreUnavailable
from stopwatch import quickest

PUBLISHED = in_time.SECONDS_MOST


def test_three_seconds_are_what_is_published():
    assert PUBLISHED == 3


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(in_time, "SECONDS_MOST", 0.1)


def fail(error):
    raise error


@pytest.mark.parametrize("waits", [in_time.in_time, in_time.written_in_time])
def test_what_is_in_time_is_answered(waits, monkeypatch):
    monkeypatch.setattr(in_time, "SECONDS_MOST", 60)
    assert asyncio.run(waits(lambda a, *, b: a + b, 1, b=2)) == 3
    with pytest.raises(StoreUnavailable) as raised:
        asyncio.run(waits(fail, StoreUnavailable(7)))
    assert raised.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("waits", "error"), [(in_time.in_time, StoreUnavailable), (in_time.written_in_time, OutcomeUnknown)]
)
def test_what_takes_too_long_is_said_so(waits, error):
    """A read stored nothing; of a write nobody knows."""
    over = threading.Event()

    async def ask():
        try:
            with pytest.raises(error):
                await waits(over.wait, 60)
        finally:
            over.set()

    assert quickest(lambda: asyncio.run(ask()), 1) < 1


def test_a_write_that_never_began_stored_nothing():
    """Every thread waits for the database, so that this one gets none."""
    over, called = threading.Event(), []

    async def ask():
        threads = to_thread.current_default_thread_limiter().total_tokens
        waiting = [asyncio.create_task(to_thread.run_sync(over.wait)) for _ in range(int(threads))]
        await asyncio.sleep(0.05)
        try:
            with pytest.raises(StoreUnavailable):
                await in_time.written_in_time(called.append, "written")
        finally:
            over.set()
            await asyncio.gather(*waiting)

    asyncio.run(ask())
    assert called == []
