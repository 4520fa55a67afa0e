"""What `POST /offers` and `POST /offers/preview` take: incident, order, customer; and how that becomes facts."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StrictBool, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from compensation_service.api.fields import (
    MONEY_MOST,
    Code,
    Count,
    Country,
    Currency,
    DayOrMoment,
    DelayHours,
    Email,
    Identifier,
    Locale,
    Minor,
    Moment,
    Name,
    Strict,
    Summary,
    WaitMinutes,
)
from compensation_service.decision import facts
from compensation_service.decision.facts import (
    Attribute,
    Channel,
    CustomerKind,
    Disposition,
    Fault,
    RemedyKind,
    ServiceLevel,
)
from compensation_service.decision.money import Money

LINES_MOST = 200
HISTORY_MOST = 500
ATTRIBUTES_MOST = 100


class Remediable(StrEnum):
    """How the thing itself can still be put right."""

    REPLACEMENT = "replacement"
    REPAIR = "repair"
    REDELIVERY = "redelivery"
    CORRECTION = "correction"


class MoneyIn(Strict):
    """An amount that names its currency."""

    amount: Minor
    currency: Currency


WORD = Field(strict=False)
"""Strictness would refuse a word where an enumeration is expected; anything but its words is refused all the same."""

Kind = Annotated[RemedyKind, WORD]
Scalar = (
    StrictBool
    | Annotated[int, Field(strict=True, ge=-MONEY_MOST, le=MONEY_MOST)]
    | Annotated[StrictStr, Field(max_length=1000)]
)
Record = Annotated[dict[Code, Scalar | MoneyIn], Field(max_length=50)]
Attributes = Annotated[
    dict[Code, Scalar | MoneyIn | Annotated[list[Scalar | MoneyIn | Record], Field(max_length=100)]],
    Field(max_length=ATTRIBUTES_MOST),
]


class IncidentIn(Strict):
    """The trouble: its category, and what that category is measured by."""

    category: Annotated[Code, Field(description="A category of the policy, such as `late_delivery`.")]
    reference: Annotated[Identifier | None, Field(description="Your name of the incident: it is compensated once.")] = (
        None
    )
    grade: Annotated[Code | None, Field(description="How bad it was, in the words of the category.")] = None
    delay_hours: DelayHours | None = None
    service_level: Annotated[ServiceLevel, WORD] = ServiceLevel.STANDARD
    channel: Annotated[Channel, WORD] | None = None
    wait_minutes: WaitMinutes | None = None
    fault: Annotated[Fault, WORD] = Fault.UNKNOWN
    disposition: Annotated[Disposition, WORD] | None = None
    critical_need: bool = False
    verified: bool = True
    group: Annotated[
        Identifier | None, Field(description="One cause that hit many customers: all are treated alike.")
    ] = None
    occurred_at: Moment | None = None
    reported_at: Moment | None = None
    remediable: Annotated[list[Annotated[Remediable, WORD]], Field(max_length=len(Remediable))] = Field(
        default_factory=list
    )
    currency: Annotated[Currency | None, Field(description="Needed where there is no order.")] = None
    summary: Summary | None = None
    attributes: Attributes = Field(default_factory=dict)

    def to_facts(self) -> facts.Incident:
        """Hand over what a decision needs; the summary is for people and stays behind."""
        return facts.Incident(
            category=self.category,
            reference=self.reference,
            grade=self.grade,
            delay_hours=self.delay_hours,
            service_level=self.service_level,
            channel=self.channel,
            wait_minutes=self.wait_minutes,
            fault=self.fault,
            disposition=self.disposition,
            critical_need=self.critical_need,
            verified=self.verified,
            group=self.group,
            occurred_at=self.occurred_at,
            reported_at=self.reported_at,
            remediable=frozenset(map(RemedyKind, self.remediable)) if self.remediable else _NOTHING,
            currency=self.currency,
            attributes=_plain(self.attributes),
        )


class LineIn(Strict):
    """One line of the order; the price is that of one piece."""

    reference: Identifier | None = None
    name: Name | None = None
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    unit_price: Minor
    affected: Annotated[
        bool, Field(description="Whether the trouble touched this line; if none is marked, all count.")
    ] = False


class OrderIn(Strict):
    """The order concerned; its currency is said once, for all money in the request."""

    reference: Identifier | None = None
    currency: Currency
    total: Annotated[Minor, Field(description="What the customer paid, shipping included, in minor units.")]
    shipping: Minor = 0
    refunded: Annotated[Minor, Field(description="Already paid back; never paid twice.")] = 0
    lines: Annotated[list[LineIn], Field(max_length=LINES_MOST)] = Field(default_factory=list)
    country: Country | None = None
    placed_at: Moment | None = None
    promised_at: Moment | None = None
    delivered_at: Moment | None = None
    attributes: Attributes = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.shipping > self.total:
            raise PydanticCustomError(
                "shipping_above_total", "The shipping is part of the total and cannot be above it."
            )
        if sum(line.unit_price * line.quantity for line in self.lines) > MONEY_MOST:
            raise PydanticCustomError("lines_too_large", "The lines together are worth more than can be handled.")
        return self

    def to_facts(self) -> facts.Order:
        """Hand over what a decision needs."""
        return facts.Order(
            currency=self.currency,
            total=self.total,
            shipping=self.shipping,
            refunded=self.refunded,
            lines=tuple([facts.OrderLine(line.unit_price, line.quantity, line.affected) for line in self.lines]),
            reference=self.reference,
            country=self.country,
            placed_at=self.placed_at,
            promised_at=self.promised_at,
            delivered_at=self.delivered_at,
            attributes=_plain(self.attributes),
        )


class PastIncidentIn(Strict):
    """An earlier incident of the same customer."""

    reference: Identifier | None = None
    category: Code
    occurred_at: Moment
    verified: bool = True
    fault: Annotated[Fault, WORD] = Fault.UNKNOWN
    recovery_failed: bool = False

    def to_facts(self) -> facts.PastIncident:
        """Hand over what a decision needs."""
        return facts.PastIncident(
            self.category, self.occurred_at, self.reference, self.verified, self.fault, self.recovery_failed
        )


class HistoryIn(Strict):
    """What you know of the customer's past; what the service has kept itself is added."""

    incidents: Annotated[list[PastIncidentIn], Field(max_length=HISTORY_MOST)] = Field(default_factory=list)
    goodwill_12m: Annotated[
        Minor, Field(description="Goodwill given in 12 months, in minor units of the case's currency.")
    ] = 0
    apologies_90d: Count = 0
    soft_remedies_90d: dict[Kind, Count] = Field(default_factory=dict)
    unverified_claims_12m: Count = 0

    def to_facts(self) -> facts.History:
        """Hand over what a decision needs."""
        return facts.History(
            incidents=tuple(past.to_facts() for past in self.incidents),
            goodwill_12m=self.goodwill_12m,
            apologies_90d=self.apologies_90d,
            soft_remedies_90d=self.soft_remedies_90d,
            unverified_claims_12m=self.unverified_claims_12m,
        )


