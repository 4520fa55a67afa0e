"""Exact numbers of a scheme: int where whole, Fraction otherwise; rounded only where a document says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = int | Fraction
Value: TypeAlias = int | Fraction | bool | str | date | datetime | time

SHOWN_PLACES = 6
"""Decimals of a number that has no end, in explanations only."""


class Mode(StrEnum):
    """How a number between two steps is rounded."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    HALF_DOWN = "half_down"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Rounding:
    """Round to a multiple of `step` (more than 0; None: the currency's minor unit)."""

    step: Number | None
    mode: Mode


def exact(value: Decimal) -> Number:
    """The same number without any loss."""
    return whole(Fraction(value))


def whole(number: Number) -> Number:
    """The number as an int if it is one: integers are many times quicker."""
    return number.numerator if number.denominator == 1 else number


def quotient(over: Number, under: Number) -> Number:
    """over ÷ under, exactly.

    Worked out on integers: dividing two Fractions would make three more of them on the way.
    """
    (over, per), (under, by) = over.as_integer_ratio(), under.as_integer_ratio()
    numerator, denominator = over * by, under * per
    units, rest = divmod(numerator, denominator)
    return Fraction(numerator, denominator) if rest else units


def rounded(number: Number, step: Number, mode: Mode) -> Number:
    """The multiple of step that the mode picks; halves and directions are read away from or towards zero."""
    steps, over = quotient(number, step).as_integer_ratio()
    below, rest = divmod(abs(steps), over)
    twice = 2 * rest
    up = (
        (mode is Mode.UP and rest > 0)
        or (mode is Mode.HALF_UP and twice >= over)
        or (mode is Mode.HALF_DOWN and twice > over)
        or (mode is Mode.HALF_EVEN and (twice > over or (twice == over and below % 2 == 1)))
    )
    below += up
    return whole((below if steps >= 0 else -below) * step)


def minor_units(number: Number, exponent: int, rounding: Rounding) -> int:
    """A money amount in minor units of a currency with so many decimals."""
    if rounding.step is not None:
        number = rounded(number, rounding.step, rounding.mode)
    numerator, denominator = number.as_integer_ratio()
    units, rest = divmod(numerator * 10**exponent, denominator)
    return int(rounded(number * 10**exponent, 1, rounding.mode)) if rest else units


def show(value: object, places: int = 0) -> str:
    """A value as a person reads it; a number has at least so many decimals."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Fraction):
        return _decimal(value, places)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(show, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} {show(inner)}" for name, inner in value.items()) + "}"
    return "none" if value is None else str(value)


def _decimal(number: Number, places: int) -> str:
    scale = next((n for n in range(places, SHOWN_PLACES) if (number * 10**n).denominator == 1), SHOWN_PLACES)
    scaled = number * 10**scale
    digits = round(scaled)
    text = f"{abs(digits):0{scale + 1}d}"
    text = f"{text[:-scale]}.{text[-scale:]}" if scale else text
    return f"{'-' if digits < 0 else ''}{text}{'…' if digits != scaled else ''}"
