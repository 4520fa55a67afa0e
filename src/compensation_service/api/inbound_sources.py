"""`/inbound-sources`: which systems may tell of trouble, how that is understood, and what became of it."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Self

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from compensation_service.api import idempotency, lists
from compensation_service.api.fields import Identifier, Name, Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.inbound_answers import (
    InboundEventPage,
    InboundEventWhole,
    InboundReplayOut,
    InboundSourceMade,
    InboundSourceOut,
    InboundSourcePage,
)
from compensation_service.api.offer_moves import if_match
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.inbound_event import InboundStatus
from compensation_service.services.inbound_sources import SourceRequest
from compensation_service.webhooks.inbound.presets import presets

JSON: Final = "application/json"
PATH: Final = "/inbound-sources"
OVERLAP_HOURS_MOST: Final = 24 * 14
EXPECTED_MOST: Final = 10

Preset = Annotated[
    str,
    StringConstraints(pattern="^[a-z0-9-]{1,40}$"),
    Field(description="How it signs and what it sends: " + ", ".join(presets()) + "."),
]
Secret = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern="^[!-~]+$")]
Mapping = Annotated[
    dict[str, Any],
    Field(description="What its payloads become, in the place of the preset's: docs/integrations/generic.md."),
]
Expects = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=200)],
        Annotated[str, StringConstraints(min_length=1, max_length=200)],
    ],
    Field(max_length=EXPECTED_MOST, description="What every payload must hold: JMESPath expressions, their values."),
]
Language = Literal["en", "ru", "bg", "fa"]
SourceId = Annotated[Identifier, Path()]
EventId = Annotated[Identifier, Path()]

_ETAG: Final = {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the source as you read it. 412 if it was changed since, 428 if this is missing.",
    "schema": {"type": "string"},
    "example": '"1"',
}
_CHANGES: Final[dict[str, Any]] = {
    "openapi_extra": {"parameters": [_IF_MATCH]},
    "responses": {200: {"headers": _ETAG}},
}

router = APIRouter(route_class=GuardedRoute, tags=["inbound"])


class SourceBody(Strict):
    """A system that may tell of trouble."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Help desk", "preset": "zendesk", "decide": True}]}
    )

    name: Name
    preset: Preset
    mapping: Mapping | None = None
    decide: Annotated[
        bool, Field(description="true: offers are made by themselves. false: an open incident waits for a person.")
    ] = False
    language: Annotated[Language | None, Field(description="Of the offers' sentences; else the customer's.")] = None
    expects: Expects = Field(default_factory=dict)
    secret: Annotated[
        Secret | None, Field(description="The one that the other system made; otherwise one is made here.")
    ] = None


class SourcePatch(Strict):
    """What shall be different; what is left out stays, `null` takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decide": True}, {"mapping": None}]})

    name: Name | None = None
    mapping: Mapping | None = None
    decide: bool | None = None
    language: Language | None = None
    expects: Expects | None = None

    @model_validator(mode="after")
    def _nothing_missing(self) -> Self:
        if any(getattr(self, name) is None for name in self.model_fields_set & {"name", "decide", "expects"}):
            raise PydanticCustomError("missing", "This cannot be taken away.")
        return self

    def wanted(self) -> dict[str, Any]:
        """What is to be changed."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class SecretBody(Strict):
    """Another secret, and how long the one before is good too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"overlap_hours": 48}]})

    secret: Annotated[Secret | None, Field(description="The other system's; otherwise one is made here.")] = None
    overlap_hours: Annotated[int, Field(ge=0, le=OVERLAP_HOURS_MOST)] = 24


class EventReplayBody(Strict):
    """One event that failed or was kept aside, or all that failed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"event": "ine_01kjyq8m4seb2tcnd7vd0a7nhz"}]})

    event: Annotated[Identifier | None, Field(description="Nothing: all that failed.")] = None


