"""The service in a process of its own, as `compensation-service serve` starts it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
PORTS_TRIED = 50
STOP_SECONDS = 15


class NoPort(OSError):
    """Every port that was tried is taken."""


def free_port(first: int) -> int:
    """Find the first port from `first` on that nobody listens on. Raises NoPort."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise NoPort(f"no free port between {first} and {first + PORTS_TRIED - 1}")


@contextmanager
def running(port: int, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service with these environment variables added to ours, its output in `log`; stop it at the end.

    The process has a session of its own: Ctrl-C reaches only us, and we stop it in order.
    """
    command = [sys.executable, "-m", "compensation_service", "serve", "--host", HOST, "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
