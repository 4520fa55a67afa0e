"""`/policies`: the versions of a merchant's policy; written, checked, activated by a second person, compared."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from compensation_service.api import idempotency, lists
from compensation_service.api.fields import Moment, Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.policy_answers import PolicyCheckOut, PolicyDiffOut, PolicyPage, PolicyVersionWhole
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.policies.source import TEXT_MAX
from compensation_service.services.idempotency import FOUND, Answer
from compensation_service.services.policies import Author

JSON = "application/json"
PATH = "/policies"
BODY_BYTES_MOST = 2**20
VERSION_MOST = 2**31 - 1

Version = Annotated[int, Path(ge=1, le=VERSION_MOST, description="Counts from 1 within a merchant.")]

_ETAG = {"ETag": {"description": "The present state of the version, for If-Match.", "schema": {"type": "string"}}}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version as you read it. 412 if it was changed since, 428 if this is missing.",
    "schema": {"type": "string"},
    "example": '"5f1c7e0a9b3d4c2e8f6a7b9c0d1e2f3a"',
}
_CREATE_KEY = idempotency.header("Needed here.", required=True)
_ACTIVATE_KEY = idempotency.header("May be left out: an active version is not activated again.")


class PolicyRoute(GuardedRoute):
    """A route that takes a policy's text: one long string."""

    body_bytes_most = BODY_BYTES_MOST
    string_bytes_most = BODY_BYTES_MOST

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leave a path alone in which a word stands for a version: `/policies/check` is not one."""
        match, found = super().matches(scope)
        named = found.get("path_params", {}).values()
        return (match, found) if all(str(value).isdecimal() for value in named) else (Match.NONE, {})


router = APIRouter(route_class=PolicyRoute, tags=["policies"])


class PolicyBody(Strict):
    """A policy as its author wrote it, comments and all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "name: my-shop\nversion: 1\ncurrencies: …\n"}]})

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=TEXT_MAX),
        Field(description="YAML or JSON, as one string; `version` in it is ignored, the answer says the version."),
    ]


class ActivationBody(Strict):
    """When a version begins to decide."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"active_from": "2027-01-01T00:00:00Z"}]})

    active_from: Annotated[Moment | None, Field(description="Not before now; otherwise: now.")] = None


class PolicyQuery(BaseModel):
    """Which versions to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None


@router.get("/policies", operation_id="listPolicies", response_model=PolicyPage)
async def list_policies(request: Request, query: Annotated[PolicyQuery, Query()]) -> Response:
    """List the versions, newest first."""
    return await lists.answer(request, services_of(request).policies.page, None, {}, query)


@router.post(
    "/policies",
    operation_id="createPolicy",
    status_code=201,
    response_model=PolicyVersionWhole,
    openapi_extra={"parameters": [_CREATE_KEY]},
    responses={
        200: {
            "model": PolicyVersionWhole,
            "description": "This Idempotency-Key was answered long ago.",
            "headers": _ETAG,
        },
        201: {"headers": _ETAG},
    },
)
async def create_policy(request: Request, body: PolicyBody) -> Response:
    """Keep a text as a new draft. A text that could not decide is refused, with every problem at its place."""
    repeatable = await idempotency.read(request, PATH)
    if repeatable is None:
        raise Problem("idempotency_key_missing")
    key, author = _who(request)
    create = services_of(request).policies.create
    return _answered(await written_in_time(create, key.merchant_id, body.text, author, repeatable))


@router.post("/policies/check", operation_id="checkPolicy", response_model=PolicyCheckOut)
async def check_policy(request: Request, body: PolicyBody) -> Response:
    """Tell whether a text can be used, what is wrong and what is unwise in it. Nothing is kept."""
    return _json(await run_in_threadpool(services_of(request).policies.check, body.text))


@router.get(
    "/policies/{version}",
    operation_id="getPolicy",
    response_model=PolicyVersionWhole,
    responses={200: {"headers": _ETAG}},
)
async def get_policy(request: Request, version: Version) -> Response:
    """Answer one version with its text."""
    key, _ = _who(request)
    document = await in_time(services_of(request).policies.get, key.merchant_id, version)
    return _answered(Answer(FOUND, orjson.dumps(document)))


@router.put(
    "/policies/{version}",
    operation_id="replacePolicy",
    response_model=PolicyVersionWhole,
    openapi_extra={"parameters": [_IF_MATCH]},
    responses={200: {"headers": _ETAG}},
)
async def replace_policy(request: Request, version: Version, body: PolicyBody) -> Response:
    """Give a draft another text. What was activated never changes."""
    key, author = _who(request)
    revision = _if_match(request)
    replace = services_of(request).policies.replace
    return _answered(await written_in_time(replace, key.merchant_id, version, body.text, author, revision))


@router.post(
    "/policies/{version}/activate",
    operation_id="activatePolicy",
    response_model=PolicyVersionWhole,
    openapi_extra={"parameters": [_IF_MATCH, _ACTIVATE_KEY]},
    responses={200: {"headers": _ETAG}},
)
async def activate_policy(request: Request, version: Version, body: ActivationBody) -> Response:
    """Let a draft decide, now or from a later moment on. Whoever wrote it needs a second person's key for this."""
    key, author = _who(request)
    revision = _if_match(request)
    repeatable = await idempotency.read(request, f"{PATH}/{version}/activate")

    def activate() -> Answer:
        return services_of(request).policies.activate(
            key.merchant_id,
            version,
            author,
            revision=revision,
            active_from=body.active_from,
            idempotency=repeatable,
        )

    return _answered(await written_in_time(activate))


@router.get("/policies/{before}/diff/{after}", operation_id="diffPolicies", response_model=PolicyDiffOut)
async def diff_policies(request: Request, before: Version, after: Version) -> Response:
    """Tell what changed between two versions, in words, and what that does to the golden cases."""
    key, _ = _who(request)
    return _json(await in_time(services_of(request).policies.diff, key.merchant_id, before, after))


def _who(request: Request) -> tuple[ApiKey, Author]:
    key: ApiKey = request.scope["api_key"]
    return key, Author(key.id, is_key=True)


def _if_match(request: Request) -> str | None:
    """The revision that the caller read; None for `*`, which matches any."""
    found = request.headers.get("if-match")
    if found is None:
        raise Problem("precondition_required")
    return None if found == "*" else found.strip('"')


def _answered(answer: Answer) -> Response:
    return idempotency.answered(answer, lambda body: f'"{orjson.loads(body)["revision"]}"')


def _json(document: dict[str, Any]) -> Response:
    return Response(orjson.dumps(document), media_type=JSON)
