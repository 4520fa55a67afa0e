"""What is told of an incident: when it is recorded, and what is added or corrected later.

Facts may be missing until something is decided. What comes later is a merge patch (RFC 7396) of what was told before:
a field replaces the one of its name, `null` takes it away. The whole is then read as if it had come in one piece.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from compensation_service.api import errors
from compensation_service.api.fields import Code, Currency, Identifier, Minor, Name, Strict, Summary
from compensation_service.api.offer_request import (
    WORD,
    CustomerIn,
    IncidentIn,
    OfferBody,
    OrderIn,
    PreviewCustomerIn,
)
from compensation_service.decision.case import affected_value
from compensation_service.domain.errors import Unprocessable
from compensation_service.domain.incident import Incident, IncidentAction, Stage
from compensation_service.services.incidents import Filing, Known

ACTIONS = {"resolved": IncidentAction.SETTLE, "closed": IncidentAction.CLOSE}

Told = dict[str, Any]
"""What is known of an incident, as JSON in the shape of a request for an offer."""


class KnownOrderIn(OrderIn):
    """The order concerned, as far as it is known."""

    currency: Currency | None = None  # type: ignore[assignment] # may come later here; nothing reads it as OrderIn's
    total: Annotated[Minor | None, Field(description="What the customer paid, shipping included.")] = None  # type: ignore[assignment] # may come later too

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.total is not None and self.shipping > self.total:
            raise PydanticCustomError(
                "shipping_above_total", "The shipping is part of the total and cannot be above it."
            )
        return self


class IncidentPatch(IncidentIn):
    """What is added to the facts of the incident, or corrected."""

    category: Code | None = None  # type: ignore[assignment] # what is not sent stays as it was


class Facts(Strict):
    """What is added to what is known, or corrected; what is not sent stays, `null` takes it away."""

    incident: IncidentPatch | None = None
    order: KnownOrderIn | None = None
    customer: PreviewCustomerIn | None = None


class DecisionBody(Facts):
    """What is added before it is decided; often nothing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"order": {"currency": "EUR", "total": 10490, "shipping": 490}}]}
    )


class RootCauseIn(Strict):
    """Where it went wrong, and by what. What is not sent stays as it was, `null` takes it away."""

    stage: Annotated[Stage, WORD] | None = None
    cause: Annotated[Name | None, Field(description="In the words of your reports, such as `label torn off`.")] = None
    product: Annotated[Name | None, Field(description="The product that it is about.")] = None
    carrier: Name | None = None


class RecordBody(Strict):
    """An incident to keep without deciding: its category and its customer, and what else is known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "incident": {
                        "reference": "ZD-48300",
                        "category": "defective_item",
                        "summary": "The lid is cracked.",
                    },
                    "order": {"reference": "100301"},
                    "customer": {"reference": "C-1017", "locale": "bg"},
                    "owner": "Returns desk",
                }
            ]
        }
    )

    incident: IncidentIn
    order: KnownOrderIn | None = None
    customer: CustomerIn
    owner: Annotated[Name | None, Field(description="Who answers for it.")] = None
    root_cause: RootCauseIn = RootCauseIn()
    earlier: Annotated[
        Identifier | None, Field(description="The id of an incident of the same customer that this one follows.")
    ] = None

    def filing(self) -> Filing:
        """What the file says besides the facts."""
        return Filing(owner=self.owner, earlier=self.earlier, **self.root_cause.model_dump())


class ChangeBody(Strict):
    """What is to be changed; what is not sent stays as it was, `null` takes it away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"owner": "Elena, returns desk", "root_cause": {"stage": "packing", "cause": "no padding"}},
                {"facts": {"incident": {"fault": "partner"}}},
                {"status": "closed"},
            ]
        }
    )

    owner: Name | None = None
    root_cause: RootCauseIn | None = None
    earlier: Identifier | None = None
    facts: Annotated[Facts | None, Field(description="What was told, corrected; an offer made stays as it is.")] = None
    status: Annotated[
        Literal["resolved", "closed"] | None,
        Field(description="`resolved`: put right without an offer. `closed`: nothing more is to be done."),
    ] = None

    def onto(self, incident: Incident, told: Told) -> Incident:
        """The incident as it is with this changed; `told` is this body as it came."""
        sent = self.model_fields_set
        changes: dict[str, Any] = {name: getattr(self, name) for name in ("owner", "earlier") if name in sent}
        if "root_cause" in sent:
            cause = self.root_cause or RootCauseIn()
            named = cause.model_fields_set if self.root_cause else RootCauseIn.model_fields
            changes |= {name: getattr(cause, name) for name in named}
        if self.facts is not None:
            incident = known_of(merged(orjson.loads(incident.told), told["facts"])).onto(incident)
        return replace(incident, **changes)


class ReopenBody(Strict):
    """Why it was not over."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The replacement leaks as well."}]})

    reason: Annotated[Summary, Field(description="What the customer says, or what was found.")]


def merged(before: Told, patch: Told) -> Told:
    """What was told with a merge patch (RFC 7396) onto it."""
    after = {name: value for name, value in before.items() if patch.get(name, value) is not None}
    for name, value in patch.items():
        if isinstance(value, dict):
            kept = after.get(name)
            after[name] = merged(kept if isinstance(kept, dict) else {}, value)
        elif value is not None:
            after[name] = value
    return after


def known_of(told: Told) -> Known:
    """What is known of an incident, read anew; a Problem where it does not hold together."""
    body = _read(RecordBody, told)
    incident, order = body.incident, body.order
    return Known(
        reference=incident.reference,
        category=incident.category,
        fault=incident.fault,
        verified=incident.verified,
        group=incident.group,
        customer_reference=body.customer.reference,
        order_reference=order.reference if order else None,
        currency=incident.currency or (order.currency if order else None),
        affected_minor=affected_value(order.to_facts()) if order and order.total is not None else 0,
        summary=incident.summary,
        occurred_at=incident.occurred_at or incident.reported_at,
        reported_at=incident.reported_at,
        told=_written(told),
    )


def to_decide(incident: Incident, patch: Told) -> tuple[OfferBody, str]:
    """The request for an offer that an incident amounts to, with what is added now; as a model and in JSON.

    A Problem says what is missing; Unprocessable that it would be another incident.
    """
    told = merged(orjson.loads(incident.told), patch)
    body = _read(OfferBody, told)
    if (body.incident.reference, body.customer.reference) != (incident.reference, incident.customer_reference):
        raise Unprocessable("", "fixed_fact", "An incident keeps its own reference and its customer.")
    return body, _written(told)


def of_request(told: Told) -> Told:
    """The facts in a request that records an incident."""
    return {name: told[name] for name in ("incident", "order", "customer") if told.get(name) is not None}


def _written(told: Told) -> str:
    return orjson.dumps(told).decode()


def _read(model: type[Any], told: Told) -> Any:  # noqa: ANN401 - an instance of the model
    body = orjson.dumps(told)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise errors.invalid(error, body) from error