class SourceQuery(BaseModel):
    """Which sources to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None


class EventQuery(SourceQuery):
    """Which events to list."""

    status: InboundStatus | None = None


@router.get(PATH, operation_id="listInboundSources", response_model=InboundSourcePage)
async def list_inbound_sources(request: Request, query: Annotated[SourceQuery, Query()]) -> Response:
    """List the sources, newest first."""
    return await lists.answer(request, services_of(request).inbound_sources.page, None, {}, query)


@router.post(
    PATH,
    operation_id="createInboundSource",
    status_code=201,
    response_model=InboundSourceMade,
    openapi_extra={"parameters": [idempotency.header("Needed here.", required=True)]},
    responses={
        200: {"model": InboundSourceMade, "description": "This Idempotency-Key was answered long ago."},
        201: {"headers": _ETAG},
    },
)
async def create_inbound_source(request: Request, body: SourceBody) -> Response:
    """Let a system tell of trouble. The answer says where it sends to, and holds a secret that was made here."""
    repeatable = await idempotency.read(request, PATH)
    if repeatable is None:
        raise Problem("idempotency_key_missing")
    key: ApiKey = request.scope["api_key"]
    create = services_of(request).inbound_sources.create
    wanted = SourceRequest(**{name: getattr(body, name) for name in SourceBody.model_fields})
    answer = await written_in_time(create, key.merchant_id, wanted, key.id, repeatable)
    return idempotency.answered(answer, lambda sent: f'"{orjson.loads(sent)["version"]}"')


@router.get(
    PATH + "/{source_id}",
    operation_id="getInboundSource",
    response_model=InboundSourceOut,
    responses={200: {"headers": _ETAG}},
)
async def get_inbound_source(request: Request, source_id: SourceId) -> Response:
    """Answer one source."""
    key: ApiKey = request.scope["api_key"]
    return _source(await in_time(services_of(request).inbound_sources.get, key.merchant_id, source_id))


@router.patch(PATH + "/{source_id}", operation_id="changeInboundSource", response_model=InboundSourceOut, **_CHANGES)
async def change_inbound_source(request: Request, source_id: SourceId, body: SourcePatch) -> Response:
    """Change a source, such as its mapping. What failed before can then be replayed."""
    key: ApiKey = request.scope["api_key"]
    change, version = services_of(request).inbound_sources.change, _expected(request)
    return _source(await written_in_time(change, key.merchant_id, source_id, body.wanted(), key.id, version))


@router.delete(PATH + "/{source_id}", operation_id="deleteInboundSource", status_code=204)
async def delete_inbound_source(request: Request, source_id: SourceId) -> Response:
    """Remove a source with all that it told of. Incidents and offers stay."""
    key: ApiKey = request.scope["api_key"]
    await written_in_time(services_of(request).inbound_sources.remove, key.merchant_id, source_id, key.id)
    return Response(status_code=204)


@router.post(
    PATH + "/{source_id}/rotate",
    operation_id="rotateInboundSecret",
    response_model=InboundSourceMade,
    **_CHANGES,
)
async def rotate_inbound_secret(request: Request, source_id: SourceId, body: SecretBody) -> Response:
    """Give a source another secret. The one before is good too for some hours."""
    key: ApiKey = request.scope["api_key"]
    rotate, version = services_of(request).inbound_sources.rotate, _expected(request)
    overlap = timedelta(hours=body.overlap_hours)
    return _source(await written_in_time(rotate, key.merchant_id, source_id, body.secret, overlap, key.id, version))


@router.get(PATH + "/{source_id}/events", operation_id="listInboundEvents", response_model=InboundEventPage)
async def list_inbound_events(request: Request, source_id: SourceId, query: Annotated[EventQuery, Query()]) -> Response:
    """List what a source told of, newest first; those that failed with their reasons."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    page = services_of(request).inbound_sources.events
    return await lists.answer(request, page, {**wanted, "source_id": source_id}, wanted, query)


@router.get(PATH + "/{source_id}/events/{event_id}", operation_id="getInboundEvent", response_model=InboundEventWhole)
async def get_inbound_event(request: Request, source_id: SourceId, event_id: EventId) -> Response:
    """Answer one event with what was sent. That is kept for 30 days, and no longer than the customer's other data."""
    key: ApiKey = request.scope["api_key"]
    found = await in_time(services_of(request).inbound_sources.event, key.merchant_id, source_id, event_id)
    return Response(orjson.dumps(found), media_type=JSON)


@router.post(PATH + "/{source_id}/replay", operation_id="replayInboundEvents", response_model=InboundReplayOut)
async def replay_inbound_events(request: Request, source_id: SourceId, body: EventReplayBody) -> Response:
    """Handle again, by the mapping of today: one event that failed or was kept aside, or all that failed."""
    key: ApiKey = request.scope["api_key"]
    replay = services_of(request).inbound_sources.replay
    count = await written_in_time(replay, key.merchant_id, source_id, body.event, key.id)
    return Response(orjson.dumps({"replayed": count}), media_type=JSON)


def _expected(request: Request) -> str | None:
    """The version that the caller read, None for any; a Problem where it is not said."""
    if "if-match" not in request.headers:
        raise Problem("precondition_required")
    return if_match(request)


def _source(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), 200, {"ETag": f'"{document["version"]}"'}, JSON)
