from decimal import Decimal
from fractions import Fraction

import pytest

from compensation_service.decision.curves import Curve


def curve(*points):
    return Curve((Decimal(x), Decimal(y)) for x, y in points)


RISING = curve(("1", "0"), ("2", "0.5"), ("4", "0.6"))


@pytest.mark.parametrize(
    ("x", "y"),
    [(0, "0"), (1, "0"), (Fraction(3, 2), "0.25"), (2, "0.5"), (Decimal("2.5"), "0.525"), (4, "0.6"), (99, "0.6")],
)
def test_straight_between_points_and_constant_outside(x, y):
    assert RISING(x) == Decimal(y)
    assert RISING.at(*x.as_integer_ratio()) == Decimal(y)


def test_no_argument_is_too_large():
    assert RISING.at(10**400, 1) == Decimal("0.6")


def test_a_value_is_rounded_half_even_to_six_decimals():
    line = curve(("0", "0"), ("1", "1"))
    assert line(Fraction(1, 3)) == Decimal("0.333333")
    assert line(Fraction(2, 3)) == Decimal("0.666667")
    assert line(Decimal("0.0000005")) == 0
    assert line(Decimal("0.0000015")) == Decimal("0.000002")
    assert curve(("0", "1"), ("1", "0"))(Decimal("0.25")) == Decimal("0.75")


def test_which_way_it_goes():
    falling, level, bump = curve((0, 1), (1, 0)), curve((0, 1), (1, 1)), curve((0, 0), (1, 1), (2, "0.5"))
    assert [c.rises for c in (RISING, falling, level, bump)] == [True, False, True, False]
    assert [c.falls for c in (RISING, falling, level, bump)] == [False, True, True, False]


def test_concave_means_never_steeper_than_before():
    assert RISING.is_concave
    assert curve((0, 0), (1, 1), (2, 2)).is_concave
    assert not curve((0, 0), (1, "0.4"), (2, 1)).is_concave
    assert not curve((0, 0), (2, 1), (3, 2)).is_concave
    assert curve((0, 0), (1, 1), (3, 2)).is_concave


@pytest.mark.parametrize("points", [[], [(1, 0), (1, 1)], [(2, 0), (1, 1)]])
def test_points_come_in_rising_order_of_x(points):
    with pytest.raises(
        ValueError, match=r"^a curve needs at least one point, and its x must rise from point to point$"
    ):
        curve(*points)


def test_points_have_at_most_six_decimals():
    assert curve((0, "0.000001"))(5) == Decimal("0.000001")
    with pytest.raises(ValueError, match=r"^a curve's points have at most six decimals$"):
        curve((0, "0.0000001"))


def test_curves_with_the_same_points_are_equal():
    assert curve((0, 1), (2, 3)) == curve((0, 1), (2, 3))
    assert hash(curve((0, 1))) == hash(curve((0, 1))) != hash(curve((0, 2)))
    assert curve((0, 1)) != curve((0, 2))
    assert curve((0, 1)) != ((0, 1),)
    assert repr(curve((0, 1), (2, "3.5"))) == "Curve((0, 1), (2, 3.5))"
