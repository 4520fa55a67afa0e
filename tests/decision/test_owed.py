"""What schemes and the policy's own restitution give together: in entitlements, in goodwill and in every option."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.decision.engine import Decision, decide
from compensation_service.decision.entitlement import owed_by
from compensation_service.decision.facts import (
    Customer,
    CustomerKind,
    Facts,
    Fault,
    History,
    Incident,
    Order,
    OrderLine,
    PastIncident,
    RemedyKind,
    UnusableFacts,
)
from compensation_service.decision.money import Money
from compensation_service.decision.policy import Policy
from compensation_service.policies.load import default_text, load_policy
from decision.cases import A_CHOICE_OF_SUMS, BY_DAYS, NOW

SCHEMES = """
schemes:
  - pack: eu-2019-771-goods
    categories: [defective_item]
    consumers_only: true
  - pack: shop-late-parcel
    categories: [late_delivery]
  - pack: eu-2011-83-withdrawal
    if_given: [withdrawn_on]
  - own:
      id: shop-rude-answer
      title: A rude answer earns 20 dollars
      basis: promise
      sources: [{url: "https://example.com", what: The promise}]
      currency: USD
      facts: {}
      owed: [{kind: payment, amount: 20}]
    categories: [poor_service]
"""


@cache
def policy() -> Policy:
    return load_policy(default_text() + SCHEMES)


def defect(grade: str = "impaired", days: int = 40, **order: object) -> Facts:
    """Something bought in Bulgaria for 100.00 EUR was defective some days after it came."""
    bought = Order("EUR", 10_000, country="BG", delivered_at=NOW - timedelta(days=days))
    incident = Incident("defective_item", grade=grade, fault=Fault.COMPANY, occurred_at=NOW)
    return Facts(incident, Customer("C-1"), NOW, replace(bought, **order))


def late_parcel(days: int = 3) -> Facts:
    order = Order("EUR", 10_000, promised_at=NOW - timedelta(days=days))
    return Facts(Incident("late_delivery", fault=Fault.COMPANY, occurred_at=NOW), Customer("C-1"), NOW, order)


def decided(facts: Facts) -> Decision:
    return decide(facts, policy())


def kinds(decision: Decision) -> list[set[RemedyKind]]:
    return [set(option.kinds) for option in decision.options]


def test_a_choice_that_is_owed_stands_in_the_options_whole():
    decision = decided(defect())
    [owed] = decision.entitlements
    assert (owed.scheme, owed.choice, [remedy.kind for remedy in owed.remedies]) == (
        "eu-2019-771-goods",
        "customer",
        ["repair", "replacement"],
    )
    assert owed.outputs["burden_of_proof"] == "seller"
    assert all(option & {RemedyKind.REPAIR, RemedyKind.REPLACEMENT} for option in kinds(decision))
    assert {RemedyKind.REPAIR, RemedyKind.REPLACEMENT} <= set.union(*kinds(decision))
    assert decision.amount.minor == 3100


def test_money_back_and_what_puts_right_are_worth_the_same():
    decision = decided(defect("unusable"))
    assert {option.worth for option in decision.options} == {11_750}
    assert set.union(*kinds(decision)) >= {RemedyKind.REPAIR, RemedyKind.REPLACEMENT, RemedyKind.FULL_REFUND}


def test_a_promise_is_netted_against_goodwill_and_stands_in_every_option():
    decision = decided(late_parcel())
    assert decision.goodwill.exact == Decimal("1416.201")
    assert decision.amount.minor == 950  # 14.16201 - 5.00, neat
    for option in decision.options:
        assert (option.remedies[0].kind, option.remedies[0].value) == (RemedyKind.PAYMENT, 500)
        assert option.worth == 1450


def test_a_promise_above_the_goodwill_leaves_nothing_on_top():
    facts = late_parcel(days=1)
    decision = decided(replace(facts, incident=replace(facts.incident, delay_hours=Decimal(40))))
    assert decision.amount.minor == 0
    assert [option.worth for option in decision.options] == [500]
    assert decision.amount.refused is not None
    assert decision.amount.refused.code == "owed_anyway"


def test_a_price_is_given_back_once():
    facts = defect("unusable", refunded=3_000)
    attributes = {
        "withdrawn_on": NOW.date().isoformat(),
        "parcels_received": ((NOW - timedelta(days=3)).date().isoformat(),),
        "standard_delivery": Money(0, "EUR"),
    }
    decision = decided(replace(facts, incident=replace(facts.incident, attributes=attributes)))
    refunds = {r.value for option in decision.options for r in option.remedies if r.kind is RemedyKind.FULL_REFUND}
    assert refunds == {7_000}
    [withdrawal] = [item for item in decision.entitlements if item.scheme == "eu-2011-83-withdrawal"]
    assert withdrawal.amount == 10_000


@pytest.mark.parametrize(("grade", "refunded", "back"), [("impaired", 10_000, None), ("unusable", 3_000, 7_000)])
def test_what_was_paid_back_before_is_not_paid_again_by_a_law(grade, refunded, back):
    facts = defect(grade, refunded=refunded)
    decision = decided(replace(facts, incident=replace(facts.incident, attributes={"failed_attempts": 1})))
    assert "termination" in [remedy.kind for remedy in decision.entitlements[0].remedies]
    refunds = {r.value for option in decision.options for r in option.remedies if r.kind is RemedyKind.FULL_REFUND}
    assert refunds == ({back} if back else set())


def test_a_law_gives_no_more_back_than_was_paid_after_a_discount():
    facts = defect(lines=(OrderLine(10_000),), total=9_000)
    decision = decided(replace(facts, incident=replace(facts.incident, attributes={"failed_attempts": 1})))
    refunds = {r.value for option in decision.options for r in option.remedies if r.kind is RemedyKind.FULL_REFUND}
    assert refunds == {9_000}


def test_without_the_country_a_law_asks_for_it():
    [owed] = decided(defect(country=None)).entitlements
    assert (owed.needs, owed.amount, owed.remedies) == (("order.country",), None, ())


def test_a_missing_fact_is_asked_for_and_no_option_pretends_to_know():
    [owed] = decided(defect(delivered_at=None)).entitlements
    assert "months_since_delivery" in owed.needs
    assert owed.reason.code == "scheme.needs"


@pytest.mark.parametrize(
    "facts",
    [
        defect(country="CH"),
        replace(defect(), customer=Customer("C-1", kind=CustomerKind.BUSINESS)),
        replace(defect(), incident=replace(defect().incident, category="not_as_described", grade="partly")),
    ],
)
def test_a_law_is_tried_only_where_the_policy_adopts_it(facts):
    assert decided(facts).schemes == ()


def choosing(facts: Facts, **attributes: str) -> Decision:
    """The decision of a shop that also promises a sum in one form or another, by what the customer wishes."""
    told = replace(facts, incident=replace(facts.incident, attributes=attributes))
    return decide(
        told, load_policy(default_text() + SCHEMES.replace("shop-late-parcel", "ru-zozpp") + A_CHOICE_OF_SUMS)
    )


def test_a_sum_in_the_form_that_the_customer_chooses_is_netted_too():
    decision = choosing(late_parcel())
    assert decision.amount.minor == 950  # 14.16201 - 5.00, neat: what is owed in whatever form
    assert {option.remedies[0].value for option in decision.options} == {500, 700}


def test_a_choice_of_sums_takes_nothing_from_the_choice_of_what_puts_right():
    """In whatever form it is given, it is netted as the smallest of its sums."""
    for attributes, sum_owed in (({}, 500), ({"form": "voucher"}, 700)):
        decision = choosing(defect(), **attributes)
        assert len(decision.entitlements) == 2
        for option in decision.options:
            assert option.remedies[0].value == sum_owed
            assert set(option.kinds) & {RemedyKind.REPAIR, RemedyKind.REPLACEMENT}
        assert 0 <= decision.amount.minor + 500 - decision.goodwill.exact < 100


@pytest.mark.parametrize("kind", [RemedyKind.REPAIR, RemedyKind.REPLACEMENT])
def test_the_default_option_holds_the_remedy_that_the_customer_chose(kind):
    facts = defect()
    decision = decided(replace(facts, incident=replace(facts.incident, attributes={"choice": str(kind)})))
    [default] = [option for option in decision.options if option.id == decision.default_option]
    assert kind in default.kinds
    assert {RemedyKind.REPAIR, RemedyKind.REPLACEMENT} <= set.union(*kinds(decision))


def test_what_is_owed_in_another_currency_stays_beside_the_options():
    facts = Facts(Incident("poor_service", grade="rude", currency="EUR"), Customer("C-1"), NOW)
    decision = decided(facts)
    [owed] = decision.entitlements
    assert (owed.amount, owed.currency) == (2_000, "USD")
    assert RemedyKind.PAYMENT not in set.union(*kinds(decision)) or decision.amount.minor
    assert decision.amount.minor == decide(facts, load_policy(default_text())).amount.minor


def test_two_currencies_never_mix():
    facts = defect()
    incident = replace(facts.incident, attributes={"value_as_is": Money(100, "USD")})
    with pytest.raises(UnusableFacts) as refused:
        decided(replace(facts, incident=incident))
    assert refused.value.pointer == "/incident/attributes/value_as_is"


def test_what_was_tried_explains_itself():
    [tried] = decided(defect(days=900)).schemes
    assert tried.applies == "no"
    assert any("answerable" in condition.text for condition in tried.tried)


@given(
    orders=st.integers(0, 200),
    claims=st.integers(0, 50),
    fault=st.sampled_from(list(Fault)),
    repeated=st.booleans(),
    grouped=st.booleans(),
    facts=st.sampled_from([defect(), late_parcel()]),
)
def test_what_a_law_or_promise_gives_depends_on_nothing_but_its_facts(orders, claims, fault, repeated, grouped, facts):
    history = History(
        (PastIncident(facts.incident.category, NOW - timedelta(days=5)),) if repeated else (),
        unverified_claims_12m=claims,
        goodwill_12m=claims * 10_000,
    )
    other = replace(
        facts,
        incident=replace(facts.incident, fault=fault, group="G-1" if grouped else None),
        customer=replace(facts.customer, orders_count=orders, history=history),
    )
    before, after = decided(facts), decided(other)
    assert after.entitlements == before.entitlements
    owed = sum(item.amount or 0 for item in after.entitlements)
    assert all(option.worth >= owed for option in after.options)
    assert all(option & {RemedyKind.REPAIR, RemedyKind.REPLACEMENT, RemedyKind.PAYMENT} for option in kinds(after))


@pytest.mark.parametrize(("elsewhere", "back"), [(0, 10_000), (4_000, 6_000), (10_000, None)])
def test_the_price_of_an_order_is_paid_back_once_over_all_its_incidents(elsewhere, back):
    decision = decided(defect("unusable", refunded_elsewhere=elsewhere))
    assert [item.amount for item in decision.entitlements if item.scheme == "restitution"] == ([back] if back else [])
    refunds = {r.value for option in decision.options for r in option.remedies if r.kind is RemedyKind.FULL_REFUND}
    assert refunds == ({back} if back else set())


def test_money_back_for_one_line_leaves_that_for_another():
    lines = (OrderLine(6_000, affected=True), OrderLine(4_000))
    decision = decided(defect("unusable", lines=lines, refunded_elsewhere=4_000))
    assert [item.amount for item in decision.entitlements if item.scheme == "restitution"] == [6_000]


def test_a_laws_refund_that_another_incident_got_is_no_way_any_more():
    assert RemedyKind.FULL_REFUND in set.union(*kinds(decided(defect("unusable"))))
    decision = decided(defect("unusable", refunded_elsewhere=10_000))
    assert RemedyKind.FULL_REFUND not in set.union(*kinds(decision))
    assert all(option & {RemedyKind.REPAIR, RemedyKind.REPLACEMENT} for option in kinds(decision))


def again(facts: Facts, before: int) -> Facts:
    """The same incident, opened again after an offer that gave so much compensation."""
    return replace(facts, incident=replace(facts.incident, compensated_before=before))


@pytest.mark.parametrize(("before", "left"), [(0, 500), (1, 499), (300, 200), (500, 0), (900, 0)])
def test_an_incident_is_compensated_once(before, left):
    first, decision = decided(late_parcel()), decided(again(late_parcel(), before))
    [owed] = decision.entitlements
    assert (owed.amount, [remedy.amount for remedy in owed.remedies]) == (left, [left] if left else [])
    assert (owed.reason.code, owed.reason.params.get("given")) == (
        ("scheme.given", min(before, 500)) if before else ("scheme.owed", None)
    )
    assert owed.reason.params["title"] == first.entitlements[0].reason.params["title"]
    for option in decision.options:
        paid = [remedy.value for remedy in option.remedies if remedy.kind is RemedyKind.PAYMENT]
        assert (paid, option.worth) == ([left] if left else [], left + decision.amount.minor)
    assert decision.amount == first.amount, "what was owed is netted, whenever it was given"
    assert [each.amount_minor for each in decision.schemes] == [500], "what the promise says has not changed"


@pytest.mark.parametrize(
    ("before", "forms"), [(0, {500, 700}), (1, {499, 699}), (250, {250, 350}), (333, {167, 234}), (500, None)]
)
def test_of_a_sum_in_a_form_that_the_customer_chooses_the_same_part_is_left_of_each(before, forms):
    decision = choosing(again(late_parcel(), before))
    [owed] = [each for each in decision.entitlements if each.scheme == "shop-money-or-voucher"]
    assert decision.amount.minor == 950
    if forms is None:
        assert (owed.amount, owed.remedies, owed.choice, owed.reason.code) == (0, (), "none", "scheme.given")
        assert RemedyKind.PAYMENT not in set.union(*kinds(decision))
        assert {option.worth for option in decision.options} == {950}
    else:
        assert {remedy.amount for remedy in owed.remedies} == forms
        assert {option.remedies[0].value for option in decision.options} == forms


def test_compensation_that_was_given_takes_nothing_from_a_price_that_a_law_gives_back():
    facts = defect("unusable")
    attributes = {
        "withdrawn_on": NOW.date().isoformat(),
        "parcels_received": ((NOW - timedelta(days=3)).date().isoformat(),),
        "standard_delivery": Money(0, "EUR"),
    }
    facts = replace(facts, incident=replace(facts.incident, attributes=attributes))
    assert decided(again(facts, 5_000)).entitlements == decided(facts).entitlements


def test_compensation_that_was_given_takes_nothing_from_what_puts_right_nor_from_money_back():
    first, decision = choosing(defect("unusable")), choosing(again(defect("unusable"), 10_000))
    assert [option.worth for option in first.options] == [option.worth + 500 for option in decision.options]
    puts_right = {RemedyKind.REPAIR, RemedyKind.REPLACEMENT, RemedyKind.FULL_REFUND}
    assert all(option & puts_right for option in kinds(decision))


def test_compensation_that_was_given_takes_nothing_from_a_choice_between_ways_to_have_money_back():
    back = A_CHOICE_OF_SUMS.replace("amount: ", "compensatory: false, amount: ")
    adopted = load_policy(default_text() + BY_DAYS + back)
    facts = late_parcel()
    facts = replace(facts, incident=replace(facts.incident, attributes={"days": 0}))
    assert decide(again(facts, 5_000), adopted).entitlements == decide(facts, adopted).entitlements != ()


def test_compensation_in_one_currency_settles_none_in_another():
    facts = Facts(Incident("poor_service", grade="rude", currency="EUR"), Customer("C-1"), NOW)
    assert decided(again(facts, 5_000)).entitlements == decided(facts).entitlements


@cache
def by_days(in_form: bool) -> Policy:
    return load_policy(default_text() + BY_DAYS + (A_CHOICE_OF_SUMS if in_form else ""))


@given(rounds=st.lists(st.integers(0, 12), min_size=1, max_size=6), in_form=st.booleans())
def test_however_often_an_incident_is_decided_its_compensation_is_the_most_that_was_owed(rounds, in_form):
    """A parcel of which each time something else is believed."""
    given_before = most = 0
    for days in rounds:
        facts = again(late_parcel(), given_before)
        owed = owed_by(replace(facts, incident=replace(facts.incident, attributes={"days": days})), by_days(in_form))
        due = 500 * days + (500 if in_form else 0)
        most = max(most, due)
        given_before += owed.compensation
        assert (given_before, owed.compensatory) == (most, due)
