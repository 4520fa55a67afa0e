"""Servers under load, each a process of its own, and the load client that they are shown to."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil

import machine

HERE = Path(__file__).parent
START_SECONDS = 30
STOP_SECONDS = 15
SERVER_CORE, CLIENT_CORE = 0, 1


class Broken(RuntimeError):
    """A server or the client did not do what it is here for: there is nothing to measure."""


@dataclass(frozen=True)
class Server:
    """A server that runs. `pinned`: it has the first core and the client the second; else all share all."""

    process: psutil.Process
    port: int
    pinned: bool

    def cpu_seconds(self) -> float:
        """CPU time of the server's processes so far."""
        processes = [self.process, *self.process.children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in processes)

    def unique_bytes(self) -> int:
        """Memory that no other process shares."""
        return int(self.process.memory_full_info().uss)


@dataclass(frozen=True)
class Target:
    """What is asked of a server: a path, with a key, a body, and as many connections."""

    server: Server
    path: str
    token: str
    body: Path
    connections: int
    mark: str = ""

    def load(self, seconds: float, rate: float | None = None, warm_up: float = 0.3) -> dict[str, Any]:
        """One stretch of load; every answer must be a success."""
        first = time.time_ns() // 1_000_000 % 10**7 * 1000
        command = [sys.executable, str(HERE / "load.py"), "--port", str(self.server.port), "--path", self.path]
        command += ["--token", self.token, "--body", str(self.body), "--connections", str(self.connections)]
        command += ["--seconds", str(seconds), "--warm-up", str(warm_up), "--first", str(first)]
        command += ["--mark", self.mark] if self.mark else []
        command += ["--rate", str(rate)] if rate else []
        before = self.server.cpu_seconds()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
            if self.server.pinned:
                machine.pin(client.pid, CLIENT_CORE)
            output, _ = client.communicate()
        cpu = self.server.cpu_seconds() - before
        if client.returncode:
            raise Broken(f"the load client ended with {client.returncode}")
        result: dict[str, Any] = json.loads(output)
        if set(result["statuses"]) - {"200", "201"}:
            raise Broken(f"{self.path} answered {result['statuses']}")
        # The warm-up's requests cost as much as the others, so the time is spread over all of them.
        result["cpu_us"] = cpu / max(1.0, result["rate"] * (seconds + warm_up)) * 1e6
        return result


@contextmanager
def running(
    command: list[str], port: int, environment: Mapping[str, str], log: Path, *, pinned: bool
) -> Iterator[Server]:
    """Run a server until the block ends."""
    machine.demand_free(port)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        if pinned:
            machine.pin(process.pid, SERVER_CORE)
        _wait(process, port, log)
        yield Server(psutil.Process(process.pid), port, pinned and machine.can_pin())
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/livez", timeout=1):
                return
        except URLError as error:
            if hasattr(error, "code"):  # it answers: that it knows no such path is no matter
                return
            time.sleep(0.05)
    raise Broken(f"the server on port {port} did not start:\n{log.read_text(errors='replace')[-3000:]}")


def service(port: int, workers: int) -> list[str]:
    """The command that starts the service, as anybody starts it."""
    command = [sys.executable, "-m", "compensation_service", "serve", "--host", "127.0.0.1", "--port", str(port)]
    return [*command, "--workers", str(workers)]


def stock(port: int, name: str, *options: str) -> list[str]:
    """The command that starts one of the apps in stock.py, on the same server with the same options."""
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(HERE), f"stock:{name}", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    return [*command, "--no-server-header", "--log-level", "warning", *options]
