"""The policy document: the goodwill half of what a shop writes down.

Every number is exact, with at most six decimals. Amounts are in whole units of their currency, not in cents; "of V"
means: times the currency's reference value. The docstrings and descriptions are the reference in `docs/policies.md`.
What must hold between fields is in `rules/`.
"""

from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.policy import Band, Basis, Form, Mode, Role
from compensation_service.domain.signal import SignalKind
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
BelowOne: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(ge=0, lt=1),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
]
FromOne: TypeAlias = Annotated[
    Decimal, BeforeValidator(_exact), Field(ge=1), WithJsonSchema({"type": "number", "minimum": 1})
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
    """Goodwill below `below` is rounded up to a multiple of `step`; the last step has no `below`."""

    below: Positive | None = Field(None, description="Where this step ends, in whole units of the currency.")
    step: Positive = Field(description="In whole units of the currency.")


class Currency(_Part):
    """A currency's reference order value V and its neat amounts."""

    reference_value: Positive = Field(
        description="V: what a usual order is worth, in whole units. Floors, caps and limits are shares of it."
    )
    neat: Annotated[list[NeatStep], Field(min_length=1, max_length=10)] = Field(
        description="How goodwill is rounded up, by its size."
    )


class Repeats(_Part):
    """How earlier incidents of the same customer weigh."""

    weight_by_age_days: Points = Field(
        description="Days since the earlier incident → what it counts; falls, and ends at 0."
    )
    same_category: FromOne = Field(description="How many times as much an incident of the same category counts.")
    failed_recovery: NotNegative = Field(
        description="Added once if an earlier attempt to put things right was told to have failed."
    )
    most: Positive = Field(description="All repeats together count no more than this; at this the score rises most.")


class Severity(_Part):
    """How bad it was: how the score, from 0 to 1, grows, and where the bands begin.

    The score starts as the category's ceiling × magnitude.
    """

    critical_need: Share = Field(
        description="What an urgent need (`critical_need`) adds: this part of score × (1 − score)."
    )
    repeats: Repeats = Field(description="How earlier incidents of the same customer weigh.")
    bands: dict[Band, Share] = Field(description="The score from which each band begins; rising, `trivial` at 0.")


class Loyalty(_Part):
    """What the customer's history adds; it never takes away. The largest of the four sources counts."""

    weight: NotNegative = Field(description="How much the most loyal customer gets more: 0.20 is 20 %.")
    orders: Points = Field(description="Orders before this one → loyalty.")
    years: Points = Field(description="Years as a customer → loyalty.")
    lifetime_values: Points = Field(description="All that was ever bought, ÷ V → loyalty.")
    tiers: dict[Word, Share] = Field(
        description="Your customer tiers, each with its loyalty; `standard` is whoever has none."
    )


class Goodwill(_Part):
    """From a score to a share of the value at stake, and from there to an amount."""

    starts_at: BelowOne = Field(description="The score up to which what is kept gets no money.")
    rise: Points = Field(
        description="The way from `starts_at` (0) to score 1 (1) → the part of `share_max`. Fast at first, then slower."
    )
    rejected_base: Share = Field(description="The share on top of the money back at score 0.")
    rejected_slope: Share = Field(description="What score 1 adds to `rejected_base`.")
    rejected_cap: Share = Field(description="The most on top of the money back, as a share of the value at stake.")
    group_cap: Share = Field(description="The most where one cause hit many customers: all get the same share.")
    fault: dict[Fault, Share] = Field(
        description="By who brought it about: what remains of the share. Falling in this order; `customer` is 0."
    )
    slowness: Points = Field(description="Hours from the report to the offer → times the share; from 1 to 2.")
    value_damping: Points = Field(
        description="Value at stake ÷ V → what counts of it, ÷ V; from [0, 0] on ever slower, never above the value."
    )
    value_without_order: Share = Field(description="The value at stake where there is no order, as a share of V.")
    floor: Share = Field(description="Goodwill below this share of V is not offered as money; a gesture is.")
    most: Positive = Field(description="The most goodwill for one incident, and for one order, as a share of V.")
    total_cap: FromOne = Field(
        description="The most of money back and goodwill together, as a share of the value at stake; at most 1.5."
    )


class KindTerms(_Part):
    """What a remedy kind is worth and costs."""

    form: Form = Field(description="Its nature, which should match that of the loss.")
    factor: NotNegative = Field(
        description="Face value = cash worth × this: credit must show more than money. 0: it carries no money."
    )
    cost_ratio: NotNegative = Field(description="What it costs the shop, as a share of its face value.")
    soft: StrictBool = Field(default=False, description="Wears off when repeated; see `guards`.")
    voucher: StrictBool = Field(
        default=False,
        description="To be redeemed later, within `voucher_days`; never offered to whoever waited too long.",
    )
    asks_customer: StrictBool = Field(
        default=False,
        description="Needs an answer of the customer (an account, an appointment): never applied by itself.",
    )


class Menu(_Part):
    """Which options fit a kind of loss; `rejected` may be left out where nothing can be given back."""

    kept: dict[Band, Templates] = Field(
        description="Where the thing is kept: the options of each band, in the order in which they are shown."
    )
    rejected: Templates | None = Field(
        None,
        description="Where it is not kept: the options on top of the money back. Left out: it cannot be given back.",
    )
    without_money: Template = Field(description="What is offered where goodwill is under the floor.")


class Choice(_Part):
    """How options are put together and which one is the default."""

    bands_with_choice: list[Band] = Field(
        description="Bands in which the customer chooses between options; in the others there is one."
    )
    options_most: Annotated[int, Field(strict=True, ge=2, le=3)] = Field(description="How many options a choice has.")
    refund_default_from: Share = Field(
        description="The share of the value at stake from which money is the default option, not credit."
    )
    no_voucher_after_hours: Count = Field(description="Hours after the report from which no voucher is offered.")
    voucher_days: Annotated[Count, Field(ge=180)] = Field(description="Days for which a voucher is valid.")
    help: Template = Field(description="What is offered for the customer's own mistake; nothing that carries money.")


class Guards(_Part):
    """Limits on goodwill's form and route: too often, too doubtful. They never touch what is owed."""

    apologies_most: Annotated[Count, Field(ge=1)] = Field(
        description="Apologies by machine to one customer in 90 days."
    )
    apology_by_person: RemedyKind = Field(description="What takes the place of an apology too many.")
    soft_most: Annotated[Count, Field(ge=1)] = Field(
        description="How often the same soft kind is given to one customer in 90 days."
    )
    claim_rate_orders: Annotated[Count, Field(ge=1)] = Field(
        description="Added to the customer's orders before claims are divided by them: newcomers may claim."
    )
    claim_rate_evidence: Share = Field(description="Unverified claims per order above which evidence is asked for.")
    claim_rate_person: Share = Field(description="Unverified claims per order above which a person looks.")
    unverified_not_received_most: Annotated[Count, Field(ge=1)] = Field(
        description="Unverified claims in 90 days that nothing arrived, from which a person looks."
    )


class Limit(_Part):
    """How much goodwill a role may agree to, as a share of V; the last has no limit."""

    role: Role = Field(description="Who agrees.")
    most: NotNegative | None = Field(
        None, description="The most goodwill, as a share of V. Left out, for the last role only: no limit."
    )


class CategoryGrade(_Part):
    """A grade of a category, for which a person agrees first."""

    category: Word = Field(description="A category of this policy.")
    grade: Word = Field(description="One of its grades.")


class Approval(_Part):
    """When a person must agree before an offer is made, and who may. Only goodwill is counted."""

    automatic_most: NotNegative = Field(description="The most goodwill that nobody needs to agree to, as a share of V.")
    automatic_bands: list[Band] = Field(description="Bands in which nobody needs to agree.")
    limits: Annotated[list[Limit], Field(min_length=1)] = Field(
        description="What each role may agree to: every role once, rising."
    )
    person_for_grades: list[CategoryGrade] = Field(description="Grades for which a person always agrees first.")
    person_for_critical_repeats: NotNegative = Field(
        description="Repeats from which a person agrees first in the band `critical`."
    )
    goodwill_12m_most: NotNegative = Field(
        description="Goodwill for one customer in 12 months above which a person agrees first, as a share of V."
    )


class ClockTerms(_Part):
    """Hours for each step of an answer."""

    acknowledge: Count = Field(description="From the report until the customer knows that we know.")
    decide: Count = Field(description="From the report until the offer is made.")
    carry_out: Count = Field(description="From the offer until what was promised is done.")
    follow_up: Count = Field(description="From the offer until we ask whether it helped; 0: nobody asks.")


class Clocks(_Part):
    """Hours by band, and how many days an offer stands."""

    by_band: dict[Band, ClockTerms] = Field(description="The hours of each band; never more for a worse one.")
    hurried: Band = Field(description="The row that holds for repeated trouble: `critical`.")
    hurried_from_repeats: NotNegative = Field(description="Repeats from which that row holds.")
    offer_days: Annotated[Count, Field(ge=1, le=365)] = Field(description="Days for which an offer stands.")


class Delay(_Part):
    """Magnitude from hours past the promised moment."""

    curve: Points = Field(description="Hours past the promised moment, standard delivery → magnitude.")
    service_levels: dict[ServiceLevel, Annotated[Count, Field(ge=1)]] = Field(
        description="How many times an hour counts for each service level."
    )


class Wait(_Part):
    """Magnitude from the wait divided by the channel's target in minutes."""

    curve: Points = Field(description="Waiting time ÷ target → magnitude.")
    targets: dict[Channel, Annotated[Count, Field(ge=1)]] = Field(
        description="Minutes that are promised in each channel."
    )


MAGNITUDES = ("grades", "delay", "wait", "always")
"""The keys of a category of which exactly one says how its magnitude is measured."""


class Category(_Part):
    """One kind of trouble. Exactly one of `grades`, `delay`, `wait` and `always` says how bad it was: its magnitude."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in MAGNITUDES]})

    ceiling: Share = Field(description="The score that the worst trouble of this kind gets.")
    basis: Basis = Field(description="What the value at stake is.")
    share_max: Share = Field(description="The share of the value at stake for a kept case of score 1.")
    share_cap: Share = Field(description="The most once fault, loyalty and slowness have had their say; at most 0.60.")
    mode: Mode = Field(Mode.KEPT, description="What holds where the facts do not say.")
    menu: Word = Field(description="One of `menus`.")
    grades: dict[Word, Share] | None = Field(None, description="Measured by a word: each grade with its magnitude.")
    undoing: list[Word] = Field(
        [], description="Grades after which the thing is not kept, unless the facts say otherwise."
    )
    delay: Delay | None = Field(None, description="Measured by hours of delay.")
    wait: Wait | None = Field(None, description="Measured by a waiting time.")
    always: Share | None = Field(None, description="Always the same magnitude.")


class Signal(_Part):
    """Which values of a signal make an incident before the customer complains, and of which kind.

    Where the category is measured by hours or minutes, the value of the signal measures it.
    """

    category: Word = Field(description="One of `categories`.")
    at_least: NotNegative | None = Field(None, description="The least value that makes an incident.")
    at_most: NotNegative | None = Field(None, description="The greatest value that makes an incident.")
    grade: Word | None = Field(None, description="How bad it is, where the category is measured by grades.")
    fault: Fault = Field(Fault.UNKNOWN, description="Where the cause lies.")


class Adoption(_Part):
    """A scheme that the policy adopts: a pack that comes with the product, or a promise of the shop's own.

    It is tried in cases of these categories and countries (none named: all categories, the scheme's own jurisdiction);
    `if_given` are attributes without which it is not tried: the claim of a right that must be claimed.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["pack"]}, {"required": ["own"]}]})

    pack: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] | None = Field(
        None,
        description="The id of a scheme that comes with the product; `compensation-service schemes list` names them.",
    )
    own: SchemeDocument | None = Field(None, description="A promise of the shop's own: a whole scheme.")
    categories: list[Word] = Field([], description="Categories in which it is tried; none named: all.")
    countries: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] = Field(
        [],
        description="Countries of orders (ISO 3166) in which it is tried; none named: where the scheme holds.",
    )
    if_given: list[Word] = Field(
        [], description="Attributes without which it is not tried: those by which the customer claims the right."
    )
    consumers_only: bool = Field(default=False, description="Whether it is left out where a business bought.")


