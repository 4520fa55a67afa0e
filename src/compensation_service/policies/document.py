"""The policy document: the goodwill half of what a shop writes down.

Every number is exact, with at most six decimals. Amounts are in whole units of their currency, not in cents; "of V"
means: times the currency's reference value. What the fields mean is said at the values of `decision/policy.py` they
become. What must hold between fields is in `rules/`.
"""

from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.policy import Band, Basis, Form, Mode, Role
from compensation_service.policies.schemes.document import SchemeDocument

DECIMALS_MAX = 6
NUMBER_MAX = 10**12


def _exact(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number", "Input should be a number, written without quotes")
    number = Decimal(value)
    if abs(number) > NUMBER_MAX or number != round(number, DECIMALS_MAX):
        raise PydanticCustomError("number", "Input should be a number of at most twelve digits and six decimals")
    return number


Number: TypeAlias = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]
Positive: TypeAlias = Annotated[
    Decimal, BeforeValidator(_exact), Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
NotNegative: TypeAlias = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})
]
Share: TypeAlias = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})
]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Points: TypeAlias = Annotated[list[tuple[NotNegative, NotNegative]], Field(min_length=1, max_length=100)]
Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
CurrencyCode: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Template: TypeAlias = Annotated[list[RemedyKind], Field(min_length=1, max_length=5)]
Templates: TypeAlias = Annotated[list[Template], Field(min_length=1, max_length=20)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NeatStep(_Part):
    """Amounts below `below` are rounded up to a multiple of `step`; the last step has no `below`."""

    below: Positive | None = None
    step: Positive


class Currency(_Part):
    """A currency's reference order value V and its neat amounts."""

    reference_value: Positive
    neat: Annotated[list[NeatStep], Field(min_length=1, max_length=10)]


class Repeats(_Part):
    """How earlier incidents of the same customer weigh."""

    weight_by_age_days: Points
    same_category: Annotated[Positive, Field(ge=1)]
    failed_recovery: NotNegative
    most: Positive


class Severity(_Part):
    """How the score grows, and where the bands begin."""

    critical_need: Share
    repeats: Repeats
    bands: dict[Band, Share]


class Loyalty(_Part):
    """What the customer's history adds."""

    weight: NotNegative
    orders: Points
    years: Points
    lifetime_values: Points
    tiers: dict[Word, Share]


class Goodwill(_Part):
    """From a score to a share, and from there to an amount."""

    starts_at: Annotated[Share, Field(lt=1)]
    rise: Points
    rejected_base: Share
    rejected_slope: Share
    rejected_cap: Share
    group_cap: Share
    fault: dict[Fault, Share]
    slowness: Points
    value_damping: Points
    value_without_order: Share
    floor: Share
    most: Positive
    total_cap: Annotated[Positive, Field(ge=1)]


class KindTerms(_Part):
    """What a remedy kind is worth and costs."""

    form: Form
    factor: NotNegative
    cost_ratio: NotNegative
    soft: StrictBool = False
    voucher: StrictBool = False
    asks_customer: StrictBool = False


class Menu(_Part):
    """Which options fit a kind of loss; `rejected` may be left out where nothing can be given back."""

    kept: dict[Band, Templates]
    rejected: Templates | None = None
    without_money: Template


class Choice(_Part):
    """How options are put together and which one is the default."""

    bands_with_choice: list[Band]
    options_most: Annotated[int, Field(strict=True, ge=2, le=3)]
    refund_default_from: Share
    no_voucher_after_hours: Count
    voucher_days: Annotated[Count, Field(ge=180)]
    help: Template


class Guards(_Part):
    """Limits on goodwill's form and route."""

    apologies_most: Annotated[Count, Field(ge=1)]
    apology_by_person: RemedyKind
    soft_most: Annotated[Count, Field(ge=1)]
    claim_rate_orders: Annotated[Count, Field(ge=1)]
    claim_rate_evidence: Share
    claim_rate_person: Share
    unverified_not_received_most: Annotated[Count, Field(ge=1)]


class Limit(_Part):
    """How much goodwill a role may agree to, as a share of V; the last has no limit."""

    role: Role
    most: NotNegative | None = None


class GradeOf(_Part):
    """A grade of a category."""

    category: Word
    grade: Word


class Approval(_Part):
    """When a person must agree, and who may."""

    automatic_most: NotNegative
    automatic_bands: list[Band]
    limits: Annotated[list[Limit], Field(min_length=1)]
    person_for_grades: list[GradeOf]
    person_for_critical_repeats: NotNegative
    goodwill_12m_most: NotNegative


class ClockTerms(_Part):
    """Hours for each step."""

    acknowledge: Count
    decide: Count
    carry_out: Count
    follow_up: Count


class Clocks(_Part):
    """Hours by band, and how many days an offer stands."""

    by_band: dict[Band, ClockTerms]
    hurried: Band
    hurried_from_repeats: NotNegative
    offer_days: Annotated[Count, Field(ge=1, le=365)]


class Delay(_Part):
    """Magnitude from hours past the promised moment."""

    curve: Points
    service_levels: dict[ServiceLevel, Annotated[Count, Field(ge=1)]]


class Wait(_Part):
    """Magnitude from the wait divided by the channel's target in minutes."""

    curve: Points
    targets: dict[Channel, Annotated[Count, Field(ge=1)]]


MAGNITUDES = ("grades", "delay", "wait", "always")
"""The keys of a category of which exactly one says how its magnitude is measured."""


class Category(_Part):
    """One kind of trouble."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in MAGNITUDES]})

    ceiling: Share
    basis: Basis
    share_max: Share
    share_cap: Share
    mode: Mode = Mode.KEPT
    menu: Word
    grades: dict[Word, Share] | None = None
    undoing: list[Word] = []
    delay: Delay | None = None
    wait: Wait | None = None
    always: Share | None = None


class Adoption(_Part):
    """A scheme that the policy adopts: a pack that comes with the product, or a promise of the shop's own.

    It is tried in cases of these categories and countries (none named: all categories, the scheme's own jurisdiction);
    `if_given` are attributes without which it is not tried: the claim of a right that must be claimed.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["pack"]}, {"required": ["own"]}]})

    pack: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] | None = None
    own: SchemeDocument | None = None
    categories: list[Word] = []
    countries: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = []
    if_given: list[Word] = []
    consumers_only: bool = False


class PolicyDocument(_Part):
    """A whole policy."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    version: Annotated[Count, Field(ge=1)]
    currencies: Annotated[dict[CurrencyCode, Currency], Field(min_length=1)]
    severity: Severity
    loyalty: Loyalty
    goodwill: Goodwill
    kinds: dict[RemedyKind, KindTerms]
    menus: Annotated[dict[Word, Menu], Field(min_length=1)]
    choice: Choice
    guards: Guards
    approval: Approval
    clocks: Clocks
    categories: Annotated[dict[Word, Category], Field(min_length=1)]
    schemes: list[Adoption] = []
