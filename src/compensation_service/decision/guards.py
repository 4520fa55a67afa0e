"""Guards: what wears off when repeated, and when a person looks. They touch goodwill's form and route, never a duty."""

from datetime import datetime
from decimal import Decimal

from compensation_service.decision.case import Case, earlier_incidents
from compensation_service.decision.facts import PastIncident, RemedyKind
from compensation_service.decision.policy import Band, Role
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record
from compensation_service.decision.severity import Severity
from compensation_service.decision.times import DAY, HOUR, span

NOT_RECEIVED = "not_received"
CLAIM_WINDOW_DAYS = 90
NONE: frozenset[RemedyKind] = frozenset()


@record
class Habits:
    """What this customer had too often or too late: those kinds would do harm now."""

    worn_out: frozenset[RemedyKind]
    apology_worn_out: bool
    too_late_for_vouchers: bool


@record
class Approval:
    """A person must agree before the offer is made: someone of this role or above, for these reasons."""

    role: Role
    reasons: tuple[Reason, ...]


def habits(case: Case) -> Habits:
    """Repeats wear out apologies and soft remedies (Halperin et al. 2022), lateness vouchers (Goudarzi et al. 2013)."""
    terms, choice, facts = case.policy.guards, case.policy.choice, case.facts
    history, reported_at = facts.customer.history, facts.incident.reported_at
    worn_out = [kind for kind, times in history.soft_remedies_90d.items() if times >= terms.soft_most]
    return Habits(
        worn_out=frozenset([kind for kind in worn_out if choice.kinds[kind].soft]) if worn_out else NONE,
        apology_worn_out=history.apologies_90d >= terms.apologies_most,
        too_late_for_vouchers=reported_at is not None
        and span(reported_at, facts.decided_at) > choice.no_voucher_after_hours * HOUR,
    )


def claims(case: Case) -> tuple[Reason, ...]:
    """Signals in how often this customer claims without proof: ask for evidence, or let a person look; never refuse."""
    terms, customer = case.policy.guards, case.facts.customer
    claims, orders = customer.history.unverified_claims_12m + 1, customer.orders_count + terms.claim_rate_orders
    found = []
    if claims > terms.claim_rate_person * orders:
        found.append(Reason("claim_rate_person"))
    if _unverified_not_received(case) >= terms.unverified_not_received_most:
        found.append(Reason("unverified_not_received_person", {"most": terms.unverified_not_received_most}))
    if claims > terms.claim_rate_evidence * orders:
        found.append(Reason("evidence_requested"))
    return tuple(found)


def _unverified_not_received(case: Case) -> int:
    """Claims within 90 days that nothing arrived, none of them verified; this one counts too."""
    facts, incident = case.facts, case.facts.incident
    claimed = incident.category == NOT_RECEIVED and not incident.verified
    past = earlier_incidents(facts) if facts.customer.history.incidents else ()
    return claimed + len([one for one in past if _is_claim(one, facts.decided_at)])


def _is_claim(past: PastIncident, now: datetime) -> bool:
    return (
        past.category == NOT_RECEIVED
        and not past.verified
        and 0 <= span(past.occurred_at, now) < CLAIM_WINDOW_DAYS * DAY
    )


def approval(case: Case, severity: Severity, goodwill: int, signals: tuple[Reason, ...]) -> Approval | None:
    """Whether a person must agree, and who may. Limits count goodwill (minor units) only.

    Goodwill of other incidents of the order counts with it: in parts it is as much as in one piece.
    """
    terms, incident, order = case.policy.approval, case.facts.incident, case.facts.order
    reference = case.currency.reference_value
    in_12_months = case.facts.customer.history.goodwill_12m + goodwill
    measured = goodwill + (order.goodwill_before if order is not None and goodwill else 0)
    reasons = []
    if goodwill > terms.automatic_most * reference:
        reasons.append(Reason("goodwill_above_automatic", {"most": terms.automatic_most * reference}))
    elif measured > terms.automatic_most * reference:
        reasons.append(Reason("order_goodwill_above_automatic", {"most": terms.automatic_most * reference}))
    if severity.band not in terms.automatic_bands:
        reasons.append(Reason("band_needs_person", {"band": severity.band}))
    if (case.category.code, incident.grade) in terms.person_for_grades:
        reasons.append(Reason("grade_needs_person", {"grade": incident.grade}))
    if severity.band is Band.CRITICAL and severity.repeats >= terms.person_for_critical_repeats:
        reasons.append(Reason("critical_repeats"))
    if goodwill and in_12_months > terms.goodwill_12m_most * reference:
        measured = max(measured, in_12_months)
        reasons.append(Reason("goodwill_12m", {"most": terms.goodwill_12m_most * reference}))
    if signals:
        reasons += [signal for signal in signals if signal.code.endswith("_person")]
    if not reasons:
        return None
    return Approval(_role_for(measured, case), tuple(reasons))


def _role_for(minor: int, case: Case) -> Role:
    reference = Decimal(case.currency.reference_value)
    return next(role for role, most in case.policy.approval.limits if most is None or minor <= most * reference)
