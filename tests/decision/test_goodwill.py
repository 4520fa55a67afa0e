from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from compensation_service.decision import goodwill, loyalty, severity
from compensation_service.decision.case import open_case
from compensation_service.decision.engine import decide
from compensation_service.decision.exact import EXACT
from compensation_service.decision.facts import Disposition, Fault, Order
from compensation_service.policies.load import default_policy
from decision.cases import NOW, ORDER, an_incident, codes, decided, facts, kinds

WORST = an_incident("defective_item", grade="unsafe", disposition=Disposition.KEPT)


def factor(decision, code):
    return next(factor for factor in decision.goodwill.factors if factor.code == code)


def test_the_factors_of_a_plain_case():
    decision = decided()
    assert [(factor.code, factor.value, factor.operation) for factor in decision.goodwill.factors] == [
        ("base", Decimal("0.1416201"), "times"), ("fault", 1, "times"), ("loyalty", 1, "times"),
        ("slowness.unknown", 1, "times"), ("value", 10_000, "times"),
    ]  # fmt: skip
    assert factor(decision, "base").params == {"mode": "kept", "band": "moderate"}
    assert factor(decision, "fault").params == {"fault": "company"}
    assert factor(decision, "loyalty").params == {"score": 0}
    assert factor(decision, "value").params == {"at_stake": 10_000}
    assert factor(decision, "slowness.unknown").params == {}
    assert decision.goodwill.share == Decimal("0.1416201")
    assert decision.goodwill.cap == 4_000
    assert decision.amount == goodwill.Amount(1450)


@pytest.mark.parametrize(
    ("fault", "weight"),
    [
        ("company", "1"),
        ("partner", "0.85"),
        ("unknown", "0.80"),
        ("shared", "0.60"),
        ("external", "0.25"),
        ("customer", "0"),
    ],
)
def test_fault(fault, weight):
    assert decided(an_incident(fault=Fault(fault))).goodwill.exact == Decimal("1416.201") * Decimal(weight)


def test_loyalty_multiplies():
    decision = decided(tier="gold")
    assert factor(decision, "loyalty").value == Decimal("1.12")
    assert decision.goodwill.exact == Decimal("1586.14512")


@pytest.mark.parametrize(("hours", "weight"), [(0, "1"), (24, "1"), (96, "1.125"), (168, "1.25"), (999, "1.25")])
def test_our_slowness_multiplies(hours, weight):
    decision = decided(an_incident(reported_at=NOW - timedelta(hours=hours)))
    assert factor(decision, "slowness").value == Decimal(weight)
    assert factor(decision, "slowness").params == {"hours": hours}
    assert decision.goodwill.exact == Decimal("1416.201") * Decimal(weight)
    begun = factor(decided(an_incident(reported_at=NOW - timedelta(hours=hours, minutes=59))), "slowness")
    assert begun.params == {"hours": hours}


def test_the_share_of_a_kept_case_is_capped():
    decision = decided(replace(WORST, reported_at=NOW - timedelta(days=7)), tier="a_status")
    assert decision.goodwill.factors[-2].code == "share_cap"
    assert decision.goodwill.factors[-2].params == {"mode": "kept"}
    assert (decision.goodwill.factors[-2].value, decision.goodwill.factors[-2].operation) == (
        Decimal("0.60"),
        "at_most",
    )
    assert decision.goodwill.share == Decimal("0.60") > decided(WORST).goodwill.share
    assert decision.goodwill.exact == 6_000


def test_on_top_of_the_money_back_a_fifth_at_most():
    decision = decided(an_incident("not_received"), tier="a_status")
    assert factor(decision, "base").value == Decimal("0.20")
    assert (decision.goodwill.share, decision.goodwill.exact) == (Decimal("0.20"), 2_000)
    assert factor(decision, "share_cap").params == {"mode": "rejected"}
    assert decision.amount.limited_by is None


