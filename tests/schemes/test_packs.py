"""The packs of the product, asked with the facts of a case as the service has them."""

from datetime import UTC, datetime

import pytest

from compensation_service.decision.facts import Customer, Facts, Incident, Order, OrderLine
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import Applies
from compensation_service.decision.schemes.standard import standard_facts
from compensation_service.policies.iso import exponent
from compensation_service.policies.schemes.load import packed_schemes


def moment(text):
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


def facts(*, delivered="05T10:00", currency="EUR", **attributes):
    order = Order(
        currency=currency,
        total=10490,
        shipping=490,
        lines=(OrderLine(6000, affected=True), OrderLine(4000)),
        country="BG",
        promised_at=moment("03T18:00"),
        delivered_at=None if delivered is None else moment(delivered),
    )
    incident = Incident("late_delivery", reported_at=moment("06T09:00"), attributes=attributes)
    return standard_facts(Facts(incident, Customer("C-1"), moment("06T12:00"), order), exponent)


@pytest.mark.parametrize(
    ("delivered", "amount", "applies"),
    [("03T21:00", 0, Applies.NO), ("04T00:00", 500, Applies.YES), (None, 500, Applies.YES)],
)
def test_a_shops_own_promise_pays_a_late_parcel_at_once(delivered, amount, applies):
    result = evaluate(packed_schemes()["shop-late-parcel"], facts(delivered=delivered))
    assert (result.applies, result.amount_minor) == (applies, amount)


def test_a_promise_is_paid_in_the_currency_of_the_order():
    result = evaluate(packed_schemes()["shop-late-parcel"], facts(currency="JPY"))
    assert (result.currency, result.amount_minor) == ("JPY", 5)


def test_faulty_goods_in_the_first_week():
    told = facts(choice="termination", failed_attempts=1)
    result = evaluate(packed_schemes()["eu-2019-771-goods"], told)
    assert result.amount_minor == 6000
    assert result.remedies == ("repair", "replacement", "price_reduction", "termination")
    assert result.outputs["burden_of_proof"] == "seller"


def test_without_a_wish_the_choice_stays_open():
    result = evaluate(packed_schemes()["uk-cra-2015"], facts())
    assert result.amount_minor is None
    assert result.applies is Applies.YES
    assert [option.amount_minor for option in result.choices[0].open] == [6000, None, None]


def test_a_late_prepaid_parcel_under_russian_law():
    scheme = packed_schemes()["ru-zozpp"]
    assert evaluate(scheme, facts()).needs == ("prepaid",)
    assert evaluate(scheme, facts(prepaid="1000.00")).amount_minor == 1000
    assert evaluate(scheme, facts(prepaid="1000.00", delivered=None)).amount_minor == 1500


def test_a_withdrawal_within_the_period():
    told = facts(parcels_received=["2026-03-05"], withdrawn_on="2026-03-19", standard_delivery="3.00")
    result = evaluate(packed_schemes()["eu-2011-83-withdrawal"], told)
    assert result.amount_minor == 6300
    assert str(result.components[0].due.date) == "2026-04-02"
    assert not result.components[0].compensatory


def test_working_days_in_iran_leave_out_fridays_and_nowruz():
    scheme = packed_schemes()["ir-ecl-37-withdrawal"]
    told = {"price": "4500000", "delivery_paid": "0", "delivered_on": "2025-03-15"}
    assert evaluate(scheme, {**told, "withdrawn_on": "2025-03-27"}).amount_minor == 450000000
    assert evaluate(scheme, {**told, "withdrawn_on": "2025-03-30"}).amount_minor == 0
