"""What must hold for every case, whatever the facts."""

import copy
import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from compensation_service.decision.engine import decide
from compensation_service.decision.exact import EXACT
from compensation_service.decision.facts import Disposition, Fault, RemedyKind
from compensation_service.decision.money import CurrencyTerms, Step
from compensation_service.decision.policy import Mode
from compensation_service.decision.reasons import fold
from compensation_service.policies.load import default_policy
from decision.bodies import facts_of
from decision.section3 import expected, random_request

POLICY = default_policy()


PROCESS = ("technical_failure", "poor_service", "support_wait")


def requests(wanted=bool):
    """Requests that can be decided and are as wanted."""

    def find(seed):
        rng = random.Random(seed)
        while expected(body := random_request(rng)) is None or not wanted(body):
            pass
        return body

    return st.integers(0, 2**32).map(find)


bodies = requests()
cases = bodies.map(facts_of)
cases_of_goods = requests(lambda body: body["incident"]["category"] not in PROCESS).map(facts_of)
cases_of_delay = requests(lambda body: body["incident"]["category"] == "late_delivery").map(facts_of)
cases_reported = requests(lambda body: "reported_at" in body["incident"]).map(facts_of)
cases_with_order = requests(lambda body: "order" in body).map(facts_of)
cases_with_past = requests(lambda body: "history" in body["customer"]).map(facts_of)


def decided(facts, policy=POLICY):
    return decide(facts, policy)


def not_less(before, after):
    return after.goodwill.exact >= before.goodwill.exact and after.amount.minor >= before.amount.minor


def with_incident(facts, **changes):
    return replace(facts, incident=replace(facts.incident, **changes))


def with_customer(facts, **changes):
    return replace(facts, customer=replace(facts.customer, **changes))


def with_history(facts, **changes):
    return with_customer(facts, history=replace(facts.customer.history, **changes))


def with_lines(facts, of):
    """The order with each price put through `of`, and a total to match."""
    lines = [replace(line, unit_price=of(line.unit_price)) for line in facts.order.lines]
    goods = sum(line.unit_price * line.quantity for line in lines) or of(facts.order.total - facts.order.shipping)
    return replace(facts, order=replace(facts.order, lines=lines, total=goods + facts.order.shipping))


@given(cases)
def test_goodwill_never_falls_as_it_gets_worse(facts):
    before = decided(facts)
    worse = [with_incident(facts, critical_need=True)]
    if facts.incident.delay_hours is not None:
        worse.append(with_incident(facts, delay_hours=facts.incident.delay_hours + 7))
    if facts.incident.wait_minutes is not None:
        worse.append(with_incident(facts, wait_minutes=facts.incident.wait_minutes * 2))
    happened_at = facts.incident.occurred_at or facts.incident.reported_at or facts.decided_at
    for past in facts.customer.history.incidents:
        if past.occurred_at <= happened_at:
            failed = replace(past, recovery_failed=True, verified=True, fault=Fault.COMPANY, reference=None)
            worse.append(with_history(facts, incidents=[*facts.customer.history.incidents, failed]))
    for case in worse:
        after = decided(case)
        assert after.severity.score >= before.severity.score
        assert after.mode is not before.mode or not_less(before, after)


@given(cases_of_goods, st.integers(1, 50))
def test_goodwill_never_falls_and_its_percentage_never_rises_with_the_value(facts, k):
    before, after = decided(facts), decided(with_lines(facts, lambda price: price * k + k))
    assert after.severity == before.severity
    assert after.goodwill.share == before.goodwill.share
    assert not_less(before, after)
    slack = POLICY.currencies[before.currency].reference_value * Decimal("0.0000005")  # a curve has six decimals
    (at_stake, counted), (more, counted_of_more) = map(_value, (before, after))
    assert Fraction(counted_of_more - slack) * at_stake <= Fraction(counted + slack) * more


def _value(decision):
    factor = next(factor for factor in decision.goodwill.factors if factor.code == "value")
    return factor.params["at_stake"], factor.value


