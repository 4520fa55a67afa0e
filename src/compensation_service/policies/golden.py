"""Golden cases: a small set of facts that everybody can picture, to show what a change of policy means."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import TypeAdapter

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import Customer, Facts, Incident, Order, UnusableFacts
from compensation_service.decision.policy import Band, Mode, Policy, Role
from compensation_service.policies.source import read_source

REFERENCE_MINOR: Final = 10_000
"""The value of a usual order in the golden cases, in minor units."""
DECIDED_AT: Final = datetime(2026, 3, 5, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One case by its name; amounts are in a currency in which a usual order is worth REFERENCE_MINOR."""

    name: str
    incident: Incident
    order: Order = field(default_factory=lambda: Order("XXX", REFERENCE_MINOR))
    customer: Customer = field(default_factory=lambda: Customer("C-1"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy gives in a golden case, in minor units of `currency`; each option as its kinds joined by +.

    `worth` is what the default option is worth in all: what is owed, and goodwill on top.
    """

    mode: Mode
    band: Band
    currency: str
    goodwill: int
    worth: int
    options: tuple[str, ...]
    default_option: str
    approval: Role | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One golden case under two policies; a text in place of an outcome says why there is no decision."""

    case: str
    before: Outcome | str
    after: Outcome | str

    @property
    def changed(self) -> bool:
        """Whether the case ends differently."""
        return self.before != self.after


@cache
def golden_cases() -> tuple[GoldenCase, ...]:
    """The cases of the package; read once."""
    text = files(__package__).joinpath("packs", "golden.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[GoldenCase, ...]).validate_python(read_source(text, "golden.yaml").data)


def compare(before: Policy, after: Policy) -> list[Comparison]:
    """Decide every golden case under both policies, in a currency that both know if there is one."""
    shared = [code for code in before.currencies if code in after.currencies]
    pairs = [(policy, (shared or list(policy.currencies))[0]) for policy in (before, after)]
    return [Comparison(case.name, *(_outcome(case, *pair) for pair in pairs)) for case in golden_cases()]


def _outcome(case: GoldenCase, policy: Policy, currency: str) -> Outcome | str:
    total = case.order.total * policy.currencies[currency].reference_value // REFERENCE_MINOR
    order = replace(case.order, currency=currency, total=total)
    try:
        decision = decide(Facts(case.incident, case.customer, DECIDED_AT, order), policy)
    except UnusableFacts as refusal:
        return refusal.detail
    shown = {option.id: " + ".join(remedy.kind for remedy in option.remedies) for option in decision.options}
    worth = {option.id: option.worth for option in decision.options}
    return Outcome(
        mode=decision.mode,
        band=decision.severity.band,
        currency=currency,
        goodwill=decision.amount.minor,
        worth=worth[decision.default_option],
        options=tuple(shown.values()),
        default_option=shown[decision.default_option],
        approval=decision.approval.role if decision.approval else None,
    )
