"""A server that can be killed again and again: each is forked from a process that has everything loaded.

And a merchant's key for those who ask it.
"""

import os
import signal
import socket
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from types import TracebackType

import webapp
from compensation_service.cli.edge import Edge
from compensation_service.cli.server import Server, configure
from compensation_service.clock import random_token, system_clock
from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import create_app
from compensation_service.services.keys import KeyService
from compensation_service.settings import Settings
from compensation_service.store.store import open_store
from processes import FORKED, free_port

MERCHANT = "north"


def headers_of(url: str) -> dict[str, str]:
    """The headers of a new key that may do everything; its merchant is there with it."""
    with closing(open_store(url)) as store:
        keys = KeyService(store, system_clock, random_token)
        _, token = keys.create(MERCHANT, "till", Role.SERVICE, frozenset(Scope))
    return {"Authorization": f"Bearer {token}", **webapp.JSON}


class Killable:
    """The service over a real socket, always on the same port, in a process of its own while it lives."""

    def __init__(self, url: str) -> None:
        self.port = free_port()
        self._url = url
        self._nest = ProcessPoolExecutor(1, FORKED)
        self._process = 0

    def __enter__(self) -> "Killable":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        self._nest.shutdown()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = self._nest.submit(_fork, self._url, self.port).result()
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """Kill it as it stands."""
        os.kill(self._process, signal.SIGKILL)
        self._nest.submit(_bury, self._process).result()


def _fork(url: str, port: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            _serve(url, port)
        finally:
            os._exit(1)
    return child


def _bury(process: int) -> None:
    os.waitpid(process, 0)


def _serve(url: str, port: int) -> None:
    app = create_app(Settings(database_url=url, **webapp.UNHELD))
    config = configure(app, port=port, keep_alive_seconds=5, log_level="critical")
    config.http = Edge
    Server(config, 0).run()
