"""The whole service in one process, as tests of the HTTP interface talk to it."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message

import databases
from compensation_service.api.offer_request import EXAMPLE
from compensation_service.cli.edge import Edge
from compensation_service.cli.server import Server, configure
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import create_app
from compensation_service.settings import Settings

BASE = "https://offers.example"
JSON = {"Content-Type": "application/json"}
TOLD = frozenset({"content", "data", "files", "json", "params", "headers"})
"""Options that make a request; the others tell a client of the network how to go about it."""
UNHELD = {"failures_per_minute": 1_000_000, "rate_limit_burst": 1_000_000}
"""All tests come from one address, and ask faster than any shop."""


class Transport(httpx.BaseTransport):
    """Takes requests to the app in one step into its event loop and back; a portal needs two, TestClient eight."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._app = app
        self._loop = portal.call(asyncio.get_running_loop)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        status, headers, body = asyncio.run_coroutine_threadsafe(self._ask(request), self._loop).result()
        return httpx.Response(status, headers=headers, content=body, request=request)

    async def _ask(self, request: httpx.Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path, _, query = request.url.raw_path.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("testclient", 50_000),
            "server": (request.url.host, 443),
        }
        sent: list[Message] = []
        answered = asyncio.Event()
        unread = [{"type": "http.request", "body": request.content}]

        async def receive() -> Message:
            if unread:
                return unread.pop()
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        await self._app(scope, receive, send)
        begun, *parts = sent
        body = b"" if request.method == "HEAD" else b"".join([bytes(part.get("body", b"")) for part in parts])
        return begun["status"], begun["headers"], body


class Client(httpx.Client):
    """Asks the app itself, follows nothing and keeps no cookies; `portal` leads into its event loop."""

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._app = Transport(app, portal)
        super().__init__(transport=self._app, base_url=BASE)
        self.portal = portal

    def request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Response:
        """Ask without all that a client of the network sees to: it took longer than most answers."""
        options = {name: value for name, value in options.items() if name in TOLD}
        place = f"{BASE}{url}" if str(url).startswith("/") else url
        return self._app.handle_request(httpx.Request(method, place, **options))


class Web:
    """A running service; `post`, `get` and so on speak with a key of the merchant `north` that may do everything."""

    def __init__(self, app: FastAPI, client: httpx.Client, url: str = "") -> None:
        self.app = app
        self.url = url
        self.client = client
        self.headers = self.key("north")

    def key(self, merchant: str, *scopes: Scope) -> dict[str, str]:
        """Headers with a new key of a merchant; without scopes named it has them all."""
        _, token = self.app.state.services.keys.create(merchant, "test", Role.SERVICE, frozenset(scopes or Scope))
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, headers={**self.headers, **options.pop("headers", {})}, **options)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        content = {"content": body, "headers": {**self.headers, **JSON, **headers}} if isinstance(body, bytes) else None
        return self.client.post(path, **(content or {"json": body, "headers": {**self.headers, **headers}}))

    def values(self, table: str, column: str) -> list[Any]:
        """All that a column of the SQLite file holds."""
        with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
            return [value for (value,) in connection.execute(f"SELECT {column} FROM {table}")]

    def change(self, statement: str, *values: object) -> None:
        """Change the SQLite file behind the service's back."""
        with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
            connection.execute(statement, values)

    def offer(self, reference: str, customer: str = "C-1", merchant: dict[str, str] | None = None) -> Any:
        """Make an offer for a late delivery."""
        answer = self.client.post("/offers", json=case(reference, customer), headers=merchant or self.headers)
        assert answer.status_code == 201, answer.text
        return answer.json()


def case(reference: str | None, customer: str = "C-1") -> dict[str, Any]:
    """A request for an offer."""
    body = deepcopy(EXAMPLE)
    body["incident"]["reference"] = reference
    body["order"]["reference"] = f"order-{reference}"
    body["customer"]["reference"] = customer
    return body


@contextmanager
def running(url: str, **settings: Any) -> Iterator[Web]:
    """The service on a database that is migrated already."""
    app = create_app(
        Settings(database_url=url, **{"public_base_url": BASE, **UNHELD, **settings}),
        system_clock,
        random_id,
        random_token,
    )
    loop = {"use_uvloop": True}  # as `serve` does
    with TestClient(app, backend_options=loop) as begun, Client(app, begun.portal) as client:
        yield Web(app, client, url)


@contextmanager
def serving(app: FastAPI, edge: type[Edge] = Edge, keep_alive_seconds: float = 5) -> Iterator[str]:
    """The app behind a real socket, as `serve` puts it there; the address under which it answers."""
    config = configure(app, port=0, keep_alive_seconds=keep_alive_seconds, log_level="warning")
    config.http = edge
    server = Server(config, 0)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def on_sqlite(**settings: Any) -> Iterator[Web]:
    """The service on a fresh SQLite file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.fresh_sqlite(Path(folder)) as url,
        running(url, **settings) as web,
    ):
        yield web
