import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import Disposition, Fault, History, Order, OrderLine, RemedyKind
from compensation_service.policies.load import default_policy, default_text, load_policy
from decision.cases import NOW, ORDER, an_incident, decided, facts, kinds

LOW, TRIVIAL = (an_incident(delay_hours=Decimal(hours)) for hours in (48, 24))
IMPAIRED = an_incident("defective_item", grade="impaired")
UNUSABLE = an_incident("defective_item", grade="unusable")
ALL = frozenset({RemedyKind.REPLACEMENT, RemedyKind.REPAIR, RemedyKind.REDELIVERY, RemedyKind.CORRECTION})


def test_a_choice_of_three_in_which_all_is_worth_the_same():
    decision = decided()
    assert kinds(decision) == [["apology", "store_credit"], ["apology", "partial_refund"], ["apology", "free_shipping"]]
    assert [option.id for option in decision.options] == ["opt_1", "opt_2", "opt_3"]
    assert {option.worth for option in decision.options} == {1450}
    credit, refund, shipping = (option.remedies[1] for option in decision.options)
    assert (credit.value, credit.cost, credit.valid_until) == (1668, 1168, datetime(2026, 9, 1, 23, 59, 59, tzinfo=UTC))
    assert (refund.value, refund.cost, refund.valid_until) == (1450, 1450, None)
    assert (shipping.value, shipping.cost) == (1450, 870)
    assert decision.options[0].cost == 1168
    apology = decision.options[0].remedies[0]
    assert (apology.value, apology.cost, apology.valid_until) == (None, 0, None)


def test_below_there_is_nothing_to_choose():
    assert kinds(decided(LOW)) == [["apology", "free_shipping"]]
    assert kinds(decided(TRIVIAL)) == [["apology"]]
    assert decided(LOW).default_option == "opt_1"


def test_under_the_floor_there_is_attention_and_no_money():
    decision = decided(an_incident(delay_hours=Decimal(36)))
    assert kinds(decision) == [["apology", "priority_support"]]
    assert decision.options[0].worth == 0


def test_for_their_own_mistake_customers_get_help():
    assert kinds(decided(replace(IMPAIRED, fault=Fault.CUSTOMER))) == [["priority_support"]]
    assert kinds(decided(replace(UNUSABLE, fault=Fault.CUSTOMER))) == [["priority_support"]]


def test_what_can_be_put_right_stands_first():
    decision = decided(replace(IMPAIRED, remediable=frozenset({RemedyKind.REPAIR})))
    assert kinds(decision) == [["apology", "repair"], ["apology", "store_credit"], ["apology", "partial_refund"]]
    repair = decision.options[0].remedies[1]
    assert (repair.value, repair.cost, repair.valid_until) == (3100, 1240, None)
    assert kinds(decided(replace(IMPAIRED, remediable=ALL)))[0] == ["apology", "replacement"]


def test_restitution_stands_in_every_option():
    decision = decided(UNUSABLE, order=Order("EUR", 10_500, 500))
    assert kinds(decision) == [
        ["full_refund", "apology", "payment"], ["full_refund", "apology", "store_credit"],
        ["full_refund", "apology", "gift"],
    ]  # fmt: skip
    assert {option.worth for option in decision.options} == {10_500 + 1_750}
    refund, _, payment = decision.options[0].remedies
    assert (refund.value, refund.cost, payment.value) == (10_500, 10_500, 1_750)


def test_putting_right_or_money_back_is_the_customer_s_choice_in_every_band():
    decision = decided(replace(UNUSABLE, remediable=ALL))
    assert kinds(decision) == [
        ["replacement", "apology", "payment"], ["full_refund", "apology", "payment"],
        ["full_refund", "apology", "store_credit"],
    ]  # fmt: skip
    assert (decision.options[0].remedies[0].value, decision.options[0].remedies[0].cost) == (10_000, 7_000)
    low = replace(LOW, disposition=Disposition.REJECTED)
    assert decided(low).severity.band == "low"
    assert [option[0] for option in kinds(decided(low))] == ["full_refund"]
    assert [option[0] for option in kinds(decided(replace(low, remediable=ALL)))] == ["replacement", "full_refund"]
    kept = replace(LOW, remediable=ALL)
    assert len(decided(kept).options) == 1


def test_restitution_and_attention_where_goodwill_is_under_the_floor():
    decision = decided(replace(UNUSABLE, fault=Fault.EXTERNAL, remediable=ALL), order=Order("EUR", 5_000))
    assert decision.amount.minor == 0
    assert kinds(decision) == [
        ["replacement", "apology", "priority_support"], ["full_refund", "apology", "priority_support"],
    ]  # fmt: skip


