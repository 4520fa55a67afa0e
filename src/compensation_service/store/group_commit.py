"""Group commit: what arrives together is written in one transaction, and answered after its commit.

One thread writes. While it commits, requests gather; the next transaction takes them all, up to a bound. No timer: a
request that comes alone is written at once.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Generic, TypeVar

from compensation_service.domain.errors import OutcomeUnknown, StoreUnavailable, Unavailable
from compensation_service.store.failures import Contended, Disconnected, Taken, Unreachable
from compensation_service.store.queue import Queue, Waiting
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

Request = TypeVar("Request")
Answer = TypeVar("Answer")

ATTEMPTS_MOST = 4
PAUSE_S = 0.01
"""Before the second attempt; twice as long before each further one, and up to twice that by chance."""


class GroupCommit(Generic[Request, Answer]):
    """Writes requests in groups.

    `work(unit, requests)` answers the requests of one merchant, in their order, inside the transaction. It may answer a
    request with an exception, which then is raised to that caller alone; it must have written no more for it than
    that it was refused. If it raises, everything is rolled back and the requests are tried again one by one, so that
    one fails alone.
    """

    def __init__(
        self,
        store: Store,
        work: Callable[[UnitOfWork, Sequence[Request]], Sequence[Answer | Exception]],
        *,
        most: int = 64,
        queue: int = 1024,
        timeout_s: float = 3.0,
        jitter: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._store = store
        self._work = work
        self._most = most
        self._timeout_s = timeout_s
        self._jitter = jitter
        self._queue: Queue[Request, Answer] = Queue(queue)
        self._writer = threading.Thread(target=self._write_all, name="group-commit", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the writer; call it within the event loop that submits."""
        self._loop = asyncio.get_running_loop()
        self._writer.start()

    async def submit(self, merchant_id: str, request: Request, distinct: frozenset[str] = frozenset()) -> Answer:
        """Answer the request after the commit that holds its effect.

        Two requests of a merchant that share a name in `distinct` never meet in one transaction; the later one sees
        what the earlier one wrote. Raises Overloaded if the queue is full, StoreUnavailable if nothing was written and
        OutcomeUnknown if that cannot be known. A request whose caller is cancelled may still be written.
        """
        loop = asyncio.get_running_loop()
        waiting: Waiting[Request, Answer] = Waiting(
            merchant_id, request, frozenset((merchant_id, name) for name in distinct), loop.create_future()
        )
        self._queue.put(waiting)
        deadline = loop.call_later(self._timeout_s, self._give_up, waiting)
        try:
            return await waiting.future
        except asyncio.CancelledError:
            self._queue.withdraw(waiting)
            raise
        finally:
            deadline.cancel()

    def _give_up(self, waiting: Waiting[Request, Answer]) -> None:
        """Answer late callers: what no transaction has taken yet is taken back, anything else is unknown."""
        if not waiting.future.done():
            withdrawn = self._queue.withdraw(waiting)
            waiting.future.set_exception(StoreUnavailable() if withdrawn else OutcomeUnknown())

    async def stop(self) -> None:
        """Write what waits, then end the writer."""
        self._queue.close()
        await asyncio.to_thread(self._writer.join)

    def _write_all(self) -> None:
        while batch := self._queue.take(self._most):
            outcomes = self._write(batch)
            if self._loop is not None:
                self._loop.call_soon_threadsafe(_settle, outcomes)

    def _write(self, batch: Sequence[Waiting[Request, Answer]]) -> list[tuple[Waiting[Request, Answer], Any]]:
        """Answer what became of each: the committed answer or the exception to raise."""
        try:
            return self._attempt(batch)
        except Unreachable as error:
            # Nobody behind them will fare better: the next request is the one that tries again.
            return [(waiting, error) for waiting in [*batch, *self._queue.empty()]]
        except Unavailable as error:
            return [(waiting, error) for waiting in batch]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer of the one request that caused it
            if len(batch) == 1:
                return [(batch[0], error)]
            return [outcome for waiting in batch for outcome in self._write([waiting])]

    def _attempt(self, batch: Sequence[Waiting[Request, Answer]]) -> list[tuple[Waiting[Request, Answer], Any]]:
        """Write the batch, again where that can help: nothing of a failed attempt is in the database."""
        for attempt in range(1, ATTEMPTS_MOST):
            try:
                return self._together(batch)
            except Taken:
                if len(batch) > 1:
                    raise
            except (Contended, Disconnected):
                if all(waiting.future.done() for waiting in batch):
                    raise
            time.sleep(PAUSE_S * 2**attempt * (0.5 + self._jitter()))
        return self._together(batch)

    def _together(self, batch: Sequence[Waiting[Request, Answer]]) -> list[tuple[Waiting[Request, Answer], Any]]:
        outcomes: list[tuple[Waiting[Request, Answer], Any]] = []
        with self._store.transaction() as begun:
            # Merchants in one order in every process, so that two of them cannot hold each other up in a circle.
            ordered = sorted(batch, key=lambda waiting: waiting.merchant_id)
            for merchant_id, group in groupby(ordered, lambda waiting: waiting.merchant_id):
                asking = list(group)
                answers = self._work(begun.unit(merchant_id), [waiting.request for waiting in asking])
                outcomes.extend(zip(asking, answers, strict=True))
        return outcomes


def _settle(outcomes: Sequence[tuple[Waiting[Request, Answer], Any]]) -> None:
    """Hand the outcomes to those who still wait; runs on the event loop."""
    for waiting, outcome in outcomes:
        if waiting.future.done():
            continue
        if isinstance(outcome, Exception):
            waiting.future.set_exception(outcome)
        else:
            waiting.future.set_result(outcome)
