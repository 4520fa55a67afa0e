"""The demonstration's caller: what a shop's backend does over HTTP."""

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

Document = dict[str, Any]

READY_SECONDS = 60
REQUEST_SECONDS = 10
PAGE = 100


class Refused(RuntimeError):
    """The service did not answer as it should."""


class Client:
    """One caller with one key. Use it as a context manager."""

    def __init__(self, base_url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        # The machine's proxies and .netrc are not asked: the service is on this very machine.
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=REQUEST_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        """Open the connection when it is needed."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        self._http.close()

    def wait_until_ready(self, alive: Callable[[], bool]) -> None:
        """Wait for the service. Raises Refused when it is no longer `alive`, or not ready in READY_SECONDS."""
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and alive():
            try:
                if self._http.get("/readyz").is_success:
                    return
            except httpx.TransportError:
                pass  # it does not listen yet
            time.sleep(0.05)
        raise Refused("the service did not become ready")

    def make_offer(self, case: Document) -> tuple[Document, bool]:
        """Send one incident. Answers the offer, and whether it is new: the same incident gets the same offer."""
        response = self._http.post("/offers", json=case)
        return self._read(response), response.status_code == httpx.codes.CREATED

    def offers(self) -> Iterator[Document]:
        """Read all offers, newest first, page after page."""
        query: dict[str, str | int] = {"limit": PAGE}
        while True:
            page = self._read(self._http.get("/offers", params=query))
            yield from page["data"]
            if not page["has_more"]:
                return
            query["cursor"] = page["next_cursor"]

    def get(self, path: str) -> Document:
        """Read one thing."""
        return self._read(self._http.get(path))

    def make(self, path: str, body: Document, name: str) -> Document:
        """Make one thing, once for each name."""
        return self._read(self._http.post(path, json=body, headers={"Idempotency-Key": name}))

    def remove(self, path: str) -> None:
        """Remove one thing."""
        self._http.delete(path)

    def send(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a webhook, as another system does. Raises Refused where it is not taken."""
        response = self._http.post(path, content=body, headers=headers)
        if not response.is_success:
            raise Refused(f"{path}: {response.status_code} {response.text}")

    def _read(self, response: httpx.Response) -> Document:
        if not response.is_success:
            raise Refused(
                f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}"
            )
        document: Document = response.json()
        return document
