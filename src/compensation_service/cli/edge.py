"""The edge: HTTP/1.1 as it comes off the socket, taken strictly and within deadlines.

uvicorn's protocol waits for ever and takes heads of any size; this one closes on who is slow, and lets nothing in that
two programs could read in two ways. What is refused here is answered with a problem document and the connection closed.
It hands the application a body that is there in one piece, and takes an answer of one piece from it (`take_body` and
`send_whole` in the scope); ASGI's messages do the same for all else.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, NoReturn, TypeAlias
from weakref import ReferenceType, ref

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from compensation_service.api import problems
from compensation_service.api.problems import Problem
from compensation_service.clock import random_token

HEAD_BYTES_MOST = 32_768
HEADERS_MOST = 100
HEAD_SECONDS = 5.0
"""From the connection, or the first byte of a later request, to the end of the head."""
BODY_SECONDS = 15.0
"""From the end of the head to the end of the body."""
VERSIONS = frozenset({"1.0", "1.1"})
CLOSE = (b"connection", b"close")
"""Among the headers that all answers have while the server drains."""
ANY_HOST = frozenset({b"/livez", b"/readyz", b"/metrics"})
"""Balancers ask for these by address; nothing in the answers depends on the host."""


Held: TypeAlias = ReferenceType[RequestResponseCycle]
IDLE, HEAD, BODY = range(3)
"""What a connection waits for: another request, for as long as it is kept alive, or more of one."""


class Refused(Exception):
    """Ends parsing within one of the parser's callbacks."""