_NOTHING: frozenset[RemedyKind] = frozenset()
_NO_HISTORY = facts.History()
_NO_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({})


class PreviewCustomerIn(Strict):
    """Who was wronged. A preview looks nobody up, so it needs no reference."""

    reference: Identifier | None = None
    kind: Annotated[CustomerKind, WORD] = CustomerKind.CONSUMER
    name: Annotated[Name | None, Field(description="For letters only.")] = None
    email: Annotated[Email | None, Field(description="For letters only.")] = None
    locale: Annotated[Locale | None, Field(description="The customer's language.")] = None
    tier: Annotated[Code, Field(description="A tier of the policy.")] = "standard"
    orders_count: Annotated[Count, Field(description="Orders before this one.")] = 0
    customer_since: DayOrMoment | None = None
    lifetime_value: Minor = 0
    prefers: Annotated[Kind | None, Field(description="What this customer would rather have.")] = None
    history: HistoryIn | None = None

    def to_facts(self) -> facts.Customer:
        """Hand over what a decision needs; name and address stay behind."""
        return facts.Customer(
            reference=self.reference or "",
            kind=self.kind,
            tier=self.tier,
            orders_count=self.orders_count,
            customer_since=self.customer_since,
            lifetime_value=self.lifetime_value,
            prefers=self.prefers,
            history=self.history.to_facts() if self.history else _NO_HISTORY,
        )


class CustomerIn(PreviewCustomerIn):
    """Who was wronged; the reference is your own, and the history is kept under it."""

    reference: Identifier


EXAMPLE: dict[str, Any] = {
    "incident": {
        "reference": "ZD-48211",
        "category": "late_delivery",
        "delay_hours": 72,
        "fault": "company",
        "occurred_at": "2026-03-02T10:00:00Z",
        "reported_at": "2026-03-05T09:30:00+02:00",
        "summary": "The parcel came three days after the promised day.",
    },
    "order": {
        "reference": "100234",
        "currency": "EUR",
        "total": 10490,
        "shipping": 490,
        "lines": [{"reference": "SKU-7", "name": "Kettle", "quantity": 1, "unit_price": 10000, "affected": True}],
        "country": "BG",
    },
    "customer": {"reference": "C-1017", "locale": "bg", "orders_count": 3, "customer_since": "2023-05-14"},
}


class CaseBody(Strict):
    """A case as a request tells it."""

    incident: IncidentIn
    order: OrderIn | None = None
    customer: PreviewCustomerIn

    def to_facts(self, decided_at: datetime) -> facts.Facts:
        """Facts as of `decided_at` (aware)."""
        order = self.order.to_facts() if self.order else None
        return facts.Facts(self.incident.to_facts(), self.customer.to_facts(), decided_at, order)

    def count_keys(self) -> int:
        """How many different keys the JSON had that this was made of; those within attributes are left out."""
        order, history = self.order, self.customer.history
        count = len(self.__pydantic_fields_set__) + len(self.incident.__pydantic_fields_set__)
        count += len(self.customer.__pydantic_fields_set__)
        if order is not None:
            count += len(order.__pydantic_fields_set__)
            for line in order.lines:
                count += len(line.__pydantic_fields_set__)
        if history is not None:
            count += len(history.__pydantic_fields_set__)
            for past in history.incidents:
                count += len(past.__pydantic_fields_set__)
        return count


class PreviewBody(CaseBody):
    """A case to decide without keeping it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "decided_at": "2026-03-05T12:00:00Z"}]})

    customer: PreviewCustomerIn = PreviewCustomerIn()
    decided_at: Annotated[Moment | None, Field(description="What would have been decided then? Otherwise: now.")] = None

    def to_facts(self, decided_at: datetime) -> facts.Facts:
        """Facts as of its own `decided_at`, or else of the one given (aware)."""
        return super().to_facts(self.decided_at or decided_at)


class OfferBody(CaseBody):
    """A case to decide and keep."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    customer: CustomerIn


def _plain(attributes: Mapping[str, Any]) -> Mapping[str, Attribute]:
    return {name: _value(value) for name, value in attributes.items()} if attributes else _NO_ATTRIBUTES


def _value(value: Any) -> Any:  # noqa: ANN401 - whatever the model let pass
    if isinstance(value, MoneyIn):
        return Money(value.amount, value.currency)
    if isinstance(value, dict):
        return {name: _value(part) for name, part in value.items()}
    return tuple(map(_value, value)) if isinstance(value, list) else value
