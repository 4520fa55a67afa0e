"""`/signals`: trouble that is noticed before the customer complains."""

from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, StringConstraints, ValidationError
from starlette.responses import Response

from compensation_service.api import errors
from compensation_service.api.answers import Answer, OfferOut
from compensation_service.api.fields import Currency, Identifier, Moment, Strict, Summary, WaitMinutes
from compensation_service.api.in_time import in_time
from compensation_service.api.offer_request import WORD, CustomerIn, OfferBody, OrderIn
from compensation_service.api.offers import language_of
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.decision.facts import Channel
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.signal import SignalKind
from compensation_service.services.offers import OfferRequest, moment_of_decision
from compensation_service.services.signals import PREFIX

JSON: Final = "application/json"

router = APIRouter(route_class=GuardedRoute, tags=["inbound"])


class SignalIn(Strict):
    """What was noticed. The id is your own: the same signal again has no further effect."""

    id: Annotated[Identifier, StringConstraints(max_length=128 - len(PREFIX))]
    kind: Annotated[SignalKind, WORD]
    value: Annotated[
        WaitMinutes,
        Field(description="How much: hours (late_scan), a rating, attempts, minutes (long_wait), contacts."),
    ]
    channel: Annotated[Channel | None, WORD, Field(description="Where the customer waited, for `long_wait`.")] = None
    currency: Annotated[Currency | None, Field(description="Needed where there is no order.")] = None
    occurred_at: Moment | None = None
    summary: Summary | None = None


class SignalBody(Strict):
    """A signal, and whom it concerns."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "signal": {"id": "scan-100234", "kind": "late_scan", "value": 36},
                    "order": {"reference": "100234", "currency": "EUR", "total": 10490, "shipping": 490},
                    "customer": {"reference": "C-1017", "locale": "bg"},
                }
            ]
        }
    )

    signal: SignalIn
    order: OrderIn | None = None
    customer: CustomerIn


class SignalOut(Answer):
    """What a signal led to."""

    signal: str
    outcome: Annotated[
        Literal["offered", "ignored"], Field(description="ignored: the policy says that it is no trouble.")
    ]
    offer: OfferOut | None


@router.post(
    "/signals",
    operation_id="sendSignal",
    status_code=201,
    response_model=SignalOut,
    responses={200: {"model": SignalOut, "description": "Known before, or no trouble by the policy."}},
)
async def send_signal(request: Request, body: SignalBody) -> Response:
    """Tell of trouble that was noticed; the policy says whether it is made good, before anybody complains.

    What the shop published as a promise stands by itself: nobody has to claim it.
    """
    key: ApiKey = request.scope["api_key"]
    services, signal = services_of(request), body.signal
    meant = await in_time(services.signals.meant, key.merchant_id, signal.kind, signal.value)
    if meant is None:
        return _answer(200, signal.id, None)
    sent = orjson.loads(await request.body())
    told = _told(sent, meant)
    offered = _read(told)
    answer = await services.offers.make(
        key.merchant_id,
        OfferRequest(
            facts=offered.to_facts(moment_of_decision(services.clock(), None)),
            summary=signal.summary,
            language=language_of(request, offered),
            key_id=key.id,
            told=orjson.dumps(told).decode(),
            proactive=True,
        ),
    )
    return _answer(answer.status_code, signal.id, answer.body)


def _told(sent: dict[str, Any], meant: dict[str, Any]) -> dict[str, Any]:
    """The request for an offer that a signal amounts to."""
    signal = sent["signal"]
    named = {name: signal[name] for name in ("channel", "currency", "occurred_at", "summary") if name in signal}
    incident = {"reference": PREFIX + signal["id"], **named, **meant}
    return {"incident": incident, **{name: sent[name] for name in ("order", "customer") if sent.get(name) is not None}}


def _read(told: dict[str, Any]) -> OfferBody:
    text = orjson.dumps(told)
    try:
        return OfferBody.model_validate_json(text)
    except ValidationError as error:
        raise errors.invalid(error, text) from error


def _answer(status: int, signal_id: str, offer: bytes | None) -> Response:
    outcome = "ignored" if offer is None else "offered"
    document = {"signal": signal_id, "outcome": outcome, "offer": offer and orjson.Fragment(offer)}
    return Response(orjson.dumps(document), status, media_type=JSON)
