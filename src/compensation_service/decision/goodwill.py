"""What is fair on top of what is owed: a share of the value at stake, with a factor for each thing that moved it."""

from decimal import Decimal

from compensation_service.decision.case import Case
from compensation_service.decision.exact import ONE
from compensation_service.decision.loyalty import Loyalty
from compensation_service.decision.policy import Basis, Mode
from compensation_service.decision.reasons import Constant, Factor, Operation, Reason, constant
from compensation_service.decision.record import record
from compensation_service.decision.severity import Severity
from compensation_service.decision.times import HOUR, span

AT_MOST = Operation.AT_MOST
BUDGET_EXHAUSTED = Reason("budget_exhausted")


@record
class Goodwill:
    """`exact` = `share` × the damped value, in minor units; folding `factors` in their order gives it again.

    Neither netting nor floor nor rounding nor a guard has touched it.
    """

    share: Decimal
    exact: Decimal
    cap: Decimal
    factors: tuple[Factor, ...]


@record
class Amount:
    """Goodwill as it is offered, in minor units; `refused` says why it is nothing, `limited_by` what held it down."""

    minor: int
    refused: Reason | None = None
    limited_by: Reason | None = None


def assess(case: Case, severity: Severity, loyalty: Loyalty) -> Goodwill:
    """p' = min(p × φ × λ × τ, cap), goodwill = A_eff × p', at most `most` × V."""
    terms = case.policy.goodwill
    base, fault, loyal, slow = _base(case, severity), _fault(case), _loyalty(case, loyalty), _slowness(case)
    factors = [base, fault, loyal, slow]
    share = base.value * fault.value * loyal.value * slow.value
    code, cap = _share_cap(case)
    if share > cap:
        share = cap
        factors.append(Factor(code, {"mode": case.mode}, cap, AT_MOST))
    value = case.damped_value
    factors.append(Factor("value", {"at_stake": case.at_stake}, value))
    exact, most = share * value, terms.most * case.currency.reference_value
    if exact > most:
        exact = most
        factors.append(Factor("value_cap", {}, most, AT_MOST))
    return Goodwill(share, exact, min(cap * value, most), tuple(factors))


def _base(case: Case, severity: Severity) -> Factor:
    """The share that the severity alone gives; the same scores come again and again."""
    known: Factor | None = case.category.bases.get((case.mode, severity.score))
    return known or case.category.bases.keep((case.mode, severity.score), _share_of(case, severity))


def _share_of(case: Case, severity: Severity) -> Factor:
    terms = case.policy.goodwill
    if case.mode is Mode.REJECTED:
        share = terms.rejected_base + terms.rejected_slope * severity.score
    else:
        above, of = (severity.score - terms.starts_at).as_integer_ratio()
        room, per = (ONE - terms.starts_at).as_integer_ratio()
        share = case.category.share_max * terms.rise.at(above * per, of * room)
    return Constant("base", {"mode": case.mode, "band": severity.band}, share)


def _fault(case: Case) -> Factor:
    fault, terms = case.facts.incident.fault, case.policy.goodwill
    known: Factor | None = terms.faults.get(fault)
    return known or terms.faults.keep(fault, Constant("fault", {"fault": fault}, terms.fault[fault]))


def _loyalty(case: Case, loyalty: Loyalty) -> Factor:
    if case.in_group:
        return constant("loyalty.group", ONE)
    return Factor("loyalty", {"score": loyalty.score}, ONE + case.policy.loyalty.weight * loyalty.score)


def _slowness(case: Case) -> Factor:
    if case.in_group:
        return constant("slowness.group", ONE)
    reported_at = case.facts.incident.reported_at
    if reported_at is None:
        return constant("slowness.unknown", ONE)
    passed = span(reported_at, case.facts.decided_at)
    return Factor("slowness", {"hours": passed // HOUR}, case.policy.goodwill.slowness.at(passed, HOUR))


def _share_cap(case: Case) -> tuple[str, Decimal]:
    terms = case.policy.goodwill
    cap = terms.rejected_cap if case.mode is Mode.REJECTED else case.category.share_cap
    if case.in_group and terms.group_cap < cap:
        return "group_cap", terms.group_cap
    return "share_cap", cap


def offered(case: Case, goodwill: Goodwill, compensatory: int) -> Amount:
    """The money that is offered: net of compensation owed anyway, not under the floor, neat, within every cap."""
    terms, reference = case.policy.goodwill, case.currency.reference_value
    floor = terms.floor * reference
    wanted = goodwill.exact - compensatory
    if wanted < floor:
        return Amount(0, refused=_refusal(case, goodwill, compensatory))
    if case.facts.budget_exhausted:
        return Amount(0, refused=BUDGET_EXHAUSTED, limited_by=BUDGET_EXHAUSTED)
    cap, limited_by = goodwill.cap, None
    order = case.facts.order
    if order is not None and order.goodwill_before:
        left = terms.most * reference - order.goodwill_before
        if left < cap:
            cap, limited_by = left, Factor("order_goodwill_cap", {"before": order.goodwill_before}, left, AT_MOST)
    if case.category.basis is Basis.AFFECTED:
        most = (terms.total_cap - (ONE if case.mode is Mode.REJECTED else 0)) * case.at_stake
        if most < cap:
            cap, limited_by = most, Factor("total_cap", {"share": terms.total_cap}, most, AT_MOST)
    minor = case.currency.neat(wanted, cap)
    if minor < floor:
        return Amount(0, refused=limited_by)
    return Amount(minor, limited_by=limited_by if minor < wanted else None)


def _refusal(case: Case, goodwill: Goodwill, compensatory: int) -> Reason:
    """Why no money is offered as goodwill: the first that holds."""
    by_code = {factor.code: factor.value for factor in goodwill.factors}
    if not by_code["fault"]:
        return Reason("fault_of_customer")
    if not by_code["base"]:
        return Reason("below_threshold", {"starts_at": case.policy.goodwill.starts_at})
    if not goodwill.exact:
        return Reason("nothing_at_stake")
    if compensatory and goodwill.exact >= case.policy.goodwill.floor * case.currency.reference_value:
        return Reason("owed_anyway", {"compensatory": compensatory})
    return Reason("under_floor", {"floor": case.policy.goodwill.floor * case.currency.reference_value})
