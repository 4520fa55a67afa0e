"""Money as a reader sees it: Babel's patterns, the decimals of ISO 4217, prepared once per currency and language."""

from collections.abc import Callable
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, is_currency
from iso4217 import Currency

from compensation_service.letters.numbers import NUMBERING, digits_of, signs_of

_NBSP = "\N{NO-BREAK SPACE}"


@lru_cache(maxsize=8192)  # one answer says the same few amounts again and again, and neat amounts are few
def display(amount_minor: int, currency: str, language: str) -> str:
    """Write an amount in minor units: 1450, "EUR", "en" is "€14.50".

    Raises ValueError for a currency that neither ISO 4217 nor CLDR (which remembers the withdrawn ones) knows.
    """
    return _writer(currency, language)(amount_minor)


def exponent(currency: str) -> int:
    """How many decimals a currency has. ISO 4217 counts: CLDR writes 13 currencies, the rial among them, with fewer."""
    decimals: int | None = None
    try:
        decimals = Currency(currency).exponent
    except ValueError:
        if not is_currency(currency):
            raise
    return get_currency_precision(currency) if decimals is None else decimals


@lru_cache(maxsize=1024)
def _writer(currency: str, language: str) -> Callable[[int], str]:
    decimals = exponent(currency)
    scale: int = 10**decimals
    heads, groups = _thousands(language)
    endings = _endings(currency, language, decimals)
    before, after = _around(1, currency, language)
    before_minus, after_minus = _around(-1, currency, language)

    def write(amount_minor: int) -> str:
        whole, part = divmod(abs(amount_minor), scale)
        text = endings[part]
        while whole >= 1000:
            whole, group = divmod(whole, 1000)
            text = groups[group] + text
        if amount_minor < 0:
            return before_minus + heads[whole] + text + after_minus
        return before + heads[whole] + text + after

    return write


@lru_cache
def _thousands(language: str) -> tuple[list[str], list[str]]:
    """The numbers under 1000 in the language's digits: as a number begins, and as a later group with its sign."""
    group, _ = signs_of(language)
    spell = digits_of(language)
    return [spell(str(n)) for n in range(1000)], [group + spell(f"{n:03}") for n in range(1000)]


def _endings(currency: str, language: str, decimals: int) -> list[str]:
    """The decimals of every part of a unit, written beforehand: formatting is what takes time.

    Where nobody uses the small coin any more, prices go without it, but a part of one is never hidden.
    """
    if not decimals:
        return [""]
    _, point = signs_of(language)
    spell = digits_of(language)
    endings = [point + spell(f"{part:0{decimals}}") for part in range(10**decimals)]
    if get_currency_precision(currency) < decimals:
        endings[0] = ""
    return endings


def _around(one: int, currency: str, language: str) -> tuple[str, str]:
    """What stands before and after the digits, read off Babel's own text for 1 or −1.

    Persian money is written with the currency's name: text of one direction needs no invisible marks to keep its order.
    """
    text = format_currency(
        one,
        currency,
        locale=language,
        format_type="name" if language in NUMBERING else "standard",
        numbering_system=NUMBERING.get(language, "latn"),
    )
    before, _, after = text.partition("1")
    after = after.lstrip(f"0{signs_of(language)[1]}")
    # CLDR parts letters from digits ("RUB 14.50"); Babel leaves that out.
    return before + _NBSP if before[-1:].isalpha() else before, after
