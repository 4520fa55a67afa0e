from decimal import Decimal, Inexact
from fractions import Fraction

import pytest

from compensation_service.decision.exact import EXACT, half_even, nearest, plain, quotient, round_up_to, whole_part


@pytest.mark.parametrize(
    ("numerator", "denominator", "nearest_integer"),
    [
        (5, 2, 2),
        (7, 2, 4),
        (-5, 2, -2),
        (-7, 2, -4),
        (8, 3, 3),
        (7, 3, 2),
        (0, 3, 0),
        (9, 3, 3),
        (11, 4, 3),
        (13, 4, 3),
    ],
)
def test_a_tie_goes_to_the_even_one(numerator, denominator, nearest_integer):
    assert half_even(numerator, denominator) == nearest_integer == round(Fraction(numerator, denominator))


def test_a_quotient_has_six_decimals_or_as_many_as_asked():
    assert quotient(2, 3) == Decimal("0.666667")
    assert quotient(Decimal("1.25"), Fraction(1, 2)) == Decimal("2.5")
    assert quotient(Fraction(1, 8), 1, 2) == Decimal("0.12")
    assert quotient(Decimal("0.0000005"), 1) == 0


def test_rounding_up_to_a_step_leaves_a_multiple_alone():
    assert [round_up_to(value, 50) for value in (0, 1, 50, Decimal("50.01"), Fraction(101, 2))] == [0, 50, 50, 100, 100]


def test_the_whole_part_and_the_nearest():
    assert [whole_part(value) for value in (Decimal("2.99"), 3, Fraction(-1, 2))] == [2, 3, -1]
    assert [nearest(value) for value in (Decimal("2.5"), Decimal("3.5"), Fraction(7, 3))] == [2, 4, 2]


@pytest.mark.parametrize(
    ("value", "text"), [("0.10", "0.1"), ("1E+2", "100"), ("100", "100"), ("0.0", "0"), ("-1.50", "-1.5")]
)
def test_plain_notation(value, text):
    assert plain(Decimal(value)) == text


def test_a_result_that_would_need_rounding_is_an_error():
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
    assert EXACT.prec == 200
    assert EXACT.multiply(Decimal(10**99 + 1), Decimal(10**99 + 1)) == Decimal((10**99 + 1) ** 2)
