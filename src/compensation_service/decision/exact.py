"""Exact arithmetic: the only place where a number of the decision is rounded or printed."""

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

Exact: TypeAlias = int | Decimal | Fraction

CURVE_PLACES = 6
"""Decimals of a curve's value and of a severity score."""

EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""The decimal context of a decision: a result that would need rounding is an error, not a guess."""

_without_zeros = EXACT.normalize

ZERO = Decimal(0)
ONE = Decimal(1)


def half_even(numerator: int, denominator: int) -> int:
    """The integer nearest to numerator ÷ denominator, a tie going to the even one; denominator > 0."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient & 1):
        quotient += 1
    return quotient


def quotient(dividend: Exact, divisor: Exact, places: int = CURVE_PLACES) -> Decimal:
    """dividend ÷ divisor rounded half-even to so many decimals; divisor > 0."""
    over, under = dividend.as_integer_ratio()
    by, per = divisor.as_integer_ratio()
    return Decimal(half_even(over * per * 10**places, under * by)).scaleb(-places)


def round_up_to(value: Exact, step: int) -> int:
    """The smallest multiple of step that is not below value."""
    return -(-ceil(value) // step) * step


def whole_part(value: Exact) -> int:
    """The largest integer that is not above value."""
    return floor(value)


def nearest(value: Exact) -> int:
    """The integer nearest to value, half to even."""
    return round(value)


def plain(value: Decimal) -> str:
    """The shortest decimal notation without an exponent: 0.10 → "0.1", 1E+2 → "100"."""
    text = str(value)
    if "E" in text:
        return f"{_without_zeros(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text and text[-1] == "0" else text
