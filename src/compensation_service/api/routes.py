"""Routes that let nobody in unasked: every one stands in SCOPES, is authenticated and takes no unknown parameter.

`HotRoute` is for the two operations that carry the load. It does by hand what FastAPI's route does with exit stacks,
dependencies and a second parse of the body, and skips what is not needed: bytes → gate → model → endpoint → answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from fastapi._compat import ModelField
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from compensation_service.api import auth, errors, gate
from compensation_service.api.offer_request import CaseBody
from compensation_service.api.problems import FieldError, Problem
from compensation_service.domain.api_key import Scope as KeyScope
from compensation_service.services.bundle import Services

PARAMETERS_MOST = 50

SCOPES: Mapping[tuple[str, str], KeyScope | None] = {
    ("POST", "/offers"): KeyScope.OFFERS_WRITE,
    ("POST", "/offers/preview"): KeyScope.OFFERS_READ,
    ("GET", "/offers"): KeyScope.OFFERS_READ,
    ("GET", "/offers/{offer_id}"): KeyScope.OFFERS_READ,
    **{
        ("POST", f"/offers/{{offer_id}}/{action}"): KeyScope.OFFERS_WRITE
        for action in ("accept", "decline", "counter", "keep", "withdraw", "approve", "reject", "override", "supersede")
    },
    ("GET", "/approvals"): KeyScope.OFFERS_READ,
    ("POST", "/offers/{offer_id}/remedies/{position}/fulfilled"): KeyScope.OFFERS_WRITE,
    ("POST", "/offers/{offer_id}/remedies/{position}/failed"): KeyScope.OFFERS_WRITE,
    ("GET", "/incidents"): KeyScope.INCIDENTS_READ,
    ("POST", "/incidents"): KeyScope.INCIDENTS_WRITE,
    ("GET", "/incidents/export"): KeyScope.INCIDENTS_READ,
    ("GET", "/incidents/{incident_id}"): KeyScope.INCIDENTS_READ,
    ("PATCH", "/incidents/{incident_id}"): KeyScope.INCIDENTS_WRITE,
    ("GET", "/incidents/{incident_id}/timeline"): KeyScope.INCIDENTS_READ,
    ("POST", "/incidents/{incident_id}/decision"): KeyScope.OFFERS_WRITE,
    **{
        ("POST", f"/incidents/{{incident_id}}/{what}"): KeyScope.INCIDENTS_WRITE
        for what in ("reopen", "messages", "evidence", "account")
    },
    ("GET", "/incidents/{incident_id}/letters"): KeyScope.INCIDENTS_READ,
    ("POST", "/incidents/{incident_id}/letters"): KeyScope.INCIDENTS_WRITE,
    ("GET", "/letterhead"): KeyScope.POLICIES_READ,
    ("PUT", "/letterhead"): KeyScope.POLICIES_WRITE,
    ("GET", "/follow-ups"): KeyScope.FOLLOW_UPS_READ,
    ("GET", "/follow-ups/{follow_up_id}"): KeyScope.FOLLOW_UPS_READ,
    ("POST", "/follow-ups/{follow_up_id}/complete"): KeyScope.FOLLOW_UPS_WRITE,
    ("POST", "/offers/{offer_id}/recompute"): KeyScope.OFFERS_READ,
    ("GET", "/policies"): KeyScope.POLICIES_READ,
    ("POST", "/policies"): KeyScope.POLICIES_WRITE,
    ("POST", "/policies/check"): KeyScope.POLICIES_READ,
    ("GET", "/policies/{version}"): KeyScope.POLICIES_READ,
    ("PUT", "/policies/{version}"): KeyScope.POLICIES_WRITE,
    ("POST", "/policies/{version}/activate"): KeyScope.POLICIES_WRITE,
    ("GET", "/policies/{before}/diff/{after}"): KeyScope.POLICIES_READ,
    ("GET", "/webhook-endpoints"): KeyScope.WEBHOOKS_READ,
    ("POST", "/webhook-endpoints"): KeyScope.WEBHOOKS_WRITE,
    ("GET", "/webhook-endpoints/{endpoint_id}"): KeyScope.WEBHOOKS_READ,
    ("PATCH", "/webhook-endpoints/{endpoint_id}"): KeyScope.WEBHOOKS_WRITE,
    **{
        ("POST", f"/webhook-endpoints/{{endpoint_id}}/{what}"): KeyScope.WEBHOOKS_WRITE
        for what in ("rotate", "enable", "test", "replay")
    },
    ("GET", "/webhook-endpoints/{endpoint_id}/deliveries"): KeyScope.WEBHOOKS_READ,
    ("GET", "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}"): KeyScope.WEBHOOKS_READ,
    ("DELETE", "/webhook-endpoints/{endpoint_id}"): KeyScope.WEBHOOKS_WRITE,
    ("GET", "/inbound-sources"): KeyScope.INBOUND_READ,
    ("POST", "/inbound-sources"): KeyScope.INBOUND_WRITE,
    ("GET", "/inbound-sources/{source_id}"): KeyScope.INBOUND_READ,
    ("PATCH", "/inbound-sources/{source_id}"): KeyScope.INBOUND_WRITE,
    ("POST", "/inbound-sources/{source_id}/rotate"): KeyScope.INBOUND_WRITE,
    ("GET", "/inbound-sources/{source_id}/events"): KeyScope.INBOUND_READ,
    ("GET", "/inbound-sources/{source_id}/events/{event_id}"): KeyScope.INBOUND_READ,
    ("POST", "/inbound-sources/{source_id}/replay"): KeyScope.INBOUND_WRITE,
    ("DELETE", "/inbound-sources/{source_id}"): KeyScope.INBOUND_WRITE,
    ("POST", "/signals"): KeyScope.OFFERS_WRITE,
    ("POST", "/inbound/{source_id}"): None,
    ("GET", "/inbound/{source_id}"): None,
    ("GET", "/budgets"): KeyScope.BUDGETS_READ,
    ("POST", "/budgets"): KeyScope.BUDGETS_WRITE,
    ("GET", "/budgets/{budget_id}"): KeyScope.BUDGETS_READ,
    ("PATCH", "/budgets/{budget_id}"): KeyScope.BUDGETS_WRITE,
    ("POST", "/customers/{reference}/erase"): KeyScope.CUSTOMERS_ERASE,
    ("GET", "/api-keys"): KeyScope.KEYS_MANAGE,
    ("POST", "/api-keys"): KeyScope.KEYS_MANAGE,
    ("GET", "/api-keys/{key_id}"): KeyScope.KEYS_MANAGE,
    ("POST", "/api-keys/{key_id}/rotate"): KeyScope.KEYS_MANAGE,
    ("POST", "/api-keys/{key_id}/revoke"): KeyScope.KEYS_MANAGE,
    ("GET", "/o/style.css"): None,
    ("GET", "/o/{token}"): None,
    **{("POST", f"/o/{{token}}/{action}"): None for action in ("accept", "counter", "decline", "answer")},
    ("GET", "/"): None,
    ("GET", "/problems/{code}"): None,
    ("GET", "/livez"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,
    ("GET", "/docs"): None,
    ("GET", "/docs/{asset}"): None,
    ("GET", "/openapi.json"): None,
}
"""Which scope each operation asks for; None is open to everybody."""


class UndeclaredRoute(RuntimeError):
    """A route exists that SCOPES does not name: the app must not start."""


class GuardedRoute(APIRoute):
    """A route that authenticates, checks query parameters and lets the body through the gate before anything else."""

    body_bytes_most: int | None = None
    """Where a body may be larger or smaller than the settings say."""
    string_bytes_most = gate.STRING_BYTES_MOST

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:  # noqa: ANN401 - as FastAPI declares them
        super().__init__(path, endpoint, **options)
        self.verbs = frozenset(self.methods or ())
        described = (options.get("openapi_extra") or {}).get("parameters", ())
        read_by_hand = {each["name"] for each in described if each["in"] == "query"}
        self.parameters = frozenset(_names(self.dependant.query_params)) | read_by_hand

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self.admit(scope)
        if self.body_field is not None:
            receive = await self._through_the_gate(scope, receive)
        await super().handle(scope, receive, send)

    async def _through_the_gate(self, scope: Scope, receive: Receive) -> Receive:
        """Check the body, and hand it on as if it came in one piece."""
        most = self.body_bytes_most or scope["app"].state.max_body_bytes
        body = await gate.read_json(scope["fields"], receive, most, self.string_bytes_most)
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Message:
            return next(messages, None) or await receive()

        return again

    async def admit(self, scope: Scope) -> None:
        """Refuse wrong methods, missing or weak keys and parameters nobody reads; leave the key in `scope`."""
        method = scope["method"]
        if method not in self.verbs:
            raise Problem("method_not_allowed", headers={"Allow": _allowed(self.path)})
        wanted = SCOPES[method, self.path]
        if wanted is not None:
            scope["api_key"] = auth.authenticate_at_once(scope, wanted) or await auth.authenticate(
                scope, wanted, patient=self.path == "/offers/preview"
            )
        if scope["query_string"]:
            _check_query(scope["query_string"], self.parameters)


class HotRoute(GuardedRoute):
    """A route whose endpoint takes `(request, body)` and gives a Response.

    It behaves as a stock route with the same endpoint does; a test compares the two.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:  # noqa: ANN401 - as FastAPI declares them
        super().__init__(path, endpoint, **options)
        model: type[CaseBody] = endpoint.__annotations__["body"]
        self._validate = model.__pydantic_validator__.validate_json

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self.answer(scope, receive, send)
        await response(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Response:
        """The answer to one request, not sent yet."""
        await self.admit(scope)
        fields, most, take = scope["fields"], scope["app"].state.max_body_bytes, scope.get("take_body", _nothing)
        body = gate.take_body(fields, take, most) or await gate.read_body(fields, receive, most)
        modest = gate.is_modest(body)
        if not modest:
            gate.check(body)
        scope["body"] = body
        try:
            value = self._validate(body)
        except ValidationError as error:
            gate.check(body)  # what it refuses comes first
            raise errors.invalid(error, body) from error
        if modest and value.count_keys() != gate.count_keys(body):
            gate.check(body)
        response: Response = await self.endpoint(Request(scope, receive, send), value)
        return response


class Ready(Response):
    """An answer of JSON that is written already: its headers are made of two, and not looked through."""

    def __init__(self, body: bytes, status_code: int = 200, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.status_code = status_code
        self.body = body
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json"), *more]


def _nothing() -> None:
    """What can be taken of a body where the server gives it in messages only."""


def _names(fields: Iterable[ModelField]) -> Iterator[str]:
    """The names of query parameters; a model of parameters stands for its fields."""
    for field in fields:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield field.alias


def _allowed(path: str) -> str:
    methods = {method for method, known in SCOPES if known == path}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _check_query(query: bytes, known: frozenset[str]) -> None:
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MOST
        )
    except ValueError as error:
        raise Problem("bad_request", "The query string cannot be read.") from error
    names = [name for name, _ in pairs]
    if any(name not in known for name in names):
        raise Problem("unknown_parameter", extra={"known": sorted(known)})
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        found = [FieldError(f"/{name}", "repeated_parameter", "Sent more than once.") for name in sorted(repeated)]
        raise Problem("repeated_parameter", errors=found)
    if any(gate.has_forbidden_character(value) for _, value in pairs):
        raise Problem("forbidden_character")


def services_of(request: Request) -> Services:
    """The use cases that the app was built with."""
    services: Services = request.app.state.services
    return services


def hot_routes(app: FastAPI) -> dict[tuple[str, str], HotRoute]:
    """The hot routes of an app by method and path, for a middleware that takes the short way to them."""
    hot = (route for route in app.routes if isinstance(route, HotRoute))
    return {(verb, route.path): route for route in hot for verb in route.verbs}


def check_scopes(app: FastAPI) -> None:
    """Refuse to go on with a route that SCOPES does not name, or that does not guard itself."""
    for route in app.routes:
        if not isinstance(route, GuardedRoute):
            raise UndeclaredRoute(f"{route} is not a GuardedRoute")
        for method in route.verbs:
            if (method, route.path) not in SCOPES:
                raise UndeclaredRoute(f"{method} {route.path} has no scope: declare it in SCOPES")
