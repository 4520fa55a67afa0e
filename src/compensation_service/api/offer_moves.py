"""`/offers/{offer_id}/accept` and so on: what the customer, an approver or the merchant does with an offer."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from compensation_service.api import idempotency
from compensation_service.api.answers import OfferOut
from compensation_service.api.fields import Identifier, Minor, Strict, Summary
from compensation_service.api.in_time import written_in_time
from compensation_service.api.offers import ETAG, PATH, version_tag
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.decision.facts import RemedyKind
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import ChangedMeanwhile
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


class JudgeBody(ReasonBody):
    """Why, and what was read: an offer that is another one meanwhile is not judged."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"reason": "As agreed by phone.", "version": 1, "goodwill": 7050}]}
    )

    version: Annotated[int | None, Field(ge=1, description="The offer's version, as If-Match says it.")] = None
    goodwill: Annotated[Minor | None, Field(description="Its goodwill, in minor units of its currency.")] = None


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
    """The customer chooses an option: its remedies are promised. 409 once the time of the offer has run out.

    While goodwill waits for approval, this takes what is owed at once: the first `owed_remedies` of the option. The
    goodwill in it follows with the approval, or not.
    """
    return await _move(request, offer_id, AskedMove(OfferAction.ACCEPT, option=body.option))


@router.post("/offers/{offer_id}/decline", operation_id="declineOffer", response_model=OfferOut, **_DESCRIBED)
async def decline_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """The customer does not want it."""
    return await _move(request, offer_id, AskedMove(OfferAction.DECLINE, reason=body.reason))


@router.post("/offers/{offer_id}/counter", operation_id="counterOffer", response_model=OfferOut, **_DESCRIBED)
async def counter_offer(request: Request, offer_id: OfferId, body: CounterBody) -> Response:
    """The customer says what would make it right: three times at most, and the merchant has a week to answer.

    It is answered with `/keep`, `/override` or `/supersede`; `GET /offers?status=countered` is the queue.
    """
    asked = AskedMove(OfferAction.COUNTER, words=body.words, kind=body.kind, amount_minor=body.amount)
    return await _move(request, offer_id, asked)


@router.post("/offers/{offer_id}/keep", operation_id="keepOffer", response_model=OfferOut, **_DESCRIBED)
async def keep_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """What the customer asked for instead is not granted: the offer stands, for a week at least."""
    return await _move(request, offer_id, AskedMove(OfferAction.KEEP, reason=body.reason))


@router.post("/offers/{offer_id}/withdraw", operation_id="withdrawOffer", response_model=OfferOut, **_DESCRIBED)
async def withdraw_offer(request: Request, offer_id: OfferId, body: ReasonBody) -> Response:
    """Take an offer back that nobody accepted."""
    return await _move(request, offer_id, AskedMove(OfferAction.WITHDRAW, reason=body.reason))


@router.post("/offers/{offer_id}/approve", operation_id="approveOffer", response_model=OfferOut, **_DESCRIBED)
async def approve_offer(request: Request, offer_id: OfferId, body: JudgeBody) -> Response:
    """Agree to an offer above the automatic limits: the customer can choose then, for a week at least.

    Needs the role that `approval` names, or above; more, if the customer was given much since. The key that asked for
    the offer, or one that it was rotated to, cannot judge it. Where what is owed was taken before, the goodwill in the
    chosen option is promised with this. 412 where `version`, `goodwill` or If-Match are not those of the offer.
    """
    return await _judge(request, offer_id, OfferAction.APPROVE, body)


@router.post("/offers/{offer_id}/reject", operation_id="rejectOffer", response_model=OfferOut, **_DESCRIBED)
async def reject_offer(request: Request, offer_id: OfferId, body: JudgeBody) -> Response:
    """Do not agree to an offer above the automatic limits. Needs the role that `approval` names, or above.

    Where what is owed was taken before, that stays promised and the offer is accepted without goodwill.
    """
    return await _judge(request, offer_id, OfferAction.REJECT, body)


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


async def _judge(request: Request, offer_id: str, action: OfferAction, body: JudgeBody) -> Response:
    version = if_match(request)
    if body.version is not None:
        if version not in {None, str(body.version)}:
            raise ChangedMeanwhile
        version = str(body.version)
    return await _move(request, offer_id, AskedMove(action, reason=body.reason), version, body.goodwill)


async def _move(
    request: Request, offer_id: str, asked: AskedMove, version: str | None = None, goodwill: int | None = None
) -> Response:
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{offer_id}/{asked.action}")
    return answered(
        await written_in_time(
            services_of(request).moves.move,
            key.merchant_id,
            offer_id,
            asked,
            key.id,
            version=version or if_match(request),
            goodwill_minor=goodwill,
            idempotency=repeatable,
        )
    )


async def _confirm(request: Request, offer_id: str, position: int, action: RemedyAction) -> Response:
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{offer_id}/remedies/{position}/{action}")
    confirm, version = services_of(request).moves.confirm, if_match(request)
    return answered(
        await written_in_time(
            confirm, key.merchant_id, offer_id, position, action, key.id, version=version, idempotency=repeatable
        )
    )


def answered(answer: Answer) -> Response:
    """An answer about one offer, or a refusal that was answered to the same request before."""
    return idempotency.answered(answer, version_tag)


def if_match(request: Request) -> str | None:
    """The version that the caller read; None for none, and for `*`, which matches any."""
    found = request.headers.get("if-match")
    return None if found in {None, "*"} else found.strip('"')
