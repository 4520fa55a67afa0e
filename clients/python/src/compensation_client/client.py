"""Sending requests: with a key, again where that is safe, and page after page."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Self

import httpx

from compensation_client import errors
from compensation_client.operations import Operations

ATTEMPTS_MOST: Final = 5
WAIT_S: Final = 0.5
"""Before the second attempt where the service says nothing; twice as long before each further one, with jitter."""
WAIT_MOST_S: Final = 60.0
TIMEOUT_S: Final = 30.0
BUSY: Final = 429
UNDER_WAY: Final = 409
"""With Retry-After: the same request is being answered at this moment."""
FAILED: Final = 400
AWAY: Final = 503


class Client(Operations):
    """A connection to a service at `base_url`, for one key. Use it with `with`, or close it; threads may share it.

    Raises ApiError where the service refuses, Unreachable where nobody answers.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        attempts_most: int = ATTEMPTS_MOST,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "compensation-client/0.1.0"}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_s, transport=transport)
        self._attempts_most = attempts_most
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
    ) -> Any:  # noqa: ANN401 - what the operation answers
        request = self._request(method, path, query, headers, body)
        answer = self._send(request)
        return answer.json() if answer.content else None

    def _each(self, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
        cursor = None
        while True:
            page = self._call("GET", path, query={**query, "cursor": cursor})
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _stream(self, path: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        answer = self._send(self._request("GET", path, query, None, None), stream=True)
        try:
            yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise errors.Unreachable(str(error)) from error
        finally:
            answer.close()

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str | None] | None,
        body: object,
    ) -> httpx.Request:
        """A request without what is None; one that takes an Idempotency-Key has one, the same in every attempt."""
        told = {name: value for name, value in (headers or {}).items() if value is not None}
        if headers is not None and "Idempotency-Key" in headers:
            told.setdefault("Idempotency-Key", str(uuid.uuid4()))
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        return self._http.build_request(method, path, params=asked, headers=told, json=body)

    def _send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        safe = request.method == "GET" or "Idempotency-Key" in request.headers
        for attempt in range(1, self._attempts_most + 1):
            is_last = attempt == self._attempts_most
            try:
                answer = self._http.send(request, stream=stream)
            except httpx.TransportError as error:
                if is_last or not (safe or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)):
                    raise errors.Unreachable(str(error)) from error
                self._sleep(_pause(attempt))
                continue
            if answer.status_code < FAILED:
                return answer
            answer.read()
            if is_last or not _is_passing(answer, safe=safe):
                raise errors.of(answer.status_code, answer.content)
            self._sleep(_told_pause(answer, attempt))
        raise AssertionError("the last attempt answers or raises")


def _is_passing(answer: httpx.Response, *, safe: bool) -> bool:
    """Whether the same request may be answered otherwise in a moment, without being done twice."""
    if answer.status_code == UNDER_WAY:
        return safe and "Retry-After" in answer.headers
    return answer.status_code == BUSY or (safe and answer.status_code == AWAY)


def _told_pause(answer: httpx.Response, attempt: int) -> float:
    told: str = answer.headers.get("Retry-After", "")
    return min(float(told), WAIT_MOST_S) if told.isdecimal() else _pause(attempt)


def _pause(attempt: int) -> float:
    return min(WAIT_S * 2.0 ** (attempt - 1), WAIT_MOST_S) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients
