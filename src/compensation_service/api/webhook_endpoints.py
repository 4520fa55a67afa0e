"""`/webhook-endpoints`: who is told what happens, and what became of telling them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from compensation_service.api import idempotency, lists
from compensation_service.api.fields import Identifier, Moment, Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.api.webhook_answers import (
    DeliveryPage,
    DeliveryWhole,
    ReplayOut,
    TestOut,
    WebhookEndpointMade,
    WebhookEndpointOut,
    WebhookEndpointPage,
)
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.delivery import FAMILIES, TYPES, DeliveryStatus
from compensation_service.domain.webhook_endpoint import PayloadFormat
from compensation_service.services.idempotency import Idempotency
from compensation_service.services.webhook_endpoints import EndpointChange, EndpointRequest
from compensation_service.webhooks.egress import URL_LENGTH_MOST

JSON = "application/json"
PATH = "/webhook-endpoints"
OVERLAP_HOURS_MOST = 24 * 14

TYPE_NAMES = tuple(map(str, TYPES))
WANTED_NAMES = (*TYPE_NAMES, *FAMILIES)


def _among(names: tuple[str, ...]) -> Callable[[str], str]:
    """Check that a text is one of the names, which are those of several enums."""

    def check(value: str) -> str:
        if value not in names:
            raise PydanticCustomError("enum", "This is none of the values allowed here.")
        return value

    return check


TypeName = Annotated[
    str, AfterValidator(_among(TYPE_NAMES)), WithJsonSchema({"type": "string", "enum": list(TYPE_NAMES)})
]
Wanted = Annotated[
    str, AfterValidator(_among(WANTED_NAMES)), WithJsonSchema({"type": "string", "enum": list(WANTED_NAMES)})
]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=URL_LENGTH_MOST),
    Field(description="https, port 443, a public address."),
]
Description = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Events = Annotated[
    list[Wanted],
    Field(max_length=len(TYPE_NAMES), description="Types and families such as `offer.*`; none means all."),
]
EndpointId = Annotated[Identifier, Path()]
DeliveryId = Annotated[Identifier, Path()]

_ETAG = {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the endpoint as you read it. 412 if it was changed since, 428 if this is missing.",
    "schema": {"type": "string"},
    "example": '"1"',
}
_KEY = idempotency.header("Needed here.", required=True)
_CHANGES: dict[str, Any] = {"openapi_extra": {"parameters": [_IF_MATCH]}, "responses": {200: {"headers": _ETAG}}}

router = APIRouter(route_class=GuardedRoute, tags=["webhooks"])


class EndpointBody(Strict):
    """Where to, and what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://hooks.example.com/compensation", "events": ["offer.*", "remedy.*"]}]
        }
    )

    url: Url
    description: Description | None = None
    events: Annotated[Events, Field(default_factory=list)]
    format: Annotated[PayloadFormat, Field(strict=False)] = PayloadFormat.STANDARD


class EndpointPatch(Strict):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": []}, {"enabled": False}]})

    url: Url | None = None
    description: Description | None = None
    events: Events | None = None
    format: Annotated[PayloadFormat | None, Field(strict=False)] = None
    enabled: Annotated[bool | None, Field(description="false: nothing is sent, and nothing is kept for later.")] = None


class RotationBody(Strict):
    """How long both secrets sign."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"overlap_hours": 48}]})

    overlap_hours: Annotated[int, Field(ge=0, le=OVERLAP_HOURS_MOST)] = 24


class ReplayBody(Strict):
    """One delivery, or all whose attempts failed since a moment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"delivery": "evt_01kjyq8m4seb2tcnd7vd0a7nhz"}, {"failed_since": "2026-03-05T12:00:00Z"}]
        }
    )

    delivery: Identifier | None = None
    failed_since: Moment | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "ReplayBody":
        if (self.delivery is None) == (self.failed_since is None):
            raise PydanticCustomError("one_of_two", "Either delivery or failed_since is expected.")
        return self


class NothingMore(Strict):
    """Nothing more has to be said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class EndpointQuery(BaseModel):
    """Which endpoints to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None


