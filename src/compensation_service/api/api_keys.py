"""`/api-keys`: the merchant's keys, made, rotated and revoked by a key that may do as much itself."""

from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from compensation_service.api import idempotency, lists
from compensation_service.api.answers import Answer as Shape
from compensation_service.api.answers import PageOut
from compensation_service.api.fields import Identifier, Moment, Name, Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import OVERLAP_MOST, ApiKey, KeyStatus, Role, Scope
from compensation_service.services.keys import OVERLAP_USUAL, AskedKey

JSON = "application/json"
PATH = "/api-keys"

_NEEDED = idempotency.header("Needed. A repeated request gets the same key without its token.", required=True)
_OPTIONAL = idempotency.header("May be left out: a key is rotated once. A repetition gets the key without its token.")

router = APIRouter(route_class=GuardedRoute, tags=["api keys"])
KeyId = Annotated[Identifier, Path(description="The key's id, the part of its token after `cmp_`.")]
WordOfScope = Annotated[Scope, Field(strict=False)]  # a word in JSON, wherever it is read


class KeyBody(Strict):
    """A key to be made; it can have no more scopes and no higher role than the key that asks for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "shop backend", "scopes": ["offers:read", "offers:write"], "role": "service"}]
        }
    )

    name: Annotated[Name, Field(description="What the key is for, in your words.")]
    scopes: Annotated[list[WordOfScope], Field(min_length=1, max_length=len(Scope))]
    role: Annotated[Role, Field(strict=False)] = Role.SERVICE
    expires_at: Annotated[Moment | None, Field(description="When it ends by itself; without it, never.")] = None

    @field_validator("scopes")
    @classmethod
    def _each_once(cls, scopes: list[Scope]) -> list[Scope]:
        return list(dict.fromkeys(scopes))


class RotationBody(Strict):
    """How one key takes another one's place."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"overlap_seconds": 3600}]})

    overlap_seconds: Annotated[
        int,
        Field(ge=0, le=OVERLAP_MOST // timedelta(seconds=1), description="How long the old key goes on beside it."),
    ] = OVERLAP_USUAL // timedelta(seconds=1)
    expires_at: Annotated[
        Moment | None, Field(description="When the new key ends; without it, it lives as long as the old one was to.")
    ] = None


class RevocationBody(Strict):
    """Nothing more has to be said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class KeyOut(Shape):
    """A key, without its secret: nobody can show that again."""

    id: str
    name: str
    role: Role
    scopes: list[Scope]
    status: KeyStatus
    created_at: str
    created_by: Annotated[str, Field(description="The id of a key, or `command-line`.")]
    expires_at: str | None
    revoked_at: str | None
    revoked_by: str | None
    replaces: Annotated[str | None, Field(description="The key whose place it took in a rotation.")]


class KeyMade(KeyOut):
    """A new key."""

    token: Annotated[str | None, Field(description="Shown this once; null when the request is repeated.")]
    overlap_until: Annotated[str | None, Field(description="When the key that it replaces expires.")]


class KeyPage(PageOut):
    """Keys, newest first."""

    data: list[KeyOut]


class KeyQuery(BaseModel):
    """Which keys to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None


@router.get(PATH, operation_id="listApiKeys", response_model=KeyPage)
async def list_keys(request: Request, query: Annotated[KeyQuery, Query()]) -> Response:
    """List keys, newest first, the expired and revoked ones too."""
    return await lists.answer(request, services_of(request).keys.page, None, {}, query)


@router.post(
    PATH, operation_id="createApiKey", status_code=201, response_model=KeyMade, openapi_extra={"parameters": [_NEEDED]}
)
async def create_key(request: Request, body: KeyBody) -> Response:
    """Make a key. Its token is in this answer and nowhere else."""
    repeatable = await idempotency.read(request, PATH)
    if repeatable is None:
        raise Problem("idempotency_key_missing", "Send an Idempotency-Key.")
    asked = AskedKey(body.name, body.role, frozenset(body.scopes), body.expires_at)
    key = _who(request)
    keys = services_of(request).keys
    answer = await written_in_time(keys.create_by, key.merchant_id, asked, key.id, repeatable)
    return idempotency.answered(answer)


@router.get(f"{PATH}/{{key_id}}", operation_id="getApiKey", response_model=KeyOut)
async def get_key(request: Request, key_id: KeyId) -> Response:
    """Answer one key."""
    return _json(await in_time(services_of(request).keys.get, _who(request).merchant_id, key_id))


@router.post(
    f"{PATH}/{{key_id}}/rotate",
    operation_id="rotateApiKey",
    status_code=201,
    response_model=KeyMade,
    openapi_extra={"parameters": [_OPTIONAL]},
)
async def rotate_key(request: Request, key_id: KeyId, body: RotationBody) -> Response:
    """Make a key of the same name, role and scopes; the old one stays valid until `overlap_until`, then expires."""
    repeatable = await idempotency.read(request, f"{PATH}/{key_id}/rotate")
    key = _who(request)
    answer = await written_in_time(
        services_of(request).keys.rotate,
        key.merchant_id,
        key_id,
        key.id,
        overlap=timedelta(seconds=body.overlap_seconds),
        expires_at=body.expires_at,
        idempotency=repeatable,
    )
    return idempotency.answered(answer)


@router.post(f"{PATH}/{{key_id}}/revoke", operation_id="revokeApiKey", response_model=KeyOut)
async def revoke_key(request: Request, key_id: KeyId, _: RevocationBody) -> Response:
    """End a key for good: writes refuse it from now on, reads half a minute later at most. Twice is as good as once."""
    key = _who(request)
    revoke = services_of(request).keys.revoke
    return idempotency.answered(await written_in_time(revoke, key.merchant_id, key_id, key.id))


def _who(request: Request) -> ApiKey:
    key: ApiKey = request.scope["api_key"]
    return key


def _json(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), media_type=JSON)
