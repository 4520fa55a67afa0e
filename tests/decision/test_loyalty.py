from datetime import date, timedelta
from decimal import Decimal

import pytest

from decision.cases import NOW, codes, decided


@pytest.mark.parametrize(
    ("customer", "score", "code"),
    [
        ({"orders_count": 10}, "0.74", "loyalty.orders"),
        ({"lifetime_value": 200_000}, "0.7", "loyalty.lifetime_value"),
        ({"lifetime_value": 50_000}, "0.3", "loyalty.lifetime_value"),
        ({"tier": "gold"}, "0.6", "loyalty.tier"),
        ({"customer_since": NOW - timedelta(days=365.25 * 3)}, "0.5", "loyalty.years"),
        ({"customer_since": NOW - timedelta(days=365.25 * 3) + timedelta(microseconds=1)}, "0.5", "loyalty.years"),
    ],
)
def test_each_source(customer, score, code):
    loyalty = decided(**customer).loyalty
    assert loyalty.score == pytest.approx(Decimal(score), abs=Decimal("0.000001"))
    assert codes(loyalty.factors) == [code]


def test_the_largest_counts():
    loyalty = decided(orders_count=5, tier="silver", lifetime_value=1_000).loyalty
    assert loyalty.score == Decimal("0.59")
    assert codes(loyalty.factors) == ["loyalty.orders", "loyalty.lifetime_value", "loyalty.tier"]
    assert [factor.params for factor in loyalty.factors] == [{"orders": 5}, {}, {"tier": "silver"}]


def test_a_new_customer_has_none():
    assert decided(customer_since=NOW).loyalty == decided().loyalty
    assert decided().loyalty.score == 0
    assert decided().loyalty.factors == ()


def test_years_are_counted_to_the_second_and_a_date_begins_at_midnight_utc():
    whole = decided(customer_since=NOW - timedelta(days=365.25)).loyalty
    assert (whole.score, whole.factors[0].params) == (Decimal("0.2"), {"years": 1})
    a_second_less = decided(customer_since=NOW - timedelta(days=365.25) + timedelta(seconds=1)).loyalty
    assert a_second_less.factors[0].params == {"years": 0}
    assert isinstance(whole.factors[0].params["years"], int)
    day = decided(customer_since=date(2025, 3, 5)).loyalty
    assert day.score == Decimal("0.200103")  # 365.5 days: .2 + .3 × (365.5 ÷ 365.25 − 1) ÷ 2
    assert day == decided(customer_since=NOW.replace(year=2025, hour=0)).loyalty
