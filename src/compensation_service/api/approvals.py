"""`/approvals`: the offers that wait for somebody with the authority of the key that asks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from compensation_service.api import lists
from compensation_service.api.answers import OfferPage
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey

router = APIRouter(route_class=GuardedRoute, tags=["offers"])


class ApprovalQuery(BaseModel):
    """Which part of the queue."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None


@router.get("/approvals", operation_id="listApprovals", response_model=OfferPage)
async def list_approvals(request: Request, query: Annotated[ApprovalQuery, Query()]) -> Response:
    """List the offers that the key may approve or reject, newest first; `approval.reasons` says why each needs it.

    Those that the key itself asked for are not among them, nor those that need a higher role.
    """
    key: ApiKey = request.scope["api_key"]
    # A cursor is of one key's queue: what another key may judge is another list.
    return await lists.answer(request, services_of(request).offers.to_judge, key, {"key": key.id}, query)
