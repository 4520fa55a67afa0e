"""A policy as the decision sees it: plain, frozen, already validated values.

`policies/` reads these from a document and proves what a document must hold; nothing is checked again here.
Shares and factors are decimals; "of V" means: times the currency's reference order value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from compensation_service.decision.curves import Curve
from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.memory import Memory
from compensation_service.decision.money import CurrencyTerms
from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.decision.word import Word


class Band(Word):
    """How serious an incident is, in words."""

    TRIVIAL = "trivial"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"


class Mode(Word):
    """Whether the customer keeps what they got, or it is undone and goodwill comes on top of the restitution."""

    KEPT = "kept"
    REJECTED = "rejected"


class Basis(Word):
    """What the value at stake is: the affected goods, or the process around them."""

    AFFECTED = "affected"
    PROCESS = "process"


class Form(Word):
    """The nature of a remedy; it should match the nature of the loss."""

    MONEY = "money"
    CREDIT = "credit"
    GOODS = "goods"
    SERVICE = "service"
    PUTS_RIGHT = "puts_right"
    ATTENTION = "attention"


IN_KIND = frozenset({Form.GOODS, Form.SERVICE, Form.PUTS_RIGHT})


class Role(Word):
    """Who may agree to an offer, in rising order of authority."""

    AGENT = "agent"
    LEAD = "lead"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Grades:
    """Magnitude from a named grade; `undoing` are the grades after which the thing is not kept."""

    values: Mapping[str, Decimal]
    undoing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Delay:
    """Magnitude from hours past the promised moment, multiplied by the service level's factor first."""

    curve: Curve
    service_levels: Mapping[ServiceLevel, int]


@dataclass(frozen=True, slots=True)
class Wait:
    """Magnitude from the waiting time divided by the channel's target in minutes."""

    curve: Curve
    targets: Mapping[Channel, int]


@dataclass(frozen=True, slots=True)
class Always:
    """A magnitude that needs no fact."""

    value: Decimal


Magnitude: TypeAlias = Grades | Delay | Wait | Always

Template: TypeAlias = tuple[RemedyKind, ...]
"""The kinds of one option, at most one of which carries the goodwill."""


@dataclass(frozen=True, slots=True)
class Menu:
    """Which options fit a kind of loss, in the order in which they are shown.

    `kept` by band; `rejected` comes on top of the restitution; `without_money` where goodwill is under the floor.
    """

    kept: Mapping[Band, Sequence[Template]]
    rejected: Sequence[Template]
    without_money: Template
    plans: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """What was planned with this menu before, by circumstances."""


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of trouble: how bad it can be, what it is measured by and what may be given for it."""

    code: str
    ceiling: Decimal
    magnitude: Magnitude
    basis: Basis
    share_max: Decimal
    share_cap: Decimal
    mode: Mode
    menu: Menu
    scored: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """What was scored in this category before, by its measure and the weight of what went before."""
    bases: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """The shares of the value that scores gave before, by mode and score."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """How earlier incidents weigh: by age in days, more in the same category, up to `most`."""

    weight_by_age_days: Curve
    same_category: Decimal
    failed_recovery: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Severity:
    """How the score grows from the magnitude, and where the bands begin (rising, the first at 0)."""

    critical_need: Decimal
    repeats: Repeats
    bands: Sequence[tuple[Band, Decimal]]


@dataclass(frozen=True, slots=True)
class Loyalty:
    """How much a customer's history with the shop adds; the largest of the four sources counts."""

    weight: Decimal
    orders: Curve
    years: Curve
    lifetime_values: Curve
    tiers: Mapping[str, Decimal]
    sources: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """What tiers and numbers of orders gave before."""


@dataclass(frozen=True, slots=True)
class Goodwill:
    """From a score to a share of the value, and from there to an amount.

    `starts_at`: severity below which a kept case gets no money. `value_damping`: A ÷ V → A_eff ÷ V.
    `floor` and `most` are shares of V, `total_cap` is a share of the affected value.
    """

    starts_at: Decimal
    rise: Curve
    rejected_base: Decimal
    rejected_slope: Decimal
    rejected_cap: Decimal
    group_cap: Decimal
    fault: Mapping[Fault, Decimal]
    slowness: Curve
    value_damping: Curve
    value_without_order: Decimal
    floor: Decimal
    most: Decimal
    total_cap: Decimal
    faults: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """What each fault gave before."""


