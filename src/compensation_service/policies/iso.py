"""What ISO 4217 says about a currency."""

from collections.abc import Mapping
from functools import cache

from iso4217 import Currency


@cache
def exponent(code: str) -> int | None:
    """How many decimals a currency has (IRR 2, JPY 0, KWD 3); None where the table has no such code."""
    try:
        digits: int | None = Currency(code).exponent
    except ValueError:
        return None
    return digits


@cache
def exponents() -> Mapping[str, int]:
    """The decimals of every currency that has any said of it."""
    return {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