class DeliveryQuery(BaseModel):
    """Which deliveries to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None
    status: DeliveryStatus | None = None
    type: TypeName | None = None


@router.get(PATH, operation_id="listWebhookEndpoints", response_model=WebhookEndpointPage)
async def list_webhook_endpoints(request: Request, query: Annotated[EndpointQuery, Query()]) -> Response:
    """List the endpoints, newest first."""
    return await lists.answer(request, services_of(request).webhook_endpoints.page, None, {}, query)


@router.post(
    PATH,
    operation_id="createWebhookEndpoint",
    status_code=201,
    response_model=WebhookEndpointMade,
    openapi_extra={"parameters": [_KEY]},
    responses={
        200: {
            "model": WebhookEndpointMade,
            "description": "This Idempotency-Key was answered long ago.",
            "headers": _ETAG,
        },
        201: {"headers": _ETAG},
    },
)
async def create_webhook_endpoint(request: Request, body: EndpointBody) -> Response:
    """Register an address to be told what happens from this answer on. The answer holds the secret, this once.

    The address must be public, and is looked up again for every attempt.
    """
    repeatable = await _needed_key(request, PATH)
    key: ApiKey = request.scope["api_key"]
    wanted = EndpointRequest(body.url, body.description, body.events, body.format)
    create = services_of(request).webhook_endpoints.create
    answer = await written_in_time(create, key.merchant_id, wanted, key.id, repeatable)
    return idempotency.answered(answer, lambda body: f'"{orjson.loads(body)["version"]}"')


@router.get(
    PATH + "/{endpoint_id}",
    operation_id="getWebhookEndpoint",
    response_model=WebhookEndpointOut,
    responses={200: {"headers": _ETAG}},
)
async def get_webhook_endpoint(request: Request, endpoint_id: EndpointId) -> Response:
    """Answer one endpoint."""
    key: ApiKey = request.scope["api_key"]
    return _endpoint(await in_time(services_of(request).webhook_endpoints.get, key.merchant_id, endpoint_id))


@router.patch(
    PATH + "/{endpoint_id}", operation_id="changeWebhookEndpoint", response_model=WebhookEndpointOut, **_CHANGES
)
async def change_webhook_endpoint(request: Request, endpoint_id: EndpointId, body: EndpointPatch) -> Response:
    """Change an endpoint, or switch it off and on."""
    key: ApiKey = request.scope["api_key"]
    wanted = EndpointChange(
        url=body.url,
        description=body.description,
        forget_description="description" in body.model_fields_set and body.description is None,
        events=body.events,
        format=body.format,
        enabled=body.enabled,
    )
    change = services_of(request).webhook_endpoints.change
    return _endpoint(
        await written_in_time(change, key.merchant_id, endpoint_id, wanted, key.id, _if_match(request, needed=True))
    )


@router.delete(PATH + "/{endpoint_id}", operation_id="deleteWebhookEndpoint", status_code=204)
async def delete_webhook_endpoint(request: Request, endpoint_id: EndpointId) -> Response:
    """Remove an endpoint with its deliveries; what was not sent is not sent any more."""
    key: ApiKey = request.scope["api_key"]
    await written_in_time(services_of(request).webhook_endpoints.remove, key.merchant_id, endpoint_id, key.id)
    return Response(status_code=204)


@router.post(
    PATH + "/{endpoint_id}/rotate",
    operation_id="rotateWebhookSecret",
    response_model=WebhookEndpointMade,
    **_CHANGES,
)
async def rotate_webhook_secret(request: Request, endpoint_id: EndpointId, body: RotationBody) -> Response:
    """Make a new secret, shown in this answer only; the one before signs too for some hours."""
    key: ApiKey = request.scope["api_key"]
    rotate, overlap = services_of(request).webhook_endpoints.rotate, timedelta(hours=body.overlap_hours)
    return _endpoint(
        await written_in_time(rotate, key.merchant_id, endpoint_id, overlap, key.id, _if_match(request, needed=True))
    )


@router.post(
    PATH + "/{endpoint_id}/enable",
    operation_id="enableWebhookEndpoint",
    response_model=WebhookEndpointOut,
    responses={200: {"headers": _ETAG}},
)
async def enable_webhook_endpoint(request: Request, endpoint_id: EndpointId, _: NothingMore) -> Response:
    """Send to an endpoint again that was given up or switched off, what was kept for it first."""
    key: ApiKey = request.scope["api_key"]
    enable = services_of(request).webhook_endpoints.enable
    return _endpoint(await written_in_time(enable, key.merchant_id, endpoint_id, key.id, _if_match(request)))


@router.post(
    PATH + "/{endpoint_id}/test",
    operation_id="testWebhookEndpoint",
    status_code=202,
    response_model=TestOut,
    openapi_extra={"parameters": [_KEY]},
)
async def send_test(request: Request, endpoint_id: EndpointId, _: NothingMore) -> Response:
    """Send a test to an endpoint, whatever it wants; its deliveries show what became of it."""
    key: ApiKey = request.scope["api_key"]
    repeatable = await _needed_key(request, f"{PATH}/{endpoint_id}/test")
    test = services_of(request).webhook_endpoints.test
    return idempotency.answered(await written_in_time(test, key.merchant_id, endpoint_id, key.id, repeatable))


@router.get(PATH + "/{endpoint_id}/deliveries", operation_id="listDeliveries", response_model=DeliveryPage)
async def list_deliveries(
    request: Request, endpoint_id: EndpointId, query: Annotated[DeliveryQuery, Query()]
) -> Response:
    """List what was sent to an endpoint or is to be, newest first. It is kept for 30 days."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    page = services_of(request).deliveries.page
    return await lists.answer(request, page, {**wanted, "endpoint_id": endpoint_id}, wanted, query)


@router.get(PATH + "/{endpoint_id}/deliveries/{delivery_id}", operation_id="getDelivery", response_model=DeliveryWhole)
async def get_delivery(request: Request, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Response:
    """Answer one delivery with what is sent and what was answered."""
    key: ApiKey = request.scope["api_key"]
    get = services_of(request).deliveries.get
    return _json(await in_time(get, key.merchant_id, endpoint_id, delivery_id))


@router.post(PATH + "/{endpoint_id}/replay", operation_id="replayDeliveries", response_model=ReplayOut)
async def replay_deliveries(request: Request, endpoint_id: EndpointId, body: ReplayBody) -> Response:
    """Send again: one delivery whatever became of it, or all whose attempts failed. What waits already stays so."""
    key: ApiKey = request.scope["api_key"]
    replay = services_of(request).deliveries.replay
    count = await written_in_time(replay, key.merchant_id, endpoint_id, body.delivery, body.failed_since, key.id)
    return _json({"replayed": count})


async def _needed_key(request: Request, path: str) -> Idempotency:
    found = await idempotency.read(request, path)
    if found is None:
        raise Problem("idempotency_key_missing")
    return found


def _if_match(request: Request, *, needed: bool = False) -> str | None:
    """The version that the caller read; None for `*`, which matches any."""
    found = request.headers.get("if-match")
    if found is None and needed:
        raise Problem("precondition_required")
    return None if found in {None, "*"} else found.strip('"')


def _endpoint(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), 200, {"ETag": f'"{document["version"]}"'}, JSON)


def _json(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), media_type=JSON)
