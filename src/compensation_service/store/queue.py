"""The queue before the writer of group commit: bounded, first come first served, no two of a name in one batch."""

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from compensation_service.domain.errors import Overloaded

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class Waiting(Generic[Request, Answer]):
    """A request that waits for its commit; `names` are those that it must not share with another one of its batch."""

    merchant_id: str
    request: Request
    names: frozenset[tuple[str, str]]
    future: asyncio.Future[Answer]
    is_open: bool = True
    """Whether it still stands in the queue: neither taken by the writer nor taken back by its caller."""


class Queue(Generic[Request, Answer]):
    """Put by the event loop, taken by the writer's thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Waiting[Request, Answer]] = deque()
        self._changed = threading.Condition()
        self._writer_sleeps = False
        self._closed = False

    def put(self, waiting: Waiting[Request, Answer]) -> None:
        """Add a request at the end; Overloaded if the queue is full or closed."""
        with self._changed:
            if self._closed or len(self._waiting) >= self._most:
                raise Overloaded
            self._waiting.append(waiting)
            if self._writer_sleeps:
                self._changed.notify()

    def withdraw(self, waiting: Waiting[Request, Answer]) -> bool:
        """Take a request back; False if it left the queue before."""
        with self._changed:
            was_open, waiting.is_open = waiting.is_open, False
        return was_open

    def close(self) -> None:
        """Accept nothing more; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, most: int) -> list[Waiting[Request, Answer]]:
        """Wait for requests and answer the first of them, at most so many; none once the queue is closed and empty.

        A request that shares a name with one before it stays, and so does whoever shares a name with that one: they
        keep their order.
        """
        with self._changed:
            while True:
                if batch := self._pick(most):
                    return batch
                if self._closed:
                    return []
                self._writer_sleeps = True
                self._changed.wait()
                self._writer_sleeps = False

    def empty(self) -> list[Waiting[Request, Answer]]:
        """Take everything that waits, names or not."""
        with self._changed:
            taken = [waiting for waiting in self._waiting if waiting.is_open]
            self._waiting.clear()
            for waiting in taken:
                waiting.is_open = False
        return taken

    def _pick(self, most: int) -> list[Waiting[Request, Answer]]:
        batch: list[Waiting[Request, Answer]] = []
        held: list[Waiting[Request, Answer]] = []
        names: set[tuple[str, str]] = set()
        while self._waiting and len(batch) < most:
            waiting = self._waiting.popleft()
            if not waiting.is_open:
                continue
            if waiting.names.isdisjoint(names):
                waiting.is_open = False
                batch.append(waiting)
            else:
                held.append(waiting)
            names |= waiting.names
        self._waiting.extendleft(reversed(held))
        return batch