@given(cases, st.integers(1, 500), st.integers(0, 10**9))
def test_loyalty_only_adds(facts, orders, spent):
    customer = facts.customer
    before = decided(facts)
    for case in (
        with_customer(facts, orders_count=customer.orders_count + orders),
        with_customer(facts, lifetime_value=customer.lifetime_value + spent),
        with_customer(facts, tier="a_status"),
    ):
        after = decided(case)
        assert not_less(before, after)
        assert len(after.options) >= len(before.options)
        assert min(option.worth for option in after.options) >= min(option.worth for option in before.options)
        assert after.clocks == before.clocks
        assert after.entitlements == before.entitlements


@given(cases_reported, st.integers(1, 300))
def test_our_slowness_only_adds(facts, hours):
    reported_at = facts.incident.reported_at
    facts = with_incident(facts, occurred_at=facts.incident.occurred_at or reported_at)
    assert not_less(decided(facts), decided(with_incident(facts, reported_at=reported_at - timedelta(hours=hours))))


@given(cases_of_delay, st.integers(0, 400 * 3600), st.integers(1, 60))
def test_a_little_later_is_a_little_more(facts, seconds, more):
    """Continuous: no piece of any curve here is steeper than this."""
    late = with_incident(facts, delay_hours=Decimal(seconds).scaleb(-4))
    later = with_incident(facts, delay_hours=Decimal(seconds + more).scaleb(-4))
    before, after = decided(late), decided(later)
    level = POLICY.categories["late_delivery"].magnitude.service_levels[facts.incident.service_level]
    step = Fraction(more * level, 10_000) / 50 + Fraction(2, 10**6)
    factors = {factor.code: factor.value for factor in before.goodwill.factors}
    assert after.goodwill.exact - before.goodwill.exact <= step * Fraction(factors["value"])


@given(cases)
def test_caps_and_floor_hold(facts):
    decision = decided(facts)
    reference = POLICY.currencies[decision.currency].reference_value
    category = POLICY.categories[facts.incident.category]
    minor, floor = decision.amount.minor, POLICY.goodwill.floor * reference
    cap = category.share_cap if decision.mode is Mode.KEPT else POLICY.goodwill.rejected_cap
    assert minor == 0 or floor <= minor <= reference
    assert decision.goodwill.share <= (min(cap, POLICY.goodwill.group_cap) if facts.incident.group else cap)
    assert decision.goodwill.exact <= reference
    if category.basis == "affected":
        at_stake = next(f for f in decision.goodwill.factors if f.code == "value").params["at_stake"]
        restored = at_stake if decision.mode is Mode.REJECTED else 0
        assert minor + restored <= POLICY.goodwill.total_cap * at_stake or minor == 0


@given(cases)
def test_the_less_it_was_our_fault_the_less_is_given(facts):
    by_fault = [decided(with_incident(facts, fault=fault)) for fault in Fault]
    assert all(not_less(after, before) for before, after in pairwise(by_fault))
    own = by_fault[-1]
    assert (own.goodwill.exact, own.amount.minor, own.entitlements) == (0, 0, ())
    assert [remedy.kind for remedy in own.options[0].remedies] == list(POLICY.choice.help)


@given(cases, cases)
def test_what_is_owed_depends_on_nothing_about_the_customer(facts, other):
    owed = decided(facts).entitlements
    assert decided(replace(facts, customer=other.customer)).entitlements == owed
    assert decided(with_incident(facts, group="G-9")).entitlements == owed
    assert decided(with_history(facts, unverified_claims_12m=99, goodwill_12m=10**12)).entitlements == owed


@given(cases, cases)
def test_in_a_group_incident_all_are_treated_alike(facts, other):
    mine = with_incident(facts, group="G-9", reported_at=None, critical_need=False, occurred_at=None)
    theirs = with_incident(replace(mine, customer=other.customer), critical_need=True, occurred_at=facts.decided_at)
    assert decided(mine).goodwill.exact == decided(theirs).goodwill.exact
    assert decided(mine).severity.score == decided(theirs).severity.score
    assert decided(mine).amount == decided(theirs).amount


