"""Numbers, shares and days as each language writes them. Babel knows the signs; here they are only put together."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache
from typing import Final, TypeAlias

from babel import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol
from persiantools.jdatetime import JalaliDate

from compensation_service.decision.exact import plain

Number: TypeAlias = int | Decimal

NUMBERING: Final = {"fa": "arabext"}
"""The numbering system of a language where it is not the Latin one."""

_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_PERCENT_STEP: Final = Decimal("0.01")


@cache
def digits_of(language: str) -> Callable[[str], str]:
    """What turns Latin digits into those of the language."""
    return (lambda text: text.translate(_PERSIAN_DIGITS)) if language in NUMBERING else str


@cache
def signs_of(language: str) -> tuple[str, str]:
    """The signs between groups of three digits and before the decimals."""
    system = NUMBERING.get(language, "latn")
    return (
        get_group_symbol(language, numbering_system=system),
        get_decimal_symbol(language, numbering_system=system),
    )


@lru_cache(maxsize=4096)
def number(value: Number, language: str) -> str:
    """A number in its shortest notation: 72.00 is "72", 1234.5 is "1 234,5" in Russian; not negative."""
    group, point = signs_of(language)
    whole, _, decimals = plain(Decimal(value)).partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    return digits_of(language)(grouped + point + decimals if decimals else grouped)


@lru_cache(maxsize=4096)
def percent(share: Number, language: str) -> str:
    """A share as a percentage with at most two decimals: 0.1416201 is "14.16%"."""
    hundredths = (Decimal(share) * 100).quantize(_PERCENT_STEP, ROUND_HALF_EVEN)
    return number(hundredths, language) + _percent_sign(language)


@lru_cache
def _percent_sign(language: str) -> str:
    pattern = Locale.parse(language).percent_formats[None]
    sign = Locale.parse(language).number_symbols[NUMBERING.get(language, "latn")]["percentSign"]
    return str(pattern.suffix[0]).replace("%", sign)


@lru_cache(maxsize=4096)
def plural(value: Number, language: str) -> str:
    """The plural category that a number asks for: one, few, many or other."""
    return Locale.parse(language).plural_form(Decimal(plain(Decimal(value))))


def day_of(moment: datetime) -> date:
    """The day of an aware moment, in UTC."""
    return moment.astimezone(UTC).date()


@lru_cache(maxsize=1024)
def day(when: date, language: str, pattern: str) -> str:
    """A day by a CLDR date pattern; in Persian by the Solar Hijri calendar."""
    if language == "fa":
        # Babel writes Gregorian days only. persiantools pads the day with a zero, which prose does not.
        jalali = JalaliDate(when)  # type: ignore[no-untyped-call]  # persiantools leaves its constructor untyped
        text = f"{jalali.day} {jalali.strftime('%B', locale='fa')} {jalali.year}"
        return digits_of(language)(text)
    return format_date(when, pattern, locale=language)
