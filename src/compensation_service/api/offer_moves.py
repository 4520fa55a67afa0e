"""`/offers/{offer_id}/accept` and so on: what the customer, an approver or the merchant does with an offer."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from compensation_service.api import idempotency
from compensation_service.api.answers import OfferOut
from compensation_service.api.fields import Identifier, Minor, Strict, Summary
from compensation_service.api.in_time import written_in_time
from compensation_service.api.offers import ETAG, JSON, PATH, version_tag
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.decision.facts import RemedyKind
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.offer import OfferAction
from compensation_service.domain.offer_move import AskedMove
from compensation_service.domain.remedy import RemedyAction
from compensation_service.services.idempotency import Answer

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the offer as you read it: 412 if it was changed since. Without it the move is made "
    "whatever happened since, if it still can be.",
    "schema": {"type": "string"},
    "example": '"1"',
}
_KEY = idempotency.header("May be left out: the same move again answers the same.")
_DESCRIBED: dict[str, Any] = {"openapi_extra": {"parameters": [IF_MATCH, _KEY]}, "responses": {200: {"headers": ETAG}}}

POSITION_MOST = 1000

router = APIRouter(route_class=GuardedRoute, tags=["offers"])
Position = Annotated[
    int, Path(ge=1, le=POSITION_MOST, description="Which remedy of the chosen option, counted from 1 as it is shown.")
]
OfferId = Annotated[Identifier, Path()]


class AcceptBody(Strict):
    """Which option the customer chose."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"option": "opt_2"}]})

    option: Annotated[Identifier | None, Field(description="The option's id; otherwise the default option.")] = None


class ReasonBody(Strict):
    """Why it is done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"reason": "Found it in the end."}]})

    reason: Summary | None = None


class CounterBody(Strict):
    """What would make it right."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"words": "I would rather have the money back.", "kind": "partial_refund"}]}
    )

    words: Annotated[Summary, Field(description="In the customer's own words.")]
    kind: Annotated[RemedyKind | None, Field(strict=False)] = None  # a word in JSON, wherever it is read
    amount: Annotated[Minor | None, Field(description="In minor units of the offer's currency.")] = None


class ConfirmBody(Strict):
    """Nothing more has to be said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


@router.post("/offers/{offer_id}/accept", operation_id="acceptOffer", response_model=OfferOut, **_DESCRIBED)
async def accept_offer(request: Request, offer_id: OfferId, body: AcceptBody) -> Response:
    """The customer chooses an option: its remedies are promised. 409 once the time of the offer has run out."""
    return await _move(request, offer_id, AskedMove(OfferAction.ACCEPT, option=body.option))


@router.post("/offers/{offer_id}/decline", operation_id="declineOffer", response_model=OfferOut, **_DESCRIBED)
async def decline_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """The customer does not want it."""
    return await _move(request, offer_id, AskedMove(OfferAction.DECLINE, reason=body.reason))


@router.post("/offers/{offer_id}/counter", operation_id="counterOffer", response_model=OfferOut, **_DESCRIBED)
async def counter_offer(request: Request, offer_id: OfferId, body: CounterBody) -> Response:
    """The customer says what would make it right."""
    asked = AskedMove(OfferAction.COUNTER, words=body.words, kind=body.kind, amount_minor=body.amount)
    return await _move(request, offer_id, asked)


@router.post("/offers/{offer_id}/withdraw", operation_id="withdrawOffer", response_model=OfferOut, **_DESCRIBED)
async def withdraw_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """Take an offer back that nobody accepted."""
    return await _move(request, offer_id, AskedMove(OfferAction.WITHDRAW, reason=body.reason))


@router.post("/offers/{offer_id}/approve", operation_id="approveOffer", response_model=OfferOut, **_DESCRIBED)
async def approve_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """Agree to an offer above the automatic limits: it is open then. Needs the role that `approval` names, or above.

    The key that asked for the offer cannot judge it. Send If-Match to agree to what you have read and nothing else.
    """
    return await _move(request, offer_id, AskedMove(OfferAction.APPROVE, reason=body.reason))


@router.post("/offers/{offer_id}/reject", operation_id="rejectOffer", response_model=OfferOut, **_DESCRIBED)
async def reject_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """Do not agree to an offer above the automatic limits. Needs the role that `approval` names, or above."""
    return await _move(request, offer_id, AskedMove(OfferAction.REJECT, reason=body.reason))


@router.post(
    "/offers/{offer_id}/remedies/{position}/fulfilled",
    operation_id="fulfilRemedy",
    response_model=OfferOut,
    **_DESCRIBED,
)
async def fulfil_remedy(request: Request, offer_id: OfferId, position: Position, _: ConfirmBody) -> Response:
    """A promised remedy reached the customer. With the last one the offer is fulfilled."""
    return await _confirm(request, offer_id, position, RemedyAction.FULFIL)


@router.post(
    "/offers/{offer_id}/remedies/{position}/failed", operation_id="failRemedy", response_model=OfferOut, **_DESCRIBED
)
async def fail_remedy(request: Request, offer_id: OfferId, position: Position, _: ConfirmBody) -> Response:
    """A promised remedy was tried and did not work: it is still owed, and can be fulfilled later."""
    return await _confirm(request, offer_id, position, RemedyAction.FAIL)


async def _move(request: Request, offer_id: str, asked: AskedMove) -> Response:
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{offer_id}/{asked.action}")
    move, version = services_of(request).moves.move, _if_match(request)
    return _answered(
        await written_in_time(move, key.merchant_id, offer_id, asked, key.id, version=version, idempotency=repeatable)
    )


async def _confirm(request: Request, offer_id: str, position: int, action: RemedyAction) -> Response:
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{offer_id}/remedies/{position}/{action}")
    confirm, version = services_of(request).moves.confirm, _if_match(request)
    return _answered(
        await written_in_time(
            confirm, key.merchant_id, offer_id, position, action, key.id, version=version, idempotency=repeatable
        )
    )


def _answered(answer: Answer) -> Response:
    headers = {"ETag": version_tag(answer.body)}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, answer.status_code, headers, JSON)


def _if_match(request: Request) -> str | None:
    """The version that the caller read; None for none, and for `*`, which matches any."""
    found = request.headers.get("if-match")
    return None if found in {None, "*"} else found.strip('"')
