"""The service in a process of its own: as an operator starts it, or forked from one that has imported it already."""

import atexit
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from random import SystemRandom

import psutil

from compensation_service.cli import main

FORKED = multiprocessing.get_context("forkserver")
"""Makes processes from one that has imported the service and has nothing open: seconds less for each."""
# It imports nothing of the tests: before Python 3.13 it does not look where they are, and says nothing.
FORKED.set_forkserver_preload([f"compensation_service.cli.{name}" for name in ("application", "serve", "worker")])

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


def settings(**values):
    """The environment that gives the service these settings."""
    return os.environ | {f"COMPENSATION_{name.upper()}": str(value) for name, value in values.items()}


class Forked(FORKED.Process):
    """A command of the service in a folder, with an environment; what it says goes to files, errors to their own."""

    def __init__(self, command, folder, environment, said, errors=None):
        for file in (said, errors or said):
            file.touch()
        super().__init__(target=_obey, args=(command, folder, dict(environment), said, errors or said))
        self.start()
        atexit.register(self.kill)  # what a test left running would be waited for

    def poll(self):
        """Its exit code if it has ended."""
        return self.exitcode

    def wait(self, seconds=None):
        """Wait until it ends, and answer its exit code. TimeoutError if it does not."""
        self.join(seconds)
        if self.exitcode is None:
            raise TimeoutError
        return self.exitcode


def _obey(command, folder, environment, said, errors):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for name, number in ((said, 1), (errors, 2)):
        file = os.open(name, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.argv[1:] = command
    main()


class Service:
    """`serve` in a folder, with settings from its environment."""

    def __init__(self, folder, *options, **values):
        self.port = free_port()
        self.log = folder / f"log-{self.port}"
        self.process = self._start(["serve", "--port", str(self.port), *options], folder, settings(**values))

    def _start(self, command, folder, environment):
        return Forked(command, folder, environment, self.log)

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


class OperatedService(Service):
    """`serve` as an operator starts it: nothing was imported before."""

    def _start(self, command, folder, environment):
        with self.log.open("wb") as said:
            program = [sys.executable, "-m", "compensation_service", *command]
            return subprocess.Popen(program, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT)
