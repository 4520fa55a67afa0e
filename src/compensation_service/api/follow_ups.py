"""`/follow-ups`: whom to ask whether it is solved, and what came of it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from compensation_service.api import idempotency, lists
from compensation_service.api.fields import Identifier, Moment, Name, Strict, Summary
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.incident_answers import FollowUpOut, FollowUpPage
from compensation_service.api.offer_request import WORD
from compensation_service.api.offers import JSON
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.follow_up import Finding, FollowUpStatus, Outcome
from compensation_service.store.follow_ups import FollowUpFilter

router = APIRouter(route_class=GuardedRoute, tags=["follow-ups"])
FollowUpId = Annotated[Identifier, Path()]


class FollowUpQuery(BaseModel):
    """Which follow-ups to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None
    status: FollowUpStatus | None = None
    due_before: Annotated[Moment | None, Field(description="Not included.")] = None
    owner: Annotated[Name | None, Field(description="Who answers for the incident.")] = None
    customer: Identifier | None = None
    incident: Annotated[Identifier | None, Field(description="The id of an incident.")] = None


class CompleteBody(Strict):
    """What came of asking."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "solved", "rating": 5, "words": "All is well now."}]}
    )

    outcome: Annotated[Outcome, WORD]
    words: Annotated[Summary | None, Field(description="What the customer said.")] = None
    rating: Annotated[int | None, Field(ge=1, le=5, description="How content they are, 5 the most.")] = None
    by: Annotated[Name | None, Field(description="Who asked; otherwise the id of the key.")] = None


@router.get("/follow-ups", operation_id="listFollowUps", response_model=FollowUpPage)
async def list_follow_ups(request: Request, query: Annotated[FollowUpQuery, Query()]) -> Response:
    """List follow-ups, what is due first at the top."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    return await lists.answer(request, services_of(request).follow_ups.page, FollowUpFilter(**wanted), wanted, query)


@router.get("/follow-ups/{follow_up_id}", operation_id="getFollowUp", response_model=FollowUpOut)
async def get_follow_up(request: Request, follow_up_id: FollowUpId) -> Response:
    """Answer one follow-up."""
    key: ApiKey = request.scope["api_key"]
    return Response(await in_time(services_of(request).follow_ups.get, key.merchant_id, follow_up_id), media_type=JSON)


@router.post(
    "/follow-ups/{follow_up_id}/complete",
    operation_id="completeFollowUp",
    response_model=FollowUpOut,
    openapi_extra={"parameters": [idempotency.header("May be left out: the same again answers the same.")]},
)
async def complete_follow_up(request: Request, follow_up_id: FollowUpId, body: CompleteBody) -> Response:
    """Say whether it is solved, be it before it was due. Unsolved opens the incident again."""
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, request.scope["path"])
    finding = Finding(body.outcome, body.words, body.rating, body.by)
    complete = services_of(request).follow_ups.complete
    return idempotency.answered(
        await written_in_time(complete, key.merchant_id, follow_up_id, finding, key.id, idempotency=repeatable)
    )
