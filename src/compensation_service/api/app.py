"""The web application: routes, errors and telemetry put together. What they call comes from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry
from starlette.types import Lifespan

from compensation_service.api import (
    api_keys,
    approvals,
    budgets,
    customer_page,
    customers,
    docs,
    errors,
    follow_ups,
    health,
    inbound,
    inbound_sources,
    incident_export,
    incident_file,
    incidents,
    letterheads,
    letters,
    offer_moves,
    offers,
    openapi,
    policies,
    replacements,
    signals,
    webhook_endpoints,
    webhooks,
)
from compensation_service.api.auth import KeyCache
from compensation_service.api.cursors import Cursors
from compensation_service.api.limits import Failures, RateLimit
from compensation_service.api.routes import check_scopes, hot_routes
from compensation_service.api.telemetry import Telemetry
from compensation_service.clock import random_token, steady_seconds
from compensation_service.domain.ids import RandomBytes
from compensation_service.services.bundle import Services
from compensation_service.settings import Settings

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own would look into the environment at every request; ours measures all that is answered."""


@dataclass(slots=True)
class Parts:
    """What the routes of an app work with, as its `state`. While `draining`, it takes no new work on."""

    services: Services
    registry: CollectorRegistry
    readiness: health.Readiness
    public_base_url: str
    max_body_bytes: int
    cursors: Cursors
    rate_limit: RateLimit | None
    page_failures: Failures
    inbound_failures: Failures
    failures: Failures
    trusted_proxies: int
    hosts: frozenset[str]
    key_cache: KeyCache
    draining: bool = False


def bare_app(lifespan: Lifespan[FastAPI] | None = None, *, with_docs: bool = True) -> FastAPI:
    """An app with every route, which describes itself but has nothing behind it yet."""
    app = FastAPI(
        title="Compensation service",
        version=version("compensation-service"),
        summary="An incident in; a proportional, explained offer out.",
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY,
    )
    pieces = (
        offers.hot,
        offers.router,
        offer_moves.router,
        replacements.router,
        approvals.router,
        incident_export.router,  # before /incidents/{incident_id}
        incidents.router,
        letters.router,
        letterheads.router,
        incident_file.router,
        follow_ups.router,
        policies.router,
        webhook_endpoints.router,
        inbound_sources.router,
        inbound.router,
        signals.router,
        customer_page.router,
        customers.router,
        budgets.router,
    )
    # As they are: including a router makes each of its routes anew, which took most of the time that an app takes.
    for router in (*pieces, api_keys.router, health.router, docs.problem_pages, *([docs.router] if with_docs else [])):
        app.router.routes += router.routes
    app.webhooks.routes += webhooks.router.routes
    openapi.complete(app)
    errors.install(app)
    check_scopes(app)
    return app


def _checks(services: Services, settings: Settings) -> health.Checks:
    checks: dict[str, Callable[[], object]] = {
        "database": services.store.ping,
        "migrations": health.Migrations(settings.database_url),
    }
    if not settings.allow_unsafe_durability:
        checks["durability"] = services.store.recheck_durability
    if settings.database_file is not None:
        checks["disk"] = health.Disk(settings.database_file)
    return checks


def build(
    services: Services,
    settings: Settings,
    lifespan: Lifespan[FastAPI],
    registry: CollectorRegistry,
    random_bytes: RandomBytes = random_token,
) -> FastAPI:
    """Build the application, which measures itself in `registry`. Raises UndeclaredRoute if a route has no scope."""
    app = bare_app(lifespan, with_docs=settings.docs_enabled)
    app.state = Parts(  # type: ignore[assignment]  # declared as Starlette's, which has no types and is slower
        services=services,
        registry=registry,
        readiness=health.Readiness(_checks(services, settings)),
        public_base_url=settings.public_base_url,
        max_body_bytes=settings.max_body_bytes,
        cursors=Cursors(settings.secret_key.get_secret_value()),
        rate_limit=RateLimit(settings.rate_limit_per_second, settings.rate_limit_burst, steady_seconds)
        if settings.rate_limit_per_second
        else None,
        page_failures=Failures(customer_page.TRIES_PER_MINUTE, steady_seconds),
        inbound_failures=Failures(inbound.TRIES_PER_MINUTE, steady_seconds),
        failures=Failures(settings.failures_per_minute, steady_seconds),
        trusted_proxies=settings.trusted_proxies,
        hosts=settings.hosts,
        key_cache=KeyCache(
            services.keys, services.clock, settings.key_cache_seconds, settings.preview_key_cache_seconds
        ),
    )
    # Outermost, around the framework's own layers: hot routes need none of them.
    app.middleware_stack = Telemetry(
        app.build_middleware_stack(),
        hot=hot_routes(app),
        registry=registry,
        random_bytes=random_bytes,
        reveal=services.links.reveal,
    )
    return app
