"""Serving: one process that drains before it stops, or several of them on one port."""

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

import structlog
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from compensation_service.cli import collector
from compensation_service.cli.edge import CLOSE, Edge
from compensation_service.settings import Environment

EVERYWHERE = "0.0.0.0"  # noqa: S104 - in production the network in front decides who may reach us
HERE = "127.0.0.1"
GRACE_SECONDS = 20
"""How long requests that have begun may take once no others are taken."""
RESTART_SECONDS = 1.0
"""How long a process that ended by itself is waited for, so that one that cannot live does not take all the time."""
SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""Where processes keep their metrics, so that any of them can tell the sum; prometheus_client reads it."""

_log = structlog.get_logger("compensation_service.server")
_spawn = multiprocessing.get_context("spawn")


def host_of(environment: Environment) -> str:
    """Where to listen if nobody says."""
    return EVERYWHERE if environment is Environment.PRODUCTION else HERE


def bind(host: str, port: int) -> socket.socket:
    """A socket that has the address; nobody listens on it yet. Raises OSError, which names what it cannot have."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"{host}:{port}: {error.strerror}") from error
    return bound


def configure(app: Any, *, keep_alive_seconds: float, **options: Any) -> uvicorn.Config:  # noqa: ANN401 - uvicorn's own
    """How uvicorn serves here: through the edge, believing no header about where a request comes from."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Edge,
        ws="none",
        interface="asgi3",
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_keep_alive=keep_alive_seconds,  # type: ignore[arg-type] # a timer takes any number
        timeout_graceful_shutdown=GRACE_SECONDS,
        **options,
    )


class Server(uvicorn.Server):
    """A server that, told to stop, is not ready at once but goes on taking requests for `drain_seconds`.

    Meanwhile a balancer takes it out; every answer closes its connection, so that none is in use when it stops. Told
    by SIGTERM or SIGINT it ends with exit code 0; a second SIGINT does not wait.
    """

    def __init__(self, config: uvicorn.Config, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """Begin to stop."""
        if not self.started:
            self.should_exit = True
        elif self._stop_at is None:
            self._stop_at = time.monotonic() + self._drain_seconds
            self.config.loaded_app.state.draining = True
            self.config.encoded_headers.append(CLOSE)
            self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        elif sig == signal.SIGINT:
            self.should_exit = self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Say whether to stop now."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)


@dataclass(frozen=True, slots=True)
class Service:
    """What is served, and how. `app` names a factory, so that each process makes its own."""

    app: str
    keep_alive_seconds: int
    drain_seconds: float

    def server(self) -> Server:
        """A server for this process."""
        return Server(configure(self.app, factory=True, keep_alive_seconds=self.keep_alive_seconds), self.drain_seconds)


def run(service: Service, bound: socket.socket, processes: int) -> bool:
    """Serve until told to stop; whether all went well."""
    if processes > 1:
        with tempfile.TemporaryDirectory(prefix="compensation-metrics-") as folder:
            os.environ[SHARED_METRICS] = folder
            return Team(service, bound, processes).run()
    server = service.server()
    server.run(sockets=[bound])
    return server.started


class Team:
    """Processes that share one listening socket. One that ends by itself is replaced, unless it could not start."""

    def __init__(self, service: Service, bound: socket.socket, processes: int) -> None:
        self._service = service
        self._socket = bound
        self._count = processes
        self._members: list[SpawnProcess] = []
        self._stopping = False

    def run(self) -> bool:
        """Serve until told to stop; whether all went well."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._members = [self._start() for _ in range(self._count)]
        could_start = True
        while could_start and not self._stopping:
            wait([member.sentinel for member in self._members], timeout=1)
            could_start = all(member.exitcode != STARTUP_FAILURE for member in self._members)
            if could_start and not self._stopping:
                self._replace()
        return self._end() and could_start

    def _start(self) -> SpawnProcess:
        member = _spawn.Process(target=_work, args=(self._service, self._socket))
        member.start()
        return member

    def _replace(self) -> None:
        for place, member in enumerate(self._members):
            if not member.is_alive():
                _log.error("process ended", pid=member.pid, exit_code=member.exitcode)
                time.sleep(RESTART_SECONDS)
                self._members[place] = self._start()

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for member in self._members:
            member.terminate()

    def _end(self) -> bool:
        """Tell all to stop, those too that were being started, and wait; kill who does not."""
        self._stop()
        deadline = time.monotonic() + self._service.drain_seconds + 2 * GRACE_SECONDS
        for member in self._members:
            member.join(max(0.0, deadline - time.monotonic()))
            if member.is_alive():
                member.kill()
                member.join()
        # One that was told to stop before it listened to signals ends by the signal.
        return all(member.exitcode in {0, -signal.SIGTERM} for member in self._members)


def _work(service: Service, listening: socket.socket) -> None:
    """Serve in a process of a team."""
    collector.look_seldom()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    server = service.server()
    server.run(sockets=[listening])
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