def test_in_a_group_incident_all_get_the_same_and_a_fifth_at_most():
    decision = decided(replace(WORST, group="G", reported_at=NOW - timedelta(days=9)), tier="a_status")
    assert codes(decision.goodwill.factors) == [
        "base",
        "fault",
        "loyalty.group",
        "slowness.group",
        "group_cap",
        "value",
    ]
    assert decision.goodwill.share == Decimal("0.20")
    assert factor(decision, "group_cap").operation == "at_most"
    assert all(factor(decision, code).params == {} for code in ("loyalty.group", "slowness.group"))
    mild = decided(an_incident(group="G"))
    assert (mild.goodwill.share, mild.goodwill.cap) == (Decimal("0.1416201"), 2_000)
    rejected = decided(an_incident("not_received", group="G", fault=Fault.PARTNER))
    assert rejected.goodwill.share == Decimal("0.17")
    assert rejected.goodwill.cap == 2_000


def test_a_larger_value_counts_for_less_and_is_capped():
    assert decided(order=Order("EUR", 20_000)).goodwill.exact == Decimal("1416.201") * Decimal("1.93")
    huge = decided(WORST, order=Order("EUR", 1_000_000))
    assert codes(huge.goodwill.factors)[-2:] == ["value", "value_cap"]
    assert huge.goodwill.exact == huge.goodwill.cap == 10_000
    assert (huge.goodwill.factors[-1].operation, huge.goodwill.factors[-1].params) == ("at_most", {})
    assert huge.goodwill.factors[-1].value == 10_000


def test_a_cap_that_is_just_reached_takes_nothing_and_is_not_told():
    policy = default_policy()
    late = policy.categories["late_delivery"]
    just = replace(
        policy,
        categories={**policy.categories, "late_delivery": replace(late, share_cap=Decimal("0.1416201"))},
        goodwill=replace(policy.goodwill, most=Decimal("0.1416201")),
    )
    decision = decided(policy=just)
    assert codes(decision.goodwill.factors) == ["base", "fault", "loyalty", "slowness.unknown", "value"]
    assert decision.goodwill.exact == decision.goodwill.cap == Decimal("1416.201")


@pytest.mark.parametrize(
    ("incident", "order", "code", "params"),
    [
        (an_incident(fault=Fault.CUSTOMER), ORDER, "fault_of_customer", {}),
        (an_incident(delay_hours=Decimal(24)), ORDER, "below_threshold", {"starts_at": Decimal("0.1")}),
        (an_incident(), Order("EUR", 0), "nothing_at_stake", {}),
        (an_incident(delay_hours=Decimal(36)), ORDER, "under_floor", {"floor": 300}),
    ],
)
def test_why_no_money_is_offered(incident, order, code, params):
    amount = decided(incident, order=order).amount
    assert amount.minor == 0
    assert (amount.refused.code, amount.refused.params) == (code, params)
    assert amount.limited_by is None


def offered(compensatory, incident=None, order=ORDER):
    case = open_case(facts(incident, order=order), default_policy())
    fair = goodwill.assess(case, severity.assess(case), loyalty.assess(case))
    return goodwill.offered(case, fair, compensatory)


def test_compensation_that_is_owed_anyway_is_netted():
    assert offered(1_000).minor == 450
    assert offered(1_116).minor == 350
    assert offered(1_117).refused.code == "owed_anyway"
    assert offered(1_117).refused.params == {"compensatory": 1_117}
    assert offered(5_000, an_incident(delay_hours=Decimal(36))).refused.code == "under_floor"


def test_what_is_exactly_the_floor_is_offered():
    case = open_case(facts(), default_policy())
    factors = goodwill.assess(case, severity.assess(case), loyalty.assess(case)).factors
    fair = goodwill.Goodwill(Decimal("0.03"), Decimal(300), Decimal(4_000), factors)
    assert goodwill.offered(case, fair, 0) == goodwill.Amount(300)
    assert goodwill.offered(case, replace(fair, exact=Decimal("299.999")), 0).refused.code == "under_floor"
    assert goodwill.offered(case, fair, 300).refused.code == "owed_anyway"
    assert goodwill.offered(case, replace(fair, exact=Decimal(250)), 250).refused.code == "under_floor"


def test_neat_rounding_stays_within_the_cap():
    """not_received: 2,000 is the cap and neat; 20 % of 81.30 is 16.26, which 16.50 would exceed."""
    assert decided(an_incident("not_received"), order=Order("EUR", 8_130)).amount == goodwill.Amount(1_626)


