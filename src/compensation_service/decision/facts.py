"""What the decision is told: an incident, perhaps an order, a customer and what happened to them before."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from compensation_service.decision.money import Money
from compensation_service.decision.record import record
from compensation_service.decision.word import Word

Plain: TypeAlias = bool | int | str | Money
Attribute: TypeAlias = Plain | tuple[Plain | Mapping[str, Plain], ...]
"""A fact that only a scheme knows of: a plain value, or a list of plain values or of records of them."""


class Fault(Word):
    """Who brought the trouble about."""

    COMPANY = "company"
    PARTNER = "partner"
    UNKNOWN = "unknown"
    SHARED = "shared"
    EXTERNAL = "external"
    CUSTOMER = "customer"


class CustomerKind(Word):
    """In what capacity the customer bought; consumer law protects one of them."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class Disposition(Word):
    """What became of the thing: the customer keeps it, sends it back, or never had it."""

    KEPT = "kept"
    REJECTED = "rejected"
    NOT_RECEIVED = "not_received"


class ServiceLevel(Word):
    """How tight the promised moment was."""

    STANDARD = "standard"
    EXPRESS = "express"
    SAME_DAY = "same_day"
    TIME_SLOT = "time_slot"


class Channel(Word):
    """Where the customer waited for support."""

    PHONE = "phone"
    CHAT = "chat"
    SOCIAL = "social"
    EMAIL = "email"


class RemedyKind(Word):
    """One thing that can be given to put trouble right."""

    PARTIAL_REFUND = "partial_refund"
    FULL_REFUND = "full_refund"
    PAYMENT = "payment"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    REDELIVERY = "redelivery"
    CORRECTION = "correction"
    STORE_CREDIT = "store_credit"
    NEXT_PURCHASE_DISCOUNT = "next_purchase_discount"
    BONUS_POINTS = "bonus_points"
    FREE_SHIPPING = "free_shipping"
    GIFT = "gift"
    FREE_UPGRADE = "free_upgrade"
    FREE_SERVICE_PERIOD = "free_service_period"
    PRIORITY_SUPPORT = "priority_support"
    PERSONAL_CALL = "personal_call"
    APOLOGY = "apology"


@record
class Incident:
    """The trouble. Times are aware; `delay_hours` and `wait_minutes` are not negative once measured."""

    category: str
    reference: str | None = None
    grade: str | None = None
    delay_hours: Decimal | None = None
    service_level: ServiceLevel = ServiceLevel.STANDARD
    channel: Channel | None = None
    wait_minutes: Decimal | None = None
    fault: Fault = Fault.UNKNOWN
    disposition: Disposition | None = None
    critical_need: bool = False
    verified: bool = True
    group: str | None = None
    occurred_at: datetime | None = None
    reported_at: datetime | None = None
    remediable: frozenset[RemedyKind] = frozenset()
    currency: str | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    compensated_before: int = 0
    """What earlier offers for this incident gave as compensation, in minor units of the case's currency."""


@record
class OrderLine:
    """One line of an order; the price is that of one piece, in minor units."""

    unit_price: int
    quantity: int = 1
    affected: bool = False


@record
class Order:
    """The order concerned; all money in minor units of its currency. `total` includes `shipping`."""

    currency: str
    total: int
    shipping: int = 0
    refunded: int = 0
    lines: tuple[OrderLine, ...] = ()
    reference: str | None = None
    country: str | None = None
    placed_at: datetime | None = None
    promised_at: datetime | None = None
    delivered_at: datetime | None = None
    goodwill_before: int = 0
    """Goodwill already given for other incidents of this order."""
    refunded_elsewhere: int = 0
    """Money back that is on offer or was given for other incidents of this order; the price is paid back once."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def paid_back(self) -> int:
        """What was paid back of the order at least: the caller may or may not tell of what we know."""
        return max(self.refunded, self.refunded_elsewhere)


@record
class PastIncident:
    """An incident of the same customer; `occurred_at` is aware."""

    category: str
    occurred_at: datetime
    reference: str | None = None
    verified: bool = True
    fault: Fault = Fault.UNKNOWN
    recovery_failed: bool = False


@record
class History:
    """What happened to this customer before; money in minor units of the case's currency."""

    incidents: tuple[PastIncident, ...] = ()
    goodwill_12m: int = 0
    apologies_90d: int = 0
    soft_remedies_90d: Mapping[RemedyKind, int] = field(default_factory=dict)
    unverified_claims_12m: int = 0


@record
class Customer:
    """Who was wronged. `lifetime_value` is in minor units of the case's currency; `orders_count` omits this order."""

    reference: str
    kind: CustomerKind = CustomerKind.CONSUMER
    tier: str = "standard"
    orders_count: int = 0
    customer_since: date | datetime | None = None
    lifetime_value: int = 0
    prefers: RemedyKind | None = None
    history: History = field(default_factory=History)


@record
class Facts:
    """Everything a decision depends on besides the policy. `decided_at` is aware.

    `budget_exhausted`: the merchant's budget cannot bear the goodwill of this case, so none is offered in money.
    """

    incident: Incident
    customer: Customer
    decided_at: datetime
    order: Order | None = None
    budget_exhausted: bool = False


class UnusableFacts(ValueError):
    """The facts cannot be decided on.

    `pointer` is the JSON pointer of the fact in a request, `code` is stable, `detail` says what would help.
    None of them repeats a value that the caller sent.
    """

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.code = code
        self.detail = detail
