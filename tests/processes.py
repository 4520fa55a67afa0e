"""The service in a process of its own, as an operator starts it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from random import SystemRandom

import psutil

START_SECONDS = 90
STOP_SECONDS = 40
PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, any of which could take a port that is not listened on yet."""


def free_port():
    """A port that nobody has."""
    for port in SystemRandom().sample(PORTS, 50):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


class Service:
    """`serve` in a folder, with settings from its environment."""

    def __init__(self, folder, *options, **environment):
        self.port = free_port()
        self.log = folder / f"log-{self.port}"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "compensation_service", "serve", "--port", str(self.port), *options],
                cwd=folder,
                env=os.environ | {f"COMPENSATION_{name.upper()}": str(value) for name, value in environment.items()},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method, path, body=None, headers=None):
        """One request on a connection of its own: status, headers in lower case, body."""
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path):
        return self.ask("GET", path)

    def wait(self):
        """Wait until it answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.get("/livez")
            except OSError:
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def readiness(self):
        """What it says of itself as soon as no look at it took too long: on a machine that stands still one does."""
        for _ in range(20):
            status, _, body = self.get("/readyz")
            if b"timeout" not in body:
                break
        return status, json.loads(body)

    def members(self):
        """The processes that share its work, by their ids."""
        found = {}
        for process in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if "resource_tracker" not in " ".join(process.cmdline()):
                    found[process.pid] = process
        return found

    def stop(self):
        """Tell it to stop, and answer its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_SECONDS)