class Edge(HttpToolsProtocol):
    """One connection."""

    seconds: ClassVar[Mapping[int, float]] = {HEAD: HEAD_SECONDS, BODY: BODY_SECONDS}
    """How long it waits for what."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - uvicorn's, passed on
        super().__init__(*arguments, **options)
        self._application = self.config.loaded_app
        self._state = self._application.state
        self.app = self._application.middleware_stack or self._application
        self._stage = HEAD
        self._turns = 0
        self._timed_turn = -1
        self._deadline: asyncio.TimerHandle | None = None
        self._barren = 0
        """Bytes since the last that was of use: the end of a head, or part of a body."""
        self._refusal: Problem | None = None
        self._leaving = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn declares it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._keep_time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the socket. Most requests come in one piece: they cost no timer."""
        if self._stage == IDLE:
            self._stage = HEAD
            self._turns += 1
        self._barren += len(data)
        super().data_received(data)
        if self._stage == IDLE and self._deadline is None:
            return
        if self._barren > HEAD_BYTES_MOST and not self.transport.is_closing():
            self._refuse(Problem("head_too_large"))
        elif self._timed_turn != self._turns:
            self._keep_time()

    def on_headers_complete(self) -> None:
        """Let the request in, if its head can be read in one way only."""
        self._check_head()
        self._stage = BODY
        self._turns += 1
        self._barren = 0
        super().on_headers_complete()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # with what only our own application looks for
        scope["app"] = self._application
        cycle = ref(self.cycle)  # it has the scope, and would be left to the garbage collector if the scope had it
        scope["send_whole"] = partial(_send_whole, cycle)
        scope["take_body"] = partial(_take_body, cycle)
        self.headers = []  # the request has the others: trailers, which come too, must not stand among them
        if self._leaving or self.parser.should_upgrade():  # what follows an upgrade is not read
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take part of a body."""
        self._barren = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._stage = IDLE
        self._turns += 1
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's words, which may quote
        """Answer what could not be read; uvicorn calls it when parsing ends in an error."""
        self._refuse(self._refusal or Problem("bad_request"))

    def shutdown(self) -> None:
        """Close once what has begun is answered: half a head is a request already."""
        if self._stage == HEAD and (self._barren or self.cycle is None):
            self._leaving = True
            if not self._barren:
                self._stop_time()
                self._deadline = self.loop.call_later(1.0, self._be_late)
        else:
            super().shutdown()

    def _keep_time(self) -> None:
        """Have one deadline, that of what is waited for."""
        self._timed_turn = self._turns
        self._stop_time()
        seconds = None if self.transport.is_closing() else self.seconds.get(self._stage)
        if seconds is not None:
            self._deadline = self.loop.call_later(seconds, self._be_late)

    def _stop_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _be_late(self) -> None:
        if self._stage == HEAD and not self._barren:
            self.transport.close()  # nobody asked for anything, so there is nothing to answer
        else:
            self._refuse(Problem("request_too_slow"))

    def _check_head(self) -> None:
        """Refuse a head that is too large, or that leaves open where the body ends or whom it is for."""
        headers = self.headers
        if len(headers) > HEADERS_MOST or (
            self._barren > HEAD_BYTES_MOST and _size(self.url, headers) > HEAD_BYTES_MOST
        ):
            self._give_up(Problem("head_too_large"))
        host = None
        for name, value in headers:
            if name == b"host":
                if host is not None:
                    self._give_up(Problem("bad_request", "A request names one Host."))
                host = value
            elif name == b"transfer-encoding" and value.lower() != b"chunked":
                self._give_up(Problem("bad_request", "The only Transfer-Encoding is chunked."))
        if not host:
            self._give_up(Problem("bad_request", "A request names one Host."))
        allowed = self._state.hosts
        if allowed and not _is_among(allowed, host) and self.url.partition(b"?")[0] not in ANY_HOST:
            self._give_up(Problem("bad_request", "This is not the Host that the service answers for."))
        if not self.url.startswith(b"/"):
            self._give_up(Problem("bad_request", "The target of a request is a path."))
        if self.parser.get_http_version() not in VERSIONS:
            self._give_up(Problem("bad_request", "Speak HTTP/1.1."))

    def _give_up(self, problem: Problem) -> NoReturn:
        self._refusal = problem
        raise Refused

    def _refuse(self, problem: Problem) -> None:
        """Answer a problem and close; answers to earlier requests on this connection go out first."""
        self._stop_time()
        cycle = self.cycle
        own = cycle if self._stage == BODY else None
        if own is None and cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if own is None or not (own.response_started or self.pipeline):
            self.transport.write(self._problem(problem))
        self.transport.close()
        if own is not None:
            own.disconnected = True
            own.message_event.set()

    def _problem(self, problem: Problem) -> bytes:
        answer = problems.answer(problem, random_token(16).hex(), self._state.public_base_url)
        headers = [
            *self.server_state.default_headers,
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(answer.body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        lines = [name + b": " + value + b"\r\n" for name, value in dict(headers).items()]
        return STATUS_LINE[answer.status] + b"".join(lines) + b"\r\n" + answer.body


def _take_body(held: Held) -> bytes | None:
    """The whole body, if it is there already, as it is of most requests; None if somebody has to wait for it."""
    cycle = held()
    if cycle is None or cycle.more_body or cycle.disconnected:
        return None
    body = bytes(cycle.body)
    cycle.body = bytearray()
    cycle.message_event.clear()
    return body


def _send_whole(held: Held, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bool:
    """Send an answer in one piece; False, and nothing is sent, where it has to wait for the client.

    Nothing in the headers comes from a client, their names are in lower case, and Content-Length is among them: uvicorn
    looks into all of them by regular expressions.
    """
    cycle = held()
    if cycle is None or cycle.flow.write_paused or cycle.disconnected:
        return False
    cycle.response_started = True
    pieces = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        pieces += (name, b": ", value, b"\r\n")
    if CLOSE in cycle.default_headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        pieces.append(b"connection: close\r\n")
    pieces += (b"\r\n", body)
    cycle.transport.write(b"".join(pieces))
    cycle.response_complete = True
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def _size(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


def _is_among(allowed: frozenset[str], host: bytes) -> bool:
    """Whether a host may be named; one that is allowed without a port is so with any."""
    text = host.decode("latin-1").lower()
    name, colon, port = text.rpartition(":")
    return text in allowed or (bool(colon) and port.isdigit() and name in allowed)
