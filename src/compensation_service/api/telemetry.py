"""What goes around every request: a trace id, one measurement, one line in the log, and headers that hold for all.

One pure ASGI middleware. It also takes the short way to the hot routes, past the layers they do not need, and answers
what nobody else has answered. It never writes down a body, a header or an exception's message: they may hold secrets.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

import structlog
from prometheus_client import CollectorRegistry, GCCollector, Histogram, PlatformCollector, ProcessCollector
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compensation_service.api import errors
from compensation_service.api.header import Fields, fields_of
from compensation_service.api.routes import HotRoute
from compensation_service.domain.ids import RandomBytes, draw

LOG_ONE_IN = 100
"""Of requests that went as they should, one in so many is logged; every answer of 500 and above is."""

TRACE_BYTES = 16
DRAWN_AT_ONCE = 64
"""How many trace ids are drawn together."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CLIENT_CLOSED = 499
SERVER_ERROR = 500

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_NO_STORE = (b"cache-control", b"no-store")
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]

_log = structlog.get_logger("compensation_service.access")


def process_registry() -> CollectorRegistry:
    """A registry that tells what any process does: its memory, its processor time and the like."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry


class Telemetry:
    """The middleware. `hot` are routes by method and path; `random_bytes` make trace ids where none is brought.

    `reveal` puts the customers' links into what is answered; stored documents hold placeholders of the same length.
    """

    def __init__(
        self,
        app: ASGIApp,
        hot: Mapping[tuple[str, str], HotRoute],
        registry: CollectorRegistry,
        random_bytes: RandomBytes,
        reveal: Callable[[bytes], bytes] = bytes,
        log_one_in: int = LOG_ONE_IN,
    ) -> None:
        self._app = app
        self._hot = hot
        self._random_bytes = random_bytes
        self._trace_ids: list[str] = []
        self._reveal = reveal
        self._log_one_in = log_one_in
        self._until_logged = 1
        self._series: dict[tuple[str, str, int], Histogram] = {}
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from the request's head to the answer's end, by method, route and status.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; what is not HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        scope["fields"] = fields = fields_of(scope["headers"])
        scope["trace_id"] = trace_id = self._trace_id(fields)
        method = scope["method"]
        bodiless = method == "HEAD"
        if bodiless:
            scope = {**scope, "method": "GET"}  # the server's own still says HEAD: it counts no body then
        status = 0

        async def sender(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _complete(message["headers"], trace_id, scope.get("rate_limit", ()))
            else:
                message["body"] = b"" if bodiless else self._reveal(message.get("body", b""))
            await send(message)

        try:
            hot = self._hot.get((scope["method"], scope["path"]))
            if hot is None:
                await self._app(scope, receive, sender)
            else:
                scope["route"] = hot
                response = await hot.answer(scope, receive, send)
                body, status = self._reveal(bytes(response.body)), response.status_code
                headers = [*response.raw_headers, *scope.get("rate_limit", ()), *_ALWAYS, _NO_STORE, _named(trace_id)]
                send_whole = scope.get("send_whole")
                if send_whole is None or not send_whole(status, headers, body):
                    await send({"type": "http.response.start", "status": status, "headers": headers})
                    await send({"type": "http.response.body", "body": body})
        except ClientDisconnect:
            status = status or CLIENT_CLOSED
        except Exception as error:
            if status:
                self._log_failure(error, trace_id)
                raise
            await self._answer_failure(error, scope, receive, sender)
        finally:
            self._note(method, scope, status, perf_counter() - began)

    def _trace_id(self, fields: Fields) -> str:
        """The caller's trace id (W3C Trace Context) if it brings a well-formed one, else a new one."""
        match = _TRACEPARENT.fullmatch(fields[b"traceparent"]) if b"traceparent" in fields else None
        if match:
            return match[1].decode("ascii")
        if not self._trace_ids:
            self._trace_ids = draw(self._random_bytes, TRACE_BYTES, DRAWN_AT_ONCE)
        return self._trace_ids.pop()

    def _note(self, method: str, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path: str = route.path if route is not None else "unknown"
        key = (method if method in METHODS else "other", path, status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self._seconds.labels(*map(str, key))
        series.observe(seconds)
        self._until_logged -= 1
        if status >= SERVER_ERROR or self._until_logged <= 0:
            self._until_logged = self._log_one_in
            key_id = getattr(scope.get("api_key"), "id", None)
            _log.info(
                "request",
                method=key[0],
                route=path,
                status=status,
                milliseconds=round(seconds * 1000, 3),
                trace_id=scope["trace_id"],
                key_id=key_id,
            )

    async def _answer_failure(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        response = errors.response_of(error, scope)
        if response.status_code == SERVER_ERROR:
            self._log_failure(error, scope["trace_id"])
        await response(scope, receive, send)

    def _log_failure(self, error: Exception, trace_id: str) -> None:
        """An exception as its type and place; its message may repeat what a client sent."""
        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        _log.error("unhandled exception", error=type(error).__qualname__, frames=frames, trace_id=trace_id)


def _named(trace_id: str) -> tuple[bytes, bytes]:
    return b"x-request-id", trace_id.encode("ascii")


def _complete(headers: list[tuple[bytes, bytes]], trace_id: str, rate_limit: Iterable[tuple[bytes, bytes]]) -> None:
    """Add the headers that every answer has; a page that may be cached says so itself."""
    headers += rate_limit
    headers += _ALWAYS
    headers.append(_named(trace_id))
    for name, _ in headers:
        if name == b"cache-control":
            return
    headers.append(_NO_STORE)