@given(cases)
def test_options_are_worth_the_same_and_show_it(facts):
    decision = decided(facts)
    assert 1 <= len(decision.options) <= 3
    assert len({option.worth for option in decision.options}) == 1
    assert decision.default_option in [option.id for option in decision.options]
    for option in decision.options:
        worth = sum(
            Fraction(remedy.value) / Fraction(POLICY.choice.kinds[remedy.kind].factor)
            for remedy in option.remedies
            if remedy.value is not None
        )
        right = any(POLICY.choice.kinds[remedy.kind].form == "puts_right" for remedy in option.remedies)
        assert right or abs(worth - option.worth) <= 1


@given(cases, st.integers(2, 1000))
def test_scaling_all_money_scales_the_amount(facts, k):
    terms = {
        code: CurrencyTerms(code, k * v.reference_value, [Step(s.below and k * s.below, k * s.step) for s in v.steps])
        for code, v in POLICY.currencies.items()
    }
    larger = with_customer(facts, lifetime_value=k * facts.customer.lifetime_value)
    if facts.order:
        order = facts.order
        lines = [replace(line, unit_price=k * line.unit_price) for line in order.lines]
        larger = replace(
            larger,
            order=replace(
                order, total=k * order.total, shipping=k * order.shipping, refunded=k * order.refunded, lines=lines
            ),
        )
    before, after = decided(facts), decided(larger, replace(POLICY, currencies=terms))
    assert Fraction(after.goodwill.exact) == k * Fraction(before.goodwill.exact)
    assert after.severity == before.severity


@given(cases)
def test_the_factors_work_out_to_the_amount(facts):
    decision = decided(facts)
    with localcontext(EXACT):
        assert fold(decision.goodwill.factors) == decision.goodwill.exact
        assert abs(fold(decision.severity.factors) - decision.severity.score) <= Decimal("0.000002")


@given(bodies)
def test_the_same_facts_give_the_same_decision(body):
    assert decided(facts_of(copy.deepcopy(body))) == decided(facts_of(body))


@given(cases_with_order, st.lists(st.integers(1, 3), min_size=2, max_size=12))
def test_splitting_an_order_into_incidents_never_lifts_it_above_its_cap(facts, parts):
    reference = POLICY.currencies[facts.order.currency].reference_value
    given_before = 0
    for _ in parts:
        case = replace(facts, order=replace(facts.order, goodwill_before=given_before))
        given_before += decided(case).amount.minor
    assert given_before <= POLICY.goodwill.most * reference


@given(cases, st.integers(0, 50))
def test_a_signal_of_abuse_changes_only_the_route(facts, claims):
    before, after = decided(facts), decided(with_history(facts, unverified_claims_12m=claims))
    for part in ("mode", "severity", "loyalty", "entitlements", "goodwill", "amount", "options", "clocks"):
        assert getattr(after, part) == getattr(before, part)
    assert after.default_option == before.default_option


@given(cases, st.sampled_from(list(RemedyKind)))
def test_a_preference_changes_the_form_and_not_the_worth(facts, kind):
    before, after = decided(facts), decided(with_customer(facts, prefers=kind))
    assert after.amount == before.amount
    assert after.options[0].worth == before.options[0].worth
    offered = [option.id for option in after.options if any(remedy.kind is kind for remedy in option.remedies)]
    assert not offered or after.default_option in offered


@given(cases_with_past)
def test_one_incident_reported_twice_is_not_its_own_repeat(facts):
    past = facts.customer.history.incidents
    named = [replace(item, reference=f"P-{number}") for number, item in enumerate(past)]
    once, twice = with_history(facts, incidents=named), with_history(facts, incidents=[*named, *named])
    assert decided(once).severity == decided(twice).severity
    same = with_incident(facts, reference="I-1")
    itself = replace(past[0], reference="I-1")
    assert decided(with_history(same, incidents=[itself])).severity.repeats == 0


@given(cases_of_goods.filter(lambda facts: facts.incident.fault is not Fault.CUSTOMER))
def test_what_was_not_received_is_paid_back(facts):
    case = with_incident(facts, disposition=Disposition.NOT_RECEIVED)
    owed = sum(item.amount for item in decided(case).entitlements)
    assert max(owed, 0) <= max(facts.order.total - facts.order.refunded, 0)
    if owed:
        kinds = [remedy.kind for option in decided(case).options for remedy in option.remedies]
        assert RemedyKind.FULL_REFUND in kinds