@dataclass(frozen=True, slots=True)
class KindTerms:
    """What a remedy kind is worth and costs.

    Face value = cash worth × `factor` (0: it carries no money); cost to the merchant = face × `cost_ratio`.
    `soft`: wears off when repeated; `voucher`: to be redeemed later; `asks_customer`: cannot simply be applied.
    """

    kind: RemedyKind
    form: Form
    factor: Decimal
    cost_ratio: Decimal
    soft: bool
    voucher: bool
    asks_customer: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """How options are put together and which one is the default."""

    bands_with_choice: frozenset[Band]
    options_most: int
    refund_default_from: Decimal
    no_voucher_after_hours: int
    kinds: Mapping[RemedyKind, KindTerms]
    help: Template
    voucher_days: int
    in_money: frozenset[RemedyKind] = field(init=False, compare=False)
    in_credit: frozenset[RemedyKind] = field(init=False, compare=False)
    in_kind: frozenset[RemedyKind] = field(init=False, compare=False)
    voucher_stands: timedelta = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the kinds by form once, for every decision asks."""
        object.__setattr__(self, "voucher_stands", timedelta(days=self.voucher_days))
        sets = {"in_money": {Form.MONEY}, "in_credit": {Form.CREDIT}, "in_kind": IN_KIND}
        for name, forms in sets.items():
            kinds = frozenset(kind for kind, terms in self.kinds.items() if terms.form in forms)
            object.__setattr__(self, name, kinds)


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits that touch goodwill's form and route, never an entitlement."""

    apologies_most: int
    apology_by_person: RemedyKind
    soft_most: int
    claim_rate_orders: int
    claim_rate_evidence: Decimal
    claim_rate_person: Decimal
    unverified_not_received_most: int


@dataclass(frozen=True, slots=True)
class Approval:
    """When a person must agree, and who may. Limits are shares of V; None has no limit."""

    automatic_most: Decimal
    automatic_bands: frozenset[Band]
    limits: Sequence[tuple[Role, Decimal | None]]
    person_for_grades: frozenset[tuple[str, str]]
    person_for_critical_repeats: Decimal
    goodwill_12m_most: Decimal


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """Hours allowed for each step."""

    acknowledge: int
    decide: int
    carry_out: int
    follow_up: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """Hours by band; `hurried` is the row for repeated trouble. An open offer stands for `offer_days`."""

    by_band: Mapping[Band, ClockTerms]
    hurried: Band
    hurried_from_repeats: Decimal
    offer_days: int
    spans: Mapping[Band, tuple[timedelta, ...]] = field(init=False, compare=False)
    """The rows as spans of time, in the order of their fields."""
    offer_stands: timedelta = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Make the spans once, for every decision adds them."""
        rows = {
            band: tuple(timedelta(hours=getattr(row, column.name)) for column in fields(row))
            for band, row in self.by_band.items()
        }
        object.__setattr__(self, "spans", rows)
        object.__setattr__(self, "offer_stands", timedelta(days=self.offer_days))


@dataclass(frozen=True, slots=True)
class AdoptedScheme:
    """A scheme, and the cases in which the policy tries it.

    Empty `categories` or `countries` mean all. `if_given` are attributes without which it is not tried at all: a right
    that somebody must claim. Where the scheme says nothing else, it protects consumers and businesses alike.
    """

    scheme: Scheme
    categories: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    if_given: frozenset[str] = frozenset()
    consumers_only: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a decision depends on besides the facts."""

    name: str
    version: int
    currencies: Mapping[str, CurrencyTerms]
    categories: Mapping[str, Category]
    severity: Severity
    loyalty: Loyalty
    goodwill: Goodwill
    choice: Choice
    guards: Guards
    approval: Approval
    clocks: Clocks
    schemes: tuple[AdoptedScheme, ...] = ()
    trials: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """Which schemes were tried before, by circumstances."""
