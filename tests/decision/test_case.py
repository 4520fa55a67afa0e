from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from compensation_service.decision.case import affected_value, open_case
from compensation_service.decision.facts import Disposition, Order, OrderLine, UnusableFacts
from compensation_service.policies.load import default_policy
from decision.cases import NOW, ORDER, an_incident, decided, facts


def refusal(*arguments, **changes):
    with pytest.raises(UnusableFacts) as refused:
        decided(*arguments, **changes)
    assert str(refused.value) == f"{refused.value.pointer}: {refused.value.detail}"
    assert refused.value.detail.endswith(".")
    assert refused.value.detail[0].isupper()
    assert not refused.value.detail[1:].isupper()
    return refused.value.pointer, refused.value.code


WAIT = an_incident("support_wait")


@pytest.mark.parametrize(
    ("incident", "order", "pointer", "code"),
    [
        (an_incident(reported_at=NOW + timedelta(0, 1)), ORDER, "/incident/reported_at", "reported_after_decision"),
        (an_incident("lost_temper"), ORDER, "/incident/category", "unknown_category"),
        (an_incident(currency="USD"), ORDER, "/incident/currency", "currency_mismatch"),
        (WAIT, None, "/incident/currency", "missing_fact"),
        (an_incident(), Order("CHF", 100), "/order/currency", "currency_without_reference"),
        (replace(WAIT, currency="CHF"), None, "/incident/currency", "currency_without_reference"),
        (an_incident(currency="EUR"), None, "/order", "missing_fact"),
        (an_incident("poor_service", grade="rude", disposition=Disposition.REJECTED), ORDER, "/incident/disposition", "disposition_impossible"),  # noqa: E501 - one row, one case
        (an_incident("poor_service", grade="rude", disposition=Disposition.NOT_RECEIVED), ORDER, "/incident/disposition", "disposition_impossible"),  # noqa: E501 - one row, one case
        (an_incident("not_received", disposition=Disposition.KEPT), ORDER, "/incident/disposition", "disposition_impossible"),  # noqa: E501 - one row, one case
        (an_incident("other"), ORDER, "/incident/grade", "missing_fact"),
        (an_incident("other", grade="awful"), ORDER, "/incident/grade", "unknown_grade"),
        (an_incident(delay_hours=None), ORDER, "/incident/delay_hours", "missing_fact"),
        (WAIT, ORDER, "/incident/channel", "missing_fact"),
        (replace(WAIT, channel="phone"), ORDER, "/incident/wait_minutes", "missing_fact"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_decided_on_are_refused_with_their_place(incident, order, pointer, code):
    assert refusal(incident, order=order) == (pointer, code)


def test_an_unknown_tier_is_refused():
    assert refusal(tier="platinum") == ("/customer/tier", "unknown_tier")


@pytest.mark.parametrize(
    ("incident", "change", "said"),
    [
        (
            an_incident("lost_temper"),
            {},
            "The policy knows the categories late_delivery, not_received, defective_item,",
        ),
        (
            an_incident(),
            {"order": Order("CHF", 1)},
            "The policy has reference values for EUR, USD, GBP,",
        ),
        (an_incident("other"), {}, "This category needs a grade, one of: minor, moderate, major, severe."),
        (an_incident("other", grade="x"), {}, "This category knows the grades minor, moderate, major, severe."),
        (an_incident(), {"tier": "x"}, "The policy knows the tiers standard, silver, gold, a_status."),
    ],
)
def test_a_refusal_says_what_would_be_known(incident, change, said):
    with pytest.raises(UnusableFacts) as refused:
        decided(incident, **change)
    assert refused.value.detail.startswith(said)


def test_a_report_at_the_very_moment_of_the_decision_is_fine():
    assert decided(an_incident(reported_at=NOW)).amount.minor == 1450


@pytest.mark.parametrize(
    ("incident", "mode"),
    [
        (an_incident(), "kept"),
        (an_incident(disposition=Disposition.KEPT), "kept"),
        (an_incident(disposition=Disposition.REJECTED), "rejected"),
        (an_incident(disposition=Disposition.NOT_RECEIVED), "rejected"),
        (an_incident("not_received"), "rejected"),
        (an_incident("not_received", disposition=Disposition.REJECTED), "rejected"),
        (an_incident("defective_item", grade="impaired"), "kept"),
        (an_incident("defective_item", grade="unsafe"), "rejected"),
        (an_incident("defective_item", grade="unsafe", disposition=Disposition.KEPT), "kept"),
        (an_incident("poor_service", grade="rude", disposition=Disposition.KEPT), "kept"),
    ],
)
def test_mode(incident, mode):
    assert decided(incident).mode == mode


@pytest.mark.parametrize(
    ("order", "value"),
    [
        (Order("EUR", 1000, 200), 800),
        (Order("EUR", 1000, lines=[OrderLine(300, 2), OrderLine(5)]), 605),
        (Order("EUR", 1000, lines=[OrderLine(300, 2, affected=True), OrderLine(5)]), 600),
    ],
)
def test_the_value_at_stake_is_that_of_the_affected_lines(order, value):
    assert affected_value(order) == value
    assert open_case(facts(order=order), default_policy()).at_stake == value


def test_the_value_of_a_process_is_the_order_but_not_more_than_the_reference():
    rude = an_incident("poor_service", grade="rude")
    assert open_case(facts(rude, order=Order("EUR", 9_999)), default_policy()).at_stake == 9_999
    assert open_case(facts(rude, order=Order("EUR", 10_001)), default_policy()).at_stake == 10_000
    assert open_case(facts(replace(rude, currency="EUR"), order=None), default_policy()).at_stake == Decimal(5_000)


def test_a_currency_said_twice_alike_is_fine():
    assert decided(an_incident(currency="EUR")).currency == "EUR"
