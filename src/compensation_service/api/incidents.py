"""`/incidents`: what went wrong, found again."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from compensation_service.api import lists
from compensation_service.api.answers import IncidentDetail, IncidentPage
from compensation_service.api.fields import Code, Identifier, Moment
from compensation_service.api.in_time import in_time
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.decision.policy import Band
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.incident import IncidentStatus
from compensation_service.store.incidents import IncidentFilter

router = APIRouter(route_class=GuardedRoute, tags=["incidents"])


class IncidentQuery(BaseModel):
    """Which incidents to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None
    status: IncidentStatus | None = None
    customer: Identifier | None = None
    order: Identifier | None = None
    category: Code | None = None
    band: Band | None = None
    verified: bool | None = None
    group: Identifier | None = None
    reference: Identifier | None = None
    occurred_from: Annotated[Moment | None, Field(description="Included.")] = None
    occurred_before: Annotated[Moment | None, Field(description="Not included.")] = None


@router.get("/incidents", operation_id="listIncidents", response_model=IncidentPage)
async def list_incidents(request: Request, query: Annotated[IncidentQuery, Query()]) -> Response:
    """List incidents, newest first."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    return await lists.answer(request, services_of(request).incidents.page, IncidentFilter(**wanted), wanted, query)


@router.get("/incidents/{incident_id}", operation_id="getIncident", response_model=IncidentDetail)
async def get_incident(request: Request, incident_id: Annotated[Identifier, Path()]) -> Response:
    """Answer one incident, with its events."""
    key: ApiKey = request.scope["api_key"]
    document = await in_time(services_of(request).incidents.get, key.merchant_id, incident_id)
    return Response(orjson.dumps(document), media_type="application/json")
