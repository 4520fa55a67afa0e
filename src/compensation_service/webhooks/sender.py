"""Sending one webhook: a POST to a checked address, bounded in time and in what is read of the answer.

Receivers are strangers. httpx bounds each read but not their sum, so a deadline lies around all of it; an answer is
read raw, for a few kilobytes of gzip can become a gigabyte.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

import httpx

from compensation_service.domain.ids import Clock
from compensation_service.webhooks import egress
from compensation_service.webhooks.egress import Refused, Resolver, Target
from compensation_service.webhooks.schedule import retry_after

ADDRESSES_MOST = 3
"""How many addresses of a host are tried within one attempt."""
LOOKUPS_MOST = 64
"""How many names are looked up at once: a look-up cannot be interrupted, and a slow one must not hold up the others."""
PROMPTLY_S = 1.5
"""How long somebody who registers an address waits for its name to be found."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long an attempt may take, and how much of the answer is read."""

    total_s: float = 15.0
    connect_s: float = 3.0
    answer_bytes: int = 4096


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: a status code, or the word of what went wrong instead.

    `answer` is the beginning of what was answered, as text. Words: `timeout`, `connection_failed`, `connection_lost`,
    `tls_failed`, `protocol_error`, and those of `egress.Refused`.
    """

    status_code: int | None = None
    error: str | None = None
    answer: str = ""
    retry_after: timedelta | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it: any 2xx. A redirect is not followed and counts as a failure."""
        return self.status_code is not None and httpx.codes.is_success(self.status_code)

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more of this."""
        return self.status_code == httpx.codes.GONE


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the machine's resolver."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def prompt_resolver(host: str, port: int, ask: Resolver = system_resolver) -> Sequence[str]:
    """Ask the machine's resolver while somebody waits for it: OSError after PROMPTLY_S too."""
    found: Future[Sequence[str]] = Future()

    def look_up() -> None:
        try:
            found.set_result(ask(host, port))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it is waited for
            found.set_exception(error)

    Thread(target=look_up, name="lookup", daemon=True).start()
    return found.result(PROMPTLY_S)  # its TimeoutError is an OSError


class Sender:
    """Sends requests, each over a connection of its own; it may be shared by many tasks.

    `allow_local` is for development: http, any port, and loopback.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        allow_local: bool = False,
        resolver: Resolver = system_resolver,
        bounds: Bounds | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._allow_local = allow_local
        self._resolver = resolver
        self._bounds = bounds or Bounds()
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._lookups: Executor = ThreadPoolExecutor(LOOKUPS_MOST, "lookup")

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Make one attempt. Whatever goes wrong is an outcome; nothing is raised but cancellation."""
        try:
            async with asyncio.timeout(self._bounds.total_s):
                target = egress.read(url, allow_local=self._allow_local)
                loop = asyncio.get_running_loop()
                addresses = await loop.run_in_executor(self._lookups, self._look_up, target)
                return await self._to_any(target, addresses[:ADDRESSES_MOST], headers, body)
        except Refused as refused:
            return Outcome(error=refused.code)
        except TimeoutError:
            return Outcome(error="timeout")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(error=_word(error))

    def close(self) -> None:
        """Wait for no look-up any more."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def _look_up(self, target: Target) -> list[str]:
        return egress.resolve(target, self._resolver, allow_local=self._allow_local)

    async def _to_any(self, target: Target, addresses: list[str], headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send to the first address that can be connected to."""
        for address in addresses[:-1]:
            try:
                return await self._to(address, target, headers, body)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._to(addresses[-1], target, headers, body)

    async def _to(self, address: str, target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
        shown = f"[{address}]" if ":" in address else address
        scheme = "https" if target.secure else "http"
        # A pool would hand the connection of one name to another name on the same address: one of its own for each.
        transport = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        timeout = httpx.Timeout(self._bounds.total_s, connect=self._bounds.connect_s)
        async with (
            httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST",
                f"{scheme}://{shown}:{target.port}{target.path}",
                content=body,
                headers={**headers, "host": target.authority, "accept-encoding": "identity", "connection": "close"},
                extensions={"sni_hostname": target.host} if target.secure else {},
            ) as response,
        ):
            answer = await self._beginning(response)
        wait = retry_after(response.headers.get("retry-after"), self._clock())
        return Outcome(response.status_code, None, answer, wait)

    async def _beginning(self, response: httpx.Response) -> str:
        """The first kilobytes of an answer as text that can be kept and shown; the rest is never read."""
        read = bytearray()
        async for part in response.aiter_raw():
            read += part
            if len(read) >= self._bounds.answer_bytes:
                break
        text = bytes(read[: self._bounds.answer_bytes]).decode("utf-8", "replace")
        return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _word(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, httpx.ConnectError):
        return "tls_failed" if _is_tls(error) else "connection_failed"
    if isinstance(error, httpx.NetworkError):
        return "connection_lost"
    return "protocol_error"


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