def test_money_already_back_leaves_the_goodwill():
    decision = decided(UNUSABLE, order=replace(ORDER, refunded=10_000))
    assert decision.entitlements == ()
    assert kinds(decision) == [["apology", "payment"], ["apology", "store_credit"], ["apology", "gift"]]


@pytest.mark.parametrize(("refunded", "kind"), [(8_550, "partial_refund"), (8_551, "payment")])
def test_a_payment_stands_in_where_the_order_cannot_bear_a_refund(refunded, kind):
    assert kinds(decided(order=replace(ORDER, refunded=refunded)))[1] == ["apology", kind]


def test_without_an_order_there_is_a_payment():
    blocked = an_incident("technical_failure", grade="wrong_charge_or_data_loss", currency="EUR")
    assert ["apology", "payment"] in kinds(decided(blocked, order=None))
    assert ["apology", "partial_refund"] not in kinds(decided(blocked, order=None))


def test_a_payment_is_for_where_no_refund_can_be_and_for_what_comes_on_top():
    assert kinds(decided(prefers=RemedyKind.PAYMENT)) == kinds(decided())
    half = Order("EUR", 20_000, lines=[OrderLine(10_000, affected=True), OrderLine(10_000)])
    assert kinds(decided(UNUSABLE, order=half))[0] == ["full_refund", "apology", "payment"]


def test_a_preference_is_shown_and_stands_by_default():
    decision = decided(prefers=RemedyKind.BONUS_POINTS)
    assert kinds(decision) == [["apology", "partial_refund"], ["apology", "free_shipping"], ["apology", "bonus_points"]]
    assert decision.default_option == "opt_3"
    assert kinds(decided(LOW, prefers=RemedyKind.PARTIAL_REFUND)) == [["apology", "partial_refund"]]
    assert decided(prefers=RemedyKind.REPAIR).options == decided().options


def test_credit_is_the_default_for_a_small_share_and_money_for_a_large_one():
    assert decided().default_option == "opt_1"
    assert decided(IMPAIRED).default_option == "opt_2"
    assert kinds(decided(IMPAIRED))[1] == ["apology", "partial_refund"]


def test_a_fifth_of_the_value_is_a_large_share():
    policy = default_policy()
    fifth = replace(policy, choice=replace(policy.choice, refund_default_from=Decimal("0.145")))
    more = replace(policy, choice=replace(policy.choice, refund_default_from=Decimal("0.1451")))
    assert decided(policy=fifth).default_option == "opt_2"
    assert decided(policy=more).default_option == "opt_1"


def test_where_no_form_fits_the_first_option_is_the_default():
    assert decided(TRIVIAL).default_option == "opt_1"
    late = decided(reported_at := replace(an_incident(), reported_at=NOW - timedelta(hours=73)))
    assert reported_at.reported_at < NOW
    assert kinds(late)[0] == ["apology", "partial_refund"]
    assert late.default_option == "opt_1"


def test_whatever_the_guards_rule_out_a_choice_in_money_and_in_kind_is_left():
    worn = History(soft_remedies_90d=dict.fromkeys(RemedyKind, 9))
    late = NOW - timedelta(days=9)
    for category, grade in (
        ("other", "severe"),
        ("cannot_supply", "postponed"),
        ("technical_failure", "blocked"),
        ("poor_service", "rude"),
    ):
        decision = decided(an_incident(category, grade=grade, reported_at=late), history=worn)
        assert 2 <= len(decision.options) <= 3
        assert {"free_upgrade", "free_service_period"} & {option[-1] for option in kinds(decision)}
        assert "partial_refund" in kinds(decision)[0] + kinds(decision)[1]


def test_a_template_that_a_menu_lists_twice_is_shown_once():
    once = "- [apology, store_credit]\n"
    twice = re.sub(rf"( +){re.escape(once)}", lambda found: f"{found[0]}{found[1]}{once}", default_text())
    policy = load_policy(twice)
    options = [option.kinds for option in decide(facts(), policy).options]
    assert len({tuple(option) for option in options}) == len(options) == 3


def test_what_the_goodwill_in_an_option_costs_is_told_apart_from_what_is_owed():
    assert [option.goodwill_cost for option in decided().options] == [option.cost for option in decided().options]
    for option in decided(replace(UNUSABLE, remediable=ALL)).options:
        owed, *_ = option.remedies
        assert owed.kind in {RemedyKind.REPLACEMENT, RemedyKind.FULL_REFUND}
        assert option.goodwill_cost == option.cost - owed.cost > 0
