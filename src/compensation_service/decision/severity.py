"""How bad it was: a score from 0 to 1, and its band. The value of the order never enters."""

from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any, TypeAlias

from compensation_service.decision.case import Case, earlier_incidents
from compensation_service.decision.exact import ONE, ZERO, quotient
from compensation_service.decision.facts import Facts, Fault, UnusableFacts
from compensation_service.decision.policy import Band, Category, Delay, Grades, Repeats, Wait
from compensation_service.decision.policy import Severity as Terms
from compensation_service.decision.reasons import Factor, constant
from compensation_service.decision.record import record
from compensation_service.decision.times import DAY, HOUR, span

Measure: TypeAlias = tuple[Any, ...]
"""What a category is measured by: a grade; the time late, its unit and the service level; a channel and a wait."""


@record
class Severity:
    """The score (0–1, six decimals), its band, the weight of earlier incidents (0–3) and why."""

    score: Decimal
    band: Band
    repeats: Decimal
    factors: tuple[Factor, ...] = field(hash=False)


def assess(case: Case) -> Severity:
    """Score an incident: ceiling × magnitude, raised by critical need and by earlier incidents.

    S = ceiling × m; critical need: S += w·S·(1−S); repeats: S += S·(1−S)·R ÷ R_most; then rounded to six decimals.
    In a group incident neither counts: the same trouble scores the same for all who had it.
    """
    facts, category, terms = case.facts, case.category, case.policy.severity
    alike = facts.incident.group is not None
    weight = ZERO if alike else _repeats(facts, terms.repeats)
    followed = _measure(facts, category), weight, not alike and facts.incident.critical_need
    known: Severity | None = category.scored.get(followed)
    return known or category.scored.keep(followed, _score(category, terms, *followed))


def _score(category: Category, terms: Terms, measure: Measure, weight: Decimal, critical: bool) -> Severity:
    most = terms.repeats.most
    measured = _magnitude(category, measure)
    factors = [constant(f"{category.code}.ceiling", category.ceiling), measured]
    score = category.ceiling * measured.value
    if critical:
        lift = ONE + terms.critical_need * (ONE - score)
        score *= lift
        factors.append(Factor("critical_need", {}, lift))
    if weight:
        lift = quotient(most + (ONE - score) * weight, most)
        factors.append(Factor("repeats", {"weight": weight}, lift))
    score = quotient(score * (most + (ONE - score) * weight), most)
    return Severity(score, _band(score, terms.bands), weight, tuple(factors))


def _band(score: Decimal, bands: Sequence[tuple[Band, Decimal]]) -> Band:
    found = bands[0][0]
    for band, begins in bands:
        if score < begins:
            break
        found = band
    return found


def _measure(facts: Facts, category: Category) -> Measure:
    """The facts that this category is measured by; UnusableFacts where they are missing."""
    match category.magnitude:
        case Grades() as terms:
            return _grade(facts, terms)
        case Delay():
            late, unit = _hours_late(facts)
            return max(late, 0), unit, facts.incident.service_level
        case Wait():
            return _wait(facts)
        case _:
            return ()


def _magnitude(category: Category, measure: Measure) -> Factor:
    """The magnitude (0–1) of what was measured."""
    code = category.code
    match category.magnitude:
        case Grades() as terms:
            (grade,) = measure
            return constant(f"{code}.{grade}", terms.values[grade])
        case Delay() as terms:
            late, unit, level = measure
            params = {"hours": quotient(late, unit, 2), "service_level": level}
            return Factor(f"{code}.hours", params, terms.curve.at(late * terms.service_levels[level], unit))
        case Wait() as terms:
            channel, waited, per = measure
            target = terms.targets[channel]
            params = {"minutes": quotient(waited, per), "target": target, "channel": channel}
            return Factor(f"{code}.wait", params, terms.curve.at(waited, per * target))
        case always:
            return constant(f"{code}.always", always.value)


def _grade(facts: Facts, terms: Grades) -> Measure:
    grade = facts.incident.grade
    if grade is None or grade not in terms.values:
        known = ", ".join(terms.values)
        if grade is None:
            raise UnusableFacts("/incident/grade", "missing_fact", f"This category needs a grade, one of: {known}.")
        raise UnusableFacts("/incident/grade", "unknown_grade", f"This category knows the grades {known}.")
    return (grade,)


def _hours_late(facts: Facts) -> tuple[int, int]:
    """Hours past the promised moment, as numerator and denominator; negative before it."""
    if facts.incident.delay_hours is not None:
        return facts.incident.delay_hours.as_integer_ratio()
    order = facts.order
    if order is None or order.promised_at is None:
        raise UnusableFacts(
            "/incident/delay_hours",
            "missing_fact",
            "This category needs delay_hours, or the order's promised_at (and delivered_at once it has arrived).",
        )
    return span(order.promised_at, order.delivered_at or facts.decided_at), HOUR


def _wait(facts: Facts) -> Measure:
    channel, minutes = facts.incident.channel, facts.incident.wait_minutes
    if channel is None:
        raise UnusableFacts("/incident/channel", "missing_fact", "This category needs the channel of the wait.")
    if minutes is None:
        raise UnusableFacts("/incident/wait_minutes", "missing_fact", "This category needs wait_minutes.")
    return (channel, *minutes.as_integer_ratio())


def _repeats(facts: Facts, terms: Repeats) -> Decimal:
    """R: earlier incidents of this customer by age, more where alike, plus one failed recovery; at most R_most."""
    if not facts.customer.history.incidents:
        return ZERO
    incident = facts.incident
    happened_at = incident.occurred_at or incident.reported_at or facts.decided_at
    end_of_memory = terms.weight_by_age_days.points[-1][0] * DAY
    weight = ZERO
    recovery_failed = False
    for past in earlier_incidents(facts):
        age = span(past.occurred_at, happened_at)
        if not 0 <= age < end_of_memory:
            continue
        recovery_failed |= past.recovery_failed
        if past.verified and past.fault is not Fault.CUSTOMER:
            alike = terms.same_category if past.category == incident.category else ONE
            weight += terms.weight_by_age_days.at(age, DAY) * alike
    if recovery_failed:
        weight += terms.failed_recovery
    return min(weight, terms.most)
