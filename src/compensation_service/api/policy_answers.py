"""The shapes of what is answered about policies; like those in `answers.py` they describe, and tests hold to them."""

from typing import Annotated, Any

from pydantic import Field

from compensation_service.api.answers import Answer, Moment, MoneyOut, PageOut, PolicyOut
from compensation_service.decision.policy import Band, Mode
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain.policy_version import PolicyStatus

Who = Annotated[str, Field(description="An API key's id, a name from the command line, or `package`.")]


class PolicyVersionOut(Answer):
    """One version of the policy, without its text."""

    version: int
    name: str
    status: PolicyStatus
    deciding: Annotated[bool, Field(description="Whether decisions of this moment are made by it.")]
    revision: Annotated[str, Field(description="The ETag, without its quotation marks.")]
    sha256: Annotated[str, Field(description="Of the text.")]
    created_at: Moment
    created_by: Who
    changed_at: Moment
    changed_by: Who
    active_from: Moment | None
    activated_at: Moment | None
    activated_by: Who | None
    retired_at: Annotated[Moment | None, Field(description="From then on another version decides.")]


class PolicyVersionWhole(PolicyVersionOut):
    """One version of the policy."""

    text: Annotated[str, Field(description="As it was written, in YAML or JSON.")]


class PolicyPage(PageOut):
    """Versions."""

    data: list[PolicyVersionOut]


class FindingOut(Answer):
    """Something about a text: where (both count from 1), which rule, why, and what to do."""

    line: int
    column: int
    path: Annotated[str, Field(description="The value's place in the document, as `menus.goods.kept.low[2]`.")]
    code: str
    reason: str
    advice: str


class PolicyCheckOut(Answer):
    """Whether a text can be used as a policy, and what is wrong or unwise in it."""

    usable: bool
    name: str | None
    problems: list[FindingOut]
    warnings: list[FindingOut]


class ChangeOut(Answer):
    """One change between two versions."""

    path: str
    text: str


class GoldenOutcome(Answer):
    """How a golden case ends; `refused` alone where there is no decision."""

    mode: Mode | None = None
    band: Band | None = None
    goodwill: MoneyOut | None = None
    worth: Annotated[MoneyOut | None, Field(description="The default option: what is owed, and goodwill.")] = None
    options: list[str] | None = None
    default_option: str | None = None
    approval: ApproverRole | None = None
    refused: str | None = None


class GoldenComparison(Answer):
    """One golden case under both versions."""

    case: str
    changed: bool
    before: GoldenOutcome
    after: GoldenOutcome


class PolicyDiffOut(Answer):
    """What changed between two versions, in words and in the golden cases."""

    before: int
    after: int
    changes: list[ChangeOut]
    golden: list[GoldenComparison]


class DifferenceOut(Answer):
    """One thing that would be decided otherwise; `field` is its JSON pointer in the offer."""

    field: str
    old: Any
    new: Any


class RecomputeOut(Answer):
    """The same decision again: `same`, or what differs. `reworded`: only its sentences differ, or they differ too."""

    offer: str
    policy: PolicyOut
    same: bool
    differences: list[DifferenceOut]
    reworded: bool
