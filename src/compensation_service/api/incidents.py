"""`/incidents`: what went wrong, recorded, decided, changed, opened again, and found with all that happened."""

from typing import Annotated, Any, Final, Self

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from compensation_service.api import idempotency, incident_request, lists
from compensation_service.api.answers import OfferOut
from compensation_service.api.fields import MONEY_MOST, Code, Currency, Identifier, Moment, Name
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.incident_answers import IncidentDetail, IncidentOut, IncidentPage, TimelinePage
from compensation_service.api.incident_request import ChangeBody, DecisionBody, RecordBody, ReopenBody
from compensation_service.api.offer_moves import answered, if_match
from compensation_service.api.offers import JSON, language_of
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.decision.policy import Band
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import ChangedMeanwhile
from compensation_service.domain.event import EventType
from compensation_service.domain.incident import Incident, IncidentStatus, Stage
from compensation_service.domain.search_text import words
from compensation_service.services.idempotency import Idempotency
from compensation_service.services.incidents import TimelineFilter
from compensation_service.services.offers import OfferRequest, moment_of_decision
from compensation_service.store.incidents import IncidentFilter, IncidentSort

PATH: Final = "/incidents"
ETAG: Final = {"ETag": {"description": "The version of the incident, for If-Match.", "schema": {"type": "string"}}}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the incident as you read it: 412 if it was changed since. `*` stands for any.",
    "schema": {"type": "string"},
    "example": '"1"',
}
ATTEMPTS_MOST: Final = 3
"""How often a decision begins anew because the incident was changed between reading and deciding."""

router = APIRouter(route_class=GuardedRoute, tags=["incidents"])
IncidentId = Annotated[Identifier, Path()]


