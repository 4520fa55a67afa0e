"""The shapes of what is answered: they describe the interface and are held against it by tests.

Answers are not built from these models: services write them down once, as bytes.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Band, Mode
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.decision.reasons import Operation
from compensation_service.domain.offer import OfferAction, OfferStatus
from compensation_service.domain.remedy import RemedyStatus

DecimalString = Annotated[str, StringConstraints(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
Moment = Annotated[datetime, Field(description="RFC 3339, in UTC, with Z.")]


class Answer(BaseModel):
    """A part of an answer. Fields are added in later versions, never renamed: ignore what you do not know."""

    model_config = ConfigDict(extra="forbid")


class MoneyOut(Answer):
    """An amount in minor units, and as people read it."""

    amount: int
    currency: str
    display: str


class ReasonOut(Answer):
    """A reason: a stable code, and a sentence in the language asked for."""

    code: str
    text: str


class FactorOut(ReasonOut):
    """A reason with a number. Folding the factors in their order, from 1, gives the result exactly."""

    operation: Operation
    value: DecimalString


class SeverityOut(Answer):
    """How bad it was."""

    score: DecimalString
    band: Band
    factors: list[FactorOut]


class LoyaltyOut(Answer):
    """What the customer's history with the shop adds."""

    score: DecimalString
    factors: list[FactorOut]


class OwedRemedy(Answer):
    """A remedy that is owed or can be chosen, as its scheme names it."""

    kind: str
    amount: MoneyOut | None


class EntitlementOut(Answer):
    """What is owed by law, contract or promise, whatever the goodwill."""

    scheme: str
    reference: str | None
    remedies: list[OwedRemedy]
    choice: str | None
    amount: MoneyOut | None
    compensatory: bool
    outputs: dict[str, Any]
    needs: list[str]
    due_by: date | None
    text: str


class ConditionOut(Answer):
    """A condition that was judged, with the values it saw."""

    of: str
    answer: Literal["met", "not met", "unknown"]
    because: str | None
    text: str


class SchemeOut(Answer):
    """What a scheme that was tried said, and why: its conditions, and its sums step by step."""

    scheme: str
    title: str
    applies: Literal["yes", "no", "needs"]
    reason: str | None
    needs: list[str]
    conditions: list[ConditionOut]
    assumed: dict[str, Any]
    steps: list[str]


class GoodwillOut(Answer):
    """What is fair on top. `exact` is in minor units, before floor and rounding; `amount` is what is offered."""

    exact: DecimalString
    amount: MoneyOut
    percent: DecimalString
    factors: list[FactorOut]
    refused: ReasonOut | None


class RemedyOut(Answer):
    """One thing given. `cost` is what it costs the merchant: not for customers."""

    kind: RemedyKind
    value: MoneyOut | None
    cost: MoneyOut
    valid_until: Moment | None
    status: Annotated[RemedyStatus | None, Field(description="There once its option is chosen.")] = None


class OptionOut(Answer):
    """A bundle the customer can choose. `worth` is its cash worth; `cost` is the merchant's: not for customers."""

    id: str
    remedies: list[RemedyOut]
    worth: MoneyOut
    cost: MoneyOut
    text: str


class PolicyOut(Answer):
    """The policy that decided."""

    name: str
    version: int


class PreviewPolicyOut(PolicyOut):
    """The policy that would decide. `stale_since`: while the database is away, when it was last asked which one."""

    stale_since: Annotated[Moment | None, Field(description="There only if the policy may have changed since.")] = None


class ApprovalOut(Answer):
    """A person of this role or above must agree, for these reasons."""

    role: ApproverRole
    reasons: list[ReasonOut]


class LetterOut(Answer):
    """The words to the customer."""

    locale: str
    subject: str
    text: str
    html: str


class PreviewIncident(Answer):
    """The incident of a preview: not recorded, so without an id."""

    reference: str | None


class OfferIncident(PreviewIncident):
    """The incident an offer answers."""

    id: str


class OfferLinks(Answer):
    """Where an offer is found."""

    self: str
    customer: str | None


class DecisionOut(Answer):
    """What was decided and why."""

    status: OfferStatus
    policy: PolicyOut
    mode: Mode
    severity: SeverityOut
    loyalty: LoyaltyOut
    entitlements: list[EntitlementOut]
    schemes: list[SchemeOut]
    goodwill: GoodwillOut
    options: list[OptionOut]
    default_option: str
    guards: list[ReasonOut]
    approval: ApprovalOut | None
    letter: LetterOut | None
    decided_at: Moment
    acknowledge_by: Moment
    respond_by: Moment
    carry_out_by: Moment
    follow_up_at: Moment
    expires_at: Moment


class PreviewOut(DecisionOut):
    """What would be offered; nothing was kept."""

    incident: PreviewIncident
    policy: PreviewPolicyOut


class OfferMoveOut(Answer):
    """What was done with an offer. `by`: the id of a key, `default` or `clock`; `version`: the offer's after it."""

    action: OfferAction
    version: int
    by: str
    at: Moment
    option: str | None
    reason: str | None
    words: str | None
    kind: RemedyKind | None
    amount: MoneyOut | None


class PolicySaidOut(Answer):
    """What the policy said where a person gave something else."""

    status: OfferStatus
    goodwill: GoodwillOut
    options: list[OptionOut]
    default_option: str
    approval: ApprovalOut | None
    decided_at: Moment
    carry_out_by: Moment
    follow_up_at: Moment
    expires_at: Moment


class OverrideOut(Answer):
    """Who gave something else than the policy said, why, and what it said. `by` is the id of a key."""

    by: str
    at: Moment
    reason: str
    policy: PolicySaidOut


class OfferOut(DecisionOut):
    """An offer as it was decided, with its present status and what was done with it, first to last."""

    id: str
    version: int
    owed_remedies: Annotated[
        int | None,
        Field(
            description="There only if goodwill waits for approval and something is owed: so many remedies at the "
            "beginning of each option. Accepting promises these at once."
        ),
    ] = None
    supersedes: Annotated[str | None, Field(description="There only if it took the place of another offer.")] = None
    override: Annotated[OverrideOut | None, Field(description="There only if a person made it.")] = None
    superseded_by: Annotated[str | None, Field(description="There only if another offer took its place.")] = None
    chosen_option: str | None
    moves: list[OfferMoveOut]
    incident: OfferIncident
    links: OfferLinks


class Named(Answer):
    """Something that the merchant has a name for."""

    reference: str


class PageOut(Answer):
    """One page of a list, newest first."""

    has_more: bool
    next_cursor: Annotated[str | None, Field(description="Send it as `cursor` for the next page.")]


class OfferPage(PageOut):
    """Offers."""

    data: list[OfferOut]


class FieldErrorOut(Answer):
    """One thing that is wrong in a request."""

    pointer: Annotated[str, Field(description="A JSON pointer into the body, or the name of a parameter.")]
    code: str
    detail: str


class ProblemOut(BaseModel):
    """A problem document (RFC 9457). Branch on `code`, show people `detail`, tell us `trace_id`."""

    type: Annotated[str, Field(description="The address of a page about this kind of problem.")]
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldErrorOut]
    trace_id: str


class Alive(Answer):
    """The process runs."""

    status: str


class Ready(Answer):
    """Whether requests should be sent here, and what was looked at."""

    ready: bool
    checks: dict[str, str]