def test_an_order_gives_goodwill_up_to_the_reference_value_once():
    before = replace(ORDER, goodwill_before=9_000)
    amount = decided(order=before).amount
    assert (amount.minor, amount.limited_by.code, amount.limited_by.value) == (1_000, "order_goodwill_cap", 1_000)
    assert amount.limited_by.params == {"before": 9_000}
    assert amount.limited_by.operation == "at_most"
    none_left = decided(order=replace(ORDER, goodwill_before=9_701)).amount
    assert (none_left.minor, none_left.refused.code, none_left.limited_by) == (0, "order_goodwill_cap", None)
    assert decided(order=replace(ORDER, goodwill_before=9_700)).amount.minor == 300
    assert decided(order=replace(ORDER, goodwill_before=1)).amount == goodwill.Amount(1450)


def test_restitution_and_goodwill_together_have_a_cap_of_their_own():
    tight = default_policy()
    tight = replace(tight, goodwill=replace(tight.goodwill, total_cap=Decimal("1.10"), most=Decimal("0.5")))
    amount = decided(an_incident("not_received"), policy=tight).amount
    assert (amount.minor, amount.limited_by.code, amount.limited_by.value) == (1_000, "total_cap", 1_000)
    assert amount.limited_by.params == {"share": Decimal("1.10")}
    assert amount.limited_by.operation == "at_most"
    kept = decided(WORST, policy=tight).amount
    assert kept == goodwill.Amount(4_800)
    no_room = replace(tight, goodwill=replace(tight.goodwill, total_cap=Decimal("0.02")))
    assert decided(policy=no_room).amount.refused.code == "total_cap"
    process = an_incident("technical_failure", grade="blocked")
    assert decided(process, policy=no_room).amount.minor > 0


def test_a_limit_that_takes_nothing_away_is_not_told():
    case = open_case(facts(order=replace(ORDER, goodwill_before=8_550)), default_policy())
    factors = goodwill.assess(case, severity.assess(case), loyalty.assess(case)).factors
    fair = goodwill.Goodwill(Decimal("0.145"), Decimal(1450), Decimal(4_000), factors)
    assert goodwill.offered(case, fair, 0) == goodwill.Amount(1450)


def test_products_are_exact_beyond_28_digits():
    late = an_incident(
        fault=Fault.PARTNER, reported_at=NOW - timedelta(hours=31, minutes=7), delay_hours=Decimal("71.3")
    )
    order = Order("GBP", 23_457)
    decision = decided(late, order=order, orders_count=4, lifetime_value=123_457)
    product = Fraction(1)
    for part in decision.goodwill.factors:
        product *= Fraction(part.value)
    assert Fraction(decision.goodwill.exact) == product
    assert len(decision.goodwill.exact.normalize(EXACT).as_tuple().digits) > 28


def test_a_limit_that_only_trims_the_rounding_is_not_told():
    """1,416.201 would be rounded to 14.50; 14.20 are left of the order's cap, which is still above the exact amount."""
    amount = decided(order=replace(ORDER, goodwill_before=8_580)).amount
    assert amount == goodwill.Amount(1_420)


def test_an_exhausted_budget_leaves_help_and_says_so():
    told = facts()
    decision = decide(replace(told, budget_exhausted=True), default_policy())
    assert (decision.amount.minor, decision.amount.refused.code) == (0, "budget_exhausted")
    assert codes(decision.guards) == ["budget_exhausted"]
    assert kinds(decision) == [["apology", "priority_support"]]
    assert decision.goodwill == decide(told, default_policy()).goodwill, "what would be fair is still told"


def test_an_exhausted_budget_leaves_what_is_owed():
    unusable = an_incident("defective_item", grade="unusable")
    decision = decide(replace(facts(unusable), budget_exhausted=True), default_policy())
    assert decision.entitlements == decided(unusable).entitlements
    assert {option.worth for option in decision.options} == {10_000}


def test_where_there_is_no_money_anyway_the_budget_is_not_to_blame():
    early = an_incident(delay_hours=Decimal(36))
    decision = decide(replace(facts(early), budget_exhausted=True), default_policy())
    assert (decision.amount.refused.code, decision.guards) == ("under_floor", ())