class PolicyDocument(_Part):
    """A whole policy."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = Field(description="Stands in every decision.")
    version: Annotated[Count, Field(ge=1)] = Field(
        description="For files; a policy that is kept in the database gets the next number there."
    )
    currencies: Annotated[dict[CurrencyCode, Currency], Field(min_length=1)] = Field(
        description="By ISO 4217 code; in others nothing is decided."
    )
    severity: Severity = Field(description="How bad it was.")
    loyalty: Loyalty = Field(description="What the customer's history adds; the largest of its four sources counts.")
    goodwill: Goodwill = Field(description="From how bad it was to an amount.")
    kinds: dict[RemedyKind, KindTerms] = Field(description="What each remedy is worth and costs; all of them.")
    menus: Annotated[dict[Word, Menu], Field(min_length=1)] = Field(description="By names of your own.")
    choice: Choice = Field(description="How options are put together.")
    guards: Guards = Field(description="What limits goodwill's form and route; never what is owed.")
    approval: Approval = Field(description="When a person must agree.")
    clocks: Clocks = Field(description="By when things are done.")
    categories: Annotated[dict[Word, Category], Field(min_length=1)] = Field(
        description="The kinds of trouble, by the words that requests use."
    )
    signals: dict[SignalKind, Signal] = Field(
        {}, description="What tells of trouble before the customer does; signals that are not here are ignored."
    )
    schemes: list[Adoption] = Field([], description="Laws, contracts and promises: what is owed.")
