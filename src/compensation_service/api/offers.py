"""`/offers`: decide, keep, find again."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from compensation_service.api import idempotency, lists
from compensation_service.api.answers import OfferOut, OfferPage, PreviewOut
from compensation_service.api.fields import Code, Currency, Identifier, Moment
from compensation_service.api.in_time import in_time
from compensation_service.api.offer_request import OfferBody, PreviewBody
from compensation_service.api.policy_answers import RecomputeOut
from compensation_service.api.problems import FieldError, Problem
from compensation_service.api.routes import GuardedRoute, HotRoute, Ready, services_of
from compensation_service.decision.policy import Band
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.letter import Addressee
from compensation_service.domain.offer import OfferStatus
from compensation_service.letters.languages import choose
from compensation_service.services.bundle import Services
from compensation_service.services.offers import OfferRequest, moment_of_decision
from compensation_service.store.offers import OfferFilter

JSON = "application/json"
PATH = "/offers"
ETAG = {"ETag": {"description": "The present version of the offer, for If-Match.", "schema": {"type": "string"}}}

_REPLAYED = [(b"idempotent-replayed", b"true")]
_IDEMPOTENCY_HEADER = idempotency.header("Needed where the incident has no reference.")

LETTER = {
    "name": "letter",
    "in": "query",
    "required": False,
    "description": "`true`: answer with the letter to the customer too, which takes a few milliseconds more. "
    "`GET /offers/{offer_id}` always does; elsewhere `letter` is null.",
    "schema": {"type": "boolean", "default": False},
}
_WISHES = {b"": False, b"letter=false": False, b"letter=true": True}

router = APIRouter(route_class=GuardedRoute, tags=["offers"])
hot = APIRouter(route_class=HotRoute, tags=["offers"])


@hot.post(
    "/offers/preview",
    operation_id="previewOffer",
    response_model=PreviewOut,
    openapi_extra={"parameters": [LETTER]},
)
async def preview_offer(request: Request, body: PreviewBody) -> Response:
    """Decide without keeping anything. No history is looked up but the one in the request."""
    services = services_of(request)
    now = body.decided_at or moment_of_decision(services.clock(), body.incident.reported_at)
    language = language_of(request, body)
    key: ApiKey = request.scope["api_key"]
    letter = None
    if _wants_letter(request):
        customer = body.customer
        addressee = Addressee(customer.name, customer.email, customer.locale or language)
        letter = partial(services.letters.preview, key.merchant_id, addressee)
    answer = await services.offers.preview(key.merchant_id, body.to_facts(now), language, body.decided_at, letter)
    return Ready(answer)


@hot.post(
    "/offers",
    operation_id="makeOffer",
    status_code=201,
    response_model=OfferOut,
    openapi_extra={"parameters": [_IDEMPOTENCY_HEADER, LETTER]},
    responses={200: {"model": OfferOut, "description": "This incident or Idempotency-Key was answered before."}},
)
async def make_offer(request: Request, body: OfferBody) -> Response:
    """Decide on an incident and keep the offer. The same incident reference gets the same offer, never a second one."""
    services = services_of(request)
    key: ApiKey = request.scope["api_key"]
    wants_letter = _wants_letter(request)
    repeatable = await idempotency.read(request, PATH)
    if repeatable is None and body.incident.reference is None:
        raise Problem("idempotency_key_missing")
    answer = await services.offers.make(
        key.merchant_id,
        OfferRequest(
            facts=body.to_facts(moment_of_decision(services.clock(), body.incident.reported_at)),
            summary=body.incident.summary,
            language=language_of(request, body),
            key_id=key.id,
            idempotency=repeatable,
            told=(await idempotency.body_of(request)).decode(),
        ),
    )
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        return idempotency.answered(answer)
    sent = await _with_letter(services, key, answer.body) if wants_letter else answer.body
    return Ready(sent, answer.status_code, _REPLAYED if answer.replayed else ())


def _wants_letter(request: Request) -> bool:
    """Whether the letter is asked for, which costs more than all the rest."""
    query: bytes = request.scope["query_string"]
    if query not in _WISHES:
        raise Problem("invalid_request", errors=[FieldError("/letter", "bool_type", "true or false is expected.")])
    return _WISHES[query]


async def _with_letter(services: Services, key: ApiKey, body: bytes) -> bytes:
    """The offer in an answer with its letter: written now if it was not before."""
    offer = orjson.loads(body)
    offer["letter"] = await in_time(services.letters.of_offer, key.merchant_id, offer["id"])
    return orjson.dumps(offer)


def version_tag(body: bytes) -> str:
    """The version of the offer in an answer, as an ETag."""
    return f'"{orjson.loads(body)["version"]}"'


def language_of(request: Request, body: PreviewBody | OfferBody) -> str:
    """The language the caller asks for, else the customer's own if we are told it."""
    wanted: bytes = request.scope["fields"].get(b"accept-language", b"")
    return choose(wanted.decode("latin-1") or body.customer.locale)


class OfferQuery(BaseModel):
    """Which offers to list."""

    model_config = ConfigDict(extra="forbid")

    limit: lists.Limit = lists.LIMIT_USUAL
    cursor: lists.Cursor | None = None
    status: OfferStatus | None = None
    customer: Identifier | None = None
    order: Identifier | None = None
    category: Code | None = None
    band: Band | None = None
    currency: Currency | None = None
    incident: Annotated[Identifier | None, Field(description="The id of an incident.")] = None
    decided_from: Annotated[Moment | None, Field(description="Included.")] = None
    decided_before: Annotated[Moment | None, Field(description="Not included.")] = None


@router.get("/offers", operation_id="listOffers", response_model=OfferPage)
async def list_offers(request: Request, query: Annotated[OfferQuery, Query()]) -> Response:
    """List offers, newest first."""
    wanted = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    return await lists.answer(request, services_of(request).offers.page, OfferFilter(**wanted), wanted, query)


@router.get("/offers/{offer_id}", operation_id="getOffer", response_model=OfferOut, responses={200: {"headers": ETAG}})
async def get_offer(request: Request, offer_id: Annotated[Identifier, Path()]) -> Response:
    """Answer one offer: as it was decided, with its present status and its letter."""
    key: ApiKey = request.scope["api_key"]
    services = services_of(request)
    body = await _with_letter(services, key, await in_time(services.offers.get, key.merchant_id, offer_id))
    return Response(body, 200, {"ETag": version_tag(body)}, JSON)


@router.post("/offers/{offer_id}/recompute", operation_id="recomputeOffer", response_model=RecomputeOut)
async def recompute_offer(request: Request, offer_id: Annotated[Identifier, Path()]) -> Response:
    """Decide again from the stored facts by the stored version of the policy: the same, or what differs."""
    key: ApiKey = request.scope["api_key"]
    found = await in_time(services_of(request).offers.recompute, key.merchant_id, offer_id)
    return Response(orjson.dumps(found), media_type=JSON)
