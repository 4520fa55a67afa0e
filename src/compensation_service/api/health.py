"""For operators: is the process alive, should it get requests, and how is it doing."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeAlias

import orjson
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from compensation_service.api.answers import Alive, Ready
from compensation_service.api.routes import GuardedRoute
from compensation_service.store import schema

CHECK_SECONDS_MOST = 1.0

Checks: TypeAlias = Mapping[str, Callable[[], object]]
"""What must hold for requests to be served, by name; a check may block and raises where it does not hold."""


class NotMigrated(RuntimeError):
    """The tables are not those that this code expects."""


class Migrations:
    """Whether the database stands at the newest revision; once it does it is not asked again."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._at_head = False

    def __call__(self) -> None:
        """Raise NotMigrated, or StoreUnavailable."""
        if not self._at_head:
            self._at_head = schema.current(self._database_url) == schema.head()
        if not self._at_head:
            raise NotMigrated


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
    """Look at everything that requests need, for one second at most."""
    checks: Checks = request.app.state.checks
    found = await asyncio.gather(*map(_outcome, checks.values()))
    ready = all(outcome == "ok" for outcome in found)
    document = {"ready": ready, "checks": dict(zip(checks, found, strict=True))}
    return Response(orjson.dumps(document), 200 if ready else 503, media_type="application/json")


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
def metrics(request: Request) -> Response:
    """Answer the process's metrics in Prometheus' text format."""
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
