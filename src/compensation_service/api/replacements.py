"""`/offers/{offer_id}/override` and `/supersede`: another offer takes the place of one that waits."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from compensation_service.api import idempotency
from compensation_service.api.answers import OfferOut
from compensation_service.api.fields import Minor, Strict, Summary
from compensation_service.api.in_time import written_in_time
from compensation_service.api.offer_moves import IF_MATCH, OfferId, answered, if_match
from compensation_service.api.offer_request import OfferBody
from compensation_service.api.offers import ETAG, PATH, language_of
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.decision.facts import RemedyKind
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.override import GivenRemedy, Override
from compensation_service.services.idempotency import Idempotency
from compensation_service.services.offers import OfferRequest, moment_of_decision

REMEDIES_MOST = 10

_KEY = idempotency.header("Needed here.", required=True)
_DESCRIBED: dict[str, Any] = {
    "status_code": 201,
    "response_model": OfferOut,
    "openapi_extra": {"parameters": [IF_MATCH, _KEY]},
    "responses": {201: {"headers": ETAG}},
}

router = APIRouter(route_class=GuardedRoute, tags=["offers"])


class GivenBody(Strict):
    """One thing to give."""

    kind: Annotated[RemedyKind, Field(strict=False)]
    amount: Annotated[
        Minor | None, Field(description="What it shows on its face, in minor units of the offer's currency.")
    ] = None


class OverrideBody(Strict):
    """What to give on top of what is owed: so much goodwill in the forms of the policy, or these remedies."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "A customer of ten years.", "goodwill": 4000},
                {"reason": "As agreed by phone.", "remedies": [{"kind": "gift", "amount": 2500}, {"kind": "apology"}]},
            ]
        }
    )

    reason: Summary
    goodwill: Annotated[
        Minor | None, Field(description="Cash worth in minor units of the offer's currency; 0 for none.")
    ] = None
    remedies: Annotated[list[GivenBody] | None, Field(min_length=1, max_length=REMEDIES_MOST)] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.goodwill is None) == (self.remedies is None):
            raise PydanticCustomError("goodwill_or_remedies", "Send either goodwill or remedies.")
        return self

    def asked(self) -> Override:
        """What is asked for, as the services know it."""
        given = tuple(GivenRemedy(remedy.kind, remedy.amount) for remedy in self.remedies or ())
        return Override(self.reason, self.goodwill, given)


@router.post("/offers/{offer_id}/override", operation_id="overrideOffer", **_DESCRIBED)
async def override_offer(request: Request, offer_id: OfferId, body: OverrideBody) -> Response:
    """Give something else than the policy said, by authority: a new offer takes the place of one that waits.

    By the default policy goodwill up to the reference order value needs an agent, up to twice that a lead, above that
    a manager. Other goodwill for the same order counts with it, and that of 12 months where it is much. What is owed
    stays in every option. The new offer keeps what the policy said in `override`; the old one names it in
    `superseded_by`. An offer that waits for approval cannot be overridden by the key that asked for it.
    """
    key: ApiKey = request.scope["api_key"]
    repeatable = await _named(request, offer_id, "override")
    override = services_of(request).replacements.override
    return answered(
        await written_in_time(
            override,
            key.merchant_id,
            offer_id,
            body.asked(),
            key.id,
            version=if_match(request),
            idempotency=repeatable,
        )
    )


@router.post("/offers/{offer_id}/supersede", operation_id="supersedeOffer", **_DESCRIBED)
async def supersede_offer(request: Request, offer_id: OfferId, body: OfferBody) -> Response:
    """Decide again because the facts are others than was thought: a new offer takes the place of one that waits.

    Send all that is known now, as to `POST /offers`; incident, customer and order must be those of the offer. The
    policy of today decides, and what the offer reserved is free again before.
    """
    key: ApiKey = request.scope["api_key"]
    repeatable = await _named(request, offer_id, "supersede")
    services = services_of(request)
    asked = OfferRequest(
        facts=body.to_facts(moment_of_decision(services.clock(), body.incident.reported_at)),
        summary=body.incident.summary,
        language=language_of(request, body),
        key_id=key.id,
        idempotency=repeatable,
        told=(await request.body()).decode(),
    )
    again, version = services.replacements.decide_again, if_match(request)
    return answered(await written_in_time(again, key.merchant_id, offer_id, asked, version=version))


async def _named(request: Request, offer_id: str, action: str) -> Idempotency:
    repeatable = await idempotency.read(request, f"{PATH}/{offer_id}/{action}")
    if repeatable is None:
        raise Problem("idempotency_key_missing")
    return repeatable
