"""The machine a benchmark runs on: what it is, and who may use which core."""

import os
import platform
import socket
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("fastapi", "starlette", "pydantic", "uvicorn", "uvloop", "httptools", "sqlalchemy", "psycopg", "orjson")


class PortTaken(RuntimeError):
    """Somebody else listens where a server of ours is to listen: its answers would be measured as ours."""


def description() -> dict[str, str]:
    """Everything about the machine that a rate depends on."""
    return {
        "processor": _processor(),
        "cores": str(len(all_cores())),
        "memory": f"{_memory_bytes() / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def all_cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def can_pin() -> bool:
    """Whether server and client can have a core each."""
    return hasattr(os, "sched_setaffinity") and len(all_cores()) > 1


def pin(process_id: int, core: int) -> None:
    """Keep a process, which has just begun, on one core; the threads it makes stay there too."""
    if can_pin():
        os.sched_setaffinity(process_id, {all_cores()[core]})


def demand_free(port: int) -> None:
    """Raise PortTaken unless nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(f"port {port} is taken: end what listens there, or choose another --port") from error
