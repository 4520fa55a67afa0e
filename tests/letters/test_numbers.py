from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.numbers import day, day_of, number, percent


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("72.00"), ("72", "72", "72", "۷۲")),
        (Decimal("36.50"), ("36.5", "36,5", "36,5", "۳۶٫۵")),
        (1234567, ("1,234,567", "1 234 567", "1 234 567", "۱٬۲۳۴٬۵۶۷")),
        (Decimal("0.1"), ("0.1", "0,1", "0,1", "۰٫۱")),
        (Decimal("1E+2"), ("100", "100", "100", "۱۰۰")),
        (0, ("0", "0", "0", "۰")),
    ],
)
def test_numbers(value, shown):
    assert tuple(number(value, language).replace("\xa0", " ") for language in LANGUAGES) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Decimal("0.4"), ("40%", "40 %", "40%", "۴۰٪")),
        (Decimal("1.20"), ("120%", "120 %", "120%", "۱۲۰٪")),
        (Decimal("0.1416201"), ("14.16%", "14,16 %", "14,16%", "۱۴٫۱۶٪")),
        (Decimal("0.00005"), ("0%", "0 %", "0%", "۰٪")),
    ],
)
def test_shares(share, shown):
    assert tuple(percent(share, language).replace("\xa0", " ") for language in LANGUAGES) == shown


def test_a_day_is_that_of_utc():
    late = datetime(2027, 5, 13, 1, 0, tzinfo=timezone(timedelta(hours=3)))

    assert day(day_of(late), "en", "d MMMM y") == "12 May 2027"


@pytest.mark.parametrize(
    ("when", "persian"),
    [
        (datetime(2027, 5, 12, tzinfo=UTC), "۲۲ اردیبهشت ۱۴۰۶"),
        (datetime(2026, 3, 21, tzinfo=UTC), "۱ فروردین ۱۴۰۵"),
        (datetime(2025, 3, 20, tzinfo=UTC), "۳۰ اسفند ۱۴۰۳"),
    ],
)
def test_persian_days_are_solar_hijri(when, persian):
    assert day(day_of(when), "fa", "d MMMM y") == persian