class IncidentConditions(BaseModel):
    """Which incidents: every condition that is named holds."""

    model_config = ConfigDict(extra="forbid")

    status: IncidentStatus | None = None
    customer: Identifier | None = None
    order: Identifier | None = None
    category: Code | None = None
    band: Band | None = None
    verified: bool | None = None
    group: Identifier | None = None
    reference: Identifier | None = None
    owner: Name | None = None
    stage: Stage | None = None
    cause: Name | None = None
    product: Name | None = None
    carrier: Name | None = None
    currency: Currency | None = None
    occurred_from: Annotated[Moment | None, Field(description="Included.")] = None
    occurred_before: Annotated[Moment | None, Field(description="Not included.")] = None
    closed_from: Annotated[Moment | None, Field(description="Included.")] = None
    closed_before: Annotated[Moment | None, Field(description="Not included.")] = None
    escalated: Annotated[
        bool | None, Field(description="Whether it was ever told of as `incident.escalated`: it was late, or failed.")
    ] = None
    paid_from: Annotated[
        int | None,
        Field(ge=0, le=MONEY_MOST, description="Least worth of what was accepted, in minor units; name the currency."),
    ] = None
    text: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="Words of the summary, in any order, case and spelling."),
    ] = None
    sort: Annotated[IncidentSort, Field(description="What comes first: the one recorded, occurred or closed last.")] = (
        IncidentSort.RECORDED
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.paid_from is not None and self.currency is None:
            raise PydanticCustomError("currency_missing", "An amount needs its currency: name it, too.")
        return self

    def filters(self) -> IncidentFilter:
        """What is asked for, as the store knows it."""
        asked = {name: getattr(self, name) for name in IncidentConditions.model_fields if name != "text"}
        return IncidentFilter(**asked, words=words(self.text))


class IncidentQuery(IncidentConditions):
    """Which incidents to list."""

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None


@router.get("/incidents", operation_id="listIncidents", response_model=IncidentPage)
async def list_incidents(request: Request, query: Annotated[IncidentQuery, Query()]) -> Response:
    """Find incidents, the last first. Every condition that is named holds."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True, exclude_defaults=True)
    return await lists.answer(request, services_of(request).incidents.page, query.filters(), wanted, query)


@router.post(
    "/incidents",
    operation_id="recordIncident",
    status_code=201,
    response_model=IncidentOut,
    openapi_extra={"parameters": [idempotency.header("Needed where the incident has no reference.")]},
    responses={
        201: {"headers": ETAG},
        200: {"model": IncidentOut, "description": "This incident or Idempotency-Key was answered before."},
    },
)
async def record_incident(request: Request, body: RecordBody) -> Response:
    """Keep an incident without deciding anything. The same reference again answers it as it stands: there is one."""
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, PATH)
    if repeatable is None and body.incident.reference is None:
        raise Problem("idempotency_key_missing")
    sent = await request.body()
    known = incident_request.known_of(incident_request.of_request(orjson.loads(sent)))
    answer = await written_in_time(
        services_of(request).incidents.record,
        key.merchant_id,
        known,
        body.filing(),
        key.id,
        fingerprint=idempotency.fingerprint(sent),
        idempotency=repeatable,
    )
    return answered(answer)


@router.get(
    "/incidents/{incident_id}",
    operation_id="getIncident",
    response_model=IncidentDetail,
    responses={200: {"headers": ETAG}},
)
async def get_incident(request: Request, incident_id: IncidentId) -> Response:
    """Answer one incident with its file: offers, follow-ups, and the latest hundred things that happened."""
    key: ApiKey = request.scope["api_key"]
    document = await in_time(services_of(request).incidents.get, key.merchant_id, incident_id)
    return Response(orjson.dumps(document), 200, {"ETag": f'"{document["version"]}"'}, JSON)


class TimelineQuery(BaseModel):
    """Which part of the story."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None
    type: Annotated[EventType | None, Field(description="Only what is of this type.")] = None


@router.get("/incidents/{incident_id}/timeline", operation_id="listTimeline", response_model=TimelinePage)
async def list_timeline(
    request: Request, incident_id: IncidentId, query: Annotated[TimelineQuery, Query()]
) -> Response:
    """Tell everything that happened to an incident, the latest first, with the words that go with it."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    filters = TimelineFilter(incident_id, query.type)
    return await lists.answer(request, services_of(request).incidents.timeline, filters, wanted, query)


@router.patch(
    "/incidents/{incident_id}",
    operation_id="changeIncident",
    response_model=IncidentOut,
    openapi_extra={"parameters": [IF_MATCH]},
    responses={200: {"headers": ETAG}},
)
async def change_incident(request: Request, incident_id: IncidentId, body: ChangeBody) -> Response:
    """Say who answers for it and where it went wrong, correct what was told, or end it."""
    key: ApiKey = request.scope["api_key"]
    version = _expected(request)
    sent = orjson.loads(await request.body())
    answer = await written_in_time(
        services_of(request).incidents.change,
        key.merchant_id,
        incident_id,
        lambda incident: body.onto(incident, sent),
        key.id,
        version=version,
        action=incident_request.ACTIONS[body.status] if body.status else None,
    )
    return answered(answer)


@router.post(
    "/incidents/{incident_id}/decision",
    operation_id="decideIncident",
    status_code=201,
    response_model=OfferOut,
    openapi_extra={"parameters": [idempotency.header("May be left out: what was decided is answered again.")]},
    responses={200: {"model": OfferOut, "description": "This was decided before."}},
)
async def decide_incident(request: Request, incident_id: IncidentId, _: DecisionBody) -> Response:
    """Decide on an incident that is open, with what is known and what is added now, as `POST /offers` does.

    While its offer waits for an answer, or once it is resolved, the same again answers that offer.
    """
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{incident_id}/decision")
    services, patch = services_of(request), orjson.loads(await request.body())
    for attempt in range(ATTEMPTS_MOST):
        incident = await in_time(services.incidents.known, key.merchant_id, incident_id)
        asked = _offer_request(request, incident, patch, key.id, repeatable)
        try:
            return answered(await services.offers.make(key.merchant_id, asked))
        except ChangedMeanwhile:
            if attempt == ATTEMPTS_MOST - 1:
                raise
    raise AssertionError("the last attempt answers or raises")


def _offer_request(
    request: Request, incident: Incident, patch: dict[str, Any], key_id: str, repeatable: Idempotency | None
) -> OfferRequest:
    body, told = incident_request.to_decide(incident, patch)
    now = moment_of_decision(services_of(request).clock(), body.incident.reported_at)
    return OfferRequest(
        facts=body.to_facts(now),
        summary=body.incident.summary,
        language=language_of(request, body),
        key_id=key_id,
        idempotency=repeatable,
        told=told,
        recorded=incident,
    )


@router.post(
    "/incidents/{incident_id}/reopen",
    operation_id="reopenIncident",
    response_model=IncidentOut,
    openapi_extra={"parameters": [idempotency.header("May be left out: the same reason again answers the same.")]},
    responses={200: {"headers": ETAG}},
)
async def reopen_incident(request: Request, incident_id: IncidentId, body: ReopenBody) -> Response:
    """Open an incident again that was not over. Nobody needs to be asked about it any more; decide on it anew."""
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{incident_id}/reopen")
    reopen = services_of(request).incidents.reopen
    return answered(
        await written_in_time(reopen, key.merchant_id, incident_id, body.reason, key.id, idempotency=repeatable)
    )


def _expected(request: Request) -> str | None:
    """The version that the caller read, None for any; a Problem where it is not said."""
    if "if-match" not in request.headers:
        raise Problem("precondition_required")
    return if_match(request)
