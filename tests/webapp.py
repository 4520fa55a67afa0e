"""The whole service in one process, as tests of the HTTP interface talk to it."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

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
UNHELD = {"failures_per_minute": 1_000_000, "rate_limit_burst": 1_000_000}
"""All tests come from one address, and ask faster than any shop."""


class Web:
    """A running service; `post`, `get` and so on speak with a key of the merchant `north` that may do everything."""

    def __init__(self, app: FastAPI, client: TestClient, url: str = "") -> None:
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
    with TestClient(app, base_url=BASE, follow_redirects=False, backend_options=loop) as client:
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
