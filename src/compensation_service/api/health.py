"""For operators: is the process alive, should it get requests, and how is it doing."""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import orjson
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from compensation_service.api.answers import Alive, Ready
from compensation_service.api.routes import GuardedRoute
from compensation_service.store import schema

CHECK_SECONDS_MOST = 1.0
FREE_LEAST = 0.05
"""The share of a disk below which no writes should come any more."""
STOPPING = {"stopping": "yes"}

Checks: TypeAlias = Mapping[str, Callable[[], object]]
"""What must hold for requests to be served, by name; a check may block and raises where it does not hold."""


class NotMigrated(RuntimeError):
    """The tables are older than this code."""


class Migrations:
    """Whether the database stands at the newest revision, or a newer one; once it does it is not asked again."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._served = False

    def __call__(self) -> None:
        """Raise NotMigrated, or StoreUnavailable."""
        if not self._served:
            self._served = schema.can_serve(self._database_url)
        if not self._served:
            raise NotMigrated


class DiskAlmostFull(RuntimeError):
    """Less than FREE_LEAST of the disk is free."""


class Disk:
    """Whether there is room where a file is written."""

    def __init__(self, file: Path) -> None:
        self._folder = file.parent

    def __call__(self) -> None:
        """Raise DiskAlmostFull."""
        usage = shutil.disk_usage(self._folder)
        if usage.free < FREE_LEAST * usage.total:
            raise DiskAlmostFull


class Readiness:
    """Looks at everything that requests need; who asks while somebody else does gets the same answer."""

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self._looking: asyncio.Task[dict[str, str]] | None = None

    async def look(self) -> dict[str, str]:
        """What each check found, `ok` where it holds."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> dict[str, str]:
        found = await asyncio.gather(*map(_outcome, self.checks.values()))
        return dict(zip(self.checks, found, strict=True))


router = APIRouter(route_class=GuardedRoute, tags=["operation"])


@router.get("/livez", operation_id="isAlive", response_model=Alive)
async def livez() -> Response:
    """Answer as long as the process can. It never looks at the database: restarting us would not mend that."""
    return Response(b'{"status":"alive"}', media_type="application/json")


@router.get(
    "/readyz",
    operation_id="isReady",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Send no requests here for now."}},
)
async def readyz(request: Request) -> Response:
    """Look at everything that requests need, for one second at most. A process that was told to stop is not ready."""
    state = request.app.state
    found = STOPPING if state.draining else await state.readiness.look()
    ready = all(outcome == "ok" for outcome in found.values())
    return Response(
        orjson.dumps({"ready": ready, "checks": found}), 200 if ready else 503, media_type="application/json"
    )


async def _outcome(check: Callable[[], object]) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS_MOST):
            await asyncio.shield(run_in_threadpool(check))
    except TimeoutError:
        return "timeout"
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is: not ready
        return type(error).__name__
    return "ok"


@router.get("/metrics", operation_id="readMetrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Answer metrics in Prometheus' text format: of all processes of `serve --workers` together."""
    return Response(generate_latest(_registry(request.app.state.registry)), media_type=CONTENT_TYPE_LATEST)


def _registry(own: CollectorRegistry) -> CollectorRegistry:
    """What to show: this process's metrics, or the sums over all where they keep them together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return own
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call] # has no annotations
    return shared
