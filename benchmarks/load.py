"""A load client of one process: HTTP/1.1 over raw sockets, kept alive, one request at a time per connection.

Closed loop: every connection sends its next request as soon as it has its answer; this finds the highest rate.
Open loop (`--rate`): requests are due at random moments, whatever the server does, and an answer's time counts from
when its request was due. A server that stalls is seen to stall.

It is started by `run`; it prints one JSON document.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import selectors
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import uvloop

CUSTOMERS = 1_000_000
ANSWER_SECONDS_MOST = 10


def requests_of(path: str, token: str, bodies: Sequence[bytes], mark: bytes, first: int) -> Iterator[bytes]:
    """Requests without end, each body in turn; where one holds marks, it has numbers of its own, from `first` on."""
    requests = [
        (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for body in bodies
    ]
    if not mark:
        yield from cycle(requests)
    dice = random.Random(first)
    for before, between, then, after in cycle([request.split(mark) for request in requests]):
        own = b"%010d" % first
        customer = b"%010d" % dice.randrange(CUSTOMERS)
        yield before + own + between + own + then + customer + after
        first += 1


class Connection(asyncio.Protocol):
    """One connection. `answered(connection, status)` is called for every whole answer."""

    def __init__(self, answered: Callable[["Connection", int], None]) -> None:
        self._answered = answered
        self._transport: Any = None  # uvloop's transports are no asyncio.Transport
        self._received = b""
        self._wanted = 0
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        if not self._wanted:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                self._received = received
                return
            head = received[:end].lower()
            at = head.index(b"content-length:") + 15
            length = head.find(b"\r\n", at)
            self._wanted = end + 4 + int(head[at : length if length > 0 else end])
        if len(received) < self._wanted:
            self._received = received
            return
        self._received, self._wanted = b"", 0
        self._answered(self, int(received[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._answered(self, 0)

    def close(self) -> None:
        self._transport.abort()


class Load:
    """One stretch of load, and what came back."""

    def __init__(self, requests: Iterator[bytes], connections: int, warm_up: float, seconds: float) -> None:
        self._requests = requests
        self._connections = connections
        self._warm_up, self._seconds = warm_up, seconds
        self._began = 0.0
        self._idle: deque[Connection] = deque()
        self._waiting: deque[float] = deque()
        self.took: list[float] = []
        self.statuses: Counter[int] = Counter()
        self._open_loop = False
        self._over = False

    async def run(self, port: int, rate: float | None) -> None:
        loop = asyncio.get_running_loop()
        made = [
            (await loop.create_connection(lambda: Connection(self._answered), "127.0.0.1", port))[1]
            for _ in range(self._connections)
        ]
        self._open_loop = rate is not None
        start = time.perf_counter()
        self._began = start + self._warm_up
        end = self._began + self._seconds
        if rate is None:
            for connection in made:
                connection.send(next(self._requests), time.perf_counter())
            await asyncio.sleep(end - time.perf_counter())
        else:
            self._idle.extend(made)
            await self._arrive(rate, start, end)
        self._over = True
        for connection in made:
            connection.close()

    async def _arrive(self, rate: float, start: float, end: float) -> None:
        """Let requests fall due at random moments; then wait for the last answers."""
        dice = random.Random(7)
        due = start
        while (due := due + dice.expovariate(rate)) < end:
            delay = due - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            if self._idle:
                self._idle.popleft().send(next(self._requests), due)
            else:
                self._waiting.append(due)
        last = time.perf_counter() + ANSWER_SECONDS_MOST
        while len(self._idle) < self._connections and time.perf_counter() < last:  # noqa: ASYNC110 - for the end only
            await asyncio.sleep(0.01)

    def _answered(self, connection: Connection, status: int) -> None:
        if self._over:
            return
        now = time.perf_counter()
        due = connection.due
        counts = due >= self._began if self._open_loop else now >= self._began
        if counts:
            self.took.append(now - due)
            self.statuses[status] += 1
        if not self._open_loop:
            connection.send(next(self._requests), now)
        elif self._waiting:
            connection.send(next(self._requests), self._waiting.popleft())
        else:
            self._idle.append(connection)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--token", default="none")
    parser.add_argument("--body", type=Path, required=True, help="a file with bodies, one a line, sent in turn")
    parser.add_argument(
        "--mark",
        default="",
        help="what in each body stands three times for numbers of each request's own: incident, order, customer",
    )
    parser.add_argument("--first", type=int, default=1, help="the first of these numbers")
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--warm-up", type=float, default=0.3)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, help="requests a second of an open loop; without it, as many as possible")
    given = parser.parse_args()
    requests = requests_of(
        given.path, given.token, given.body.read_bytes().splitlines(), given.mark.encode(), given.first
    )
    load = Load(requests, given.connections, given.warm_up, given.seconds)
    gc.disable()
    own = time.process_time()
    # select() waits to the microsecond, which an open loop needs; uvloop is cheaper, which a closed loop needs.
    factory = uvloop.new_event_loop if given.rate is None else _precise_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(load.run(given.port, given.rate))
    cpu = time.process_time() - own
    took = sorted(load.took)
    print(
        json.dumps(
            {
                "answers": len(took),
                "rate": len(took) / given.seconds,
                "p50_ms": _at(took, 0.50),
                "p99_ms": _at(took, 0.99),
                "most_ms": _at(took, 1.0),
                "statuses": load.statuses,
                "client_cpu_us": cpu / max(1, len(took)) * 1e6,
            }
        ),
        flush=True,
    )
    os._exit(0)  # connections may still have answers under way: they are of no interest


def _precise_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _at(took: list[float], share: float) -> float:
    return took[min(len(took) - 1, int(len(took) * share))] * 1000 if took else 0.0


if __name__ == "__main__":
    main()
