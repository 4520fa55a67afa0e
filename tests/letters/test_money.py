import re
from decimal import Decimal

import pytest
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given, settings
from hypothesis import strategies as st
from iso4217 import Currency

from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.money import display, exponent

PERSIAN = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
CURRENCIES = sorted(currency.code for currency in Currency if currency.exponent is not None)
POINT = {"en": ".", "ru": ",", "bg": ",", "fa": "٫"}
USUAL = ("EUR", "USD", "GBP", "RUB", "IRR", "JPY", "KWD")

SHOWN = {
    ("EUR", 1450): ("€14.50", "14,50 €", "14,50 €", "۱۴٫۵۰ یورو"),
    ("EUR", 123456789): ("€1,234,567.89", "1 234 567,89 €", "1 234 567,89 €", "۱٬۲۳۴٬۵۶۷٫۸۹ یورو"),
    ("EUR", 0): ("€0.00", "0,00 €", "0,00 €", "۰٫۰۰ یورو"),
    ("EUR", -1405): ("-€14.05", "-14,05 €", "-14,05 €", "-۱۴٫۰۵ یورو"),
    ("USD", 100000): ("$1,000.00", "1 000,00 $", "1 000,00 щ.д.", "۱٬۰۰۰٫۰۰ دلار آمریکا"),
    ("GBP", 99999): ("£999.99", "999,99 £", "999,99 GBP", "۹۹۹٫۹۹ پوند بریتانیا"),
    ("RUB", 900000): ("RUB 9,000.00", "9 000,00 ₽", "9 000,00 RUB", "۹٬۰۰۰٫۰۰ روبل روسیه"),
    ("JPY", 16000): ("¥16,000", "16 000 ¥", "16 000 JPY", "۱۶٬۰۰۰ ین ژاپن"),
    ("KWD", 34250): ("KWD 34.250", "34,250 KWD", "34,250 KWD", "۳۴٫۲۵۰ دینار کویت"),
    ("IRR", 6000000000): ("IRR 60,000,000", "60 000 000 IRR", "60 000 000 IRR", "۶۰٬۰۰۰٬۰۰۰ ریال ایران"),
    ("IRR", 6000000001): ("IRR 60,000,000.01", "60 000 000,01 IRR", "60 000 000,01 IRR", "۶۰٬۰۰۰٬۰۰۰٫۰۱ ریال ایران"),
    ("BGN", 2836): ("BGN 28.36", "28,36 BGN", "28,36 лв.", "۲۸٫۳۶ لو بلغارستان"),
}


@pytest.mark.parametrize(("money", "shown"), SHOWN.items())
def test_money_reads_well(money, shown):
    currency, amount = money
    assert tuple(display(amount, currency, language).replace("\xa0", " ") for language in LANGUAGES) == shown


def test_decimals_are_those_of_iso_4217():
    differing = [code for code in CURRENCIES if get_currency_precision(code) != exponent(code)]

    assert exponent("IRR") == 2
    assert all(exponent(code) == Currency(code).exponent for code in CURRENCIES)
    assert "IRR" in differing, "otherwise Babel could be asked"


def test_a_withdrawn_currency_keeps_its_decimals():
    assert exponent("BGN") == 2


def test_no_such_currency():
    with pytest.raises(ValueError, match="QQQ"):
        display(1, "QQQ", "en")


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**12), 10**12), st.sampled_from(CURRENCIES), st.sampled_from(LANGUAGES))
def test_babel_writes_the_same_where_decimals_agree(amount, currency, language):
    if get_currency_precision(currency) != exponent(currency):
        return
    value = Decimal(amount).scaleb(-exponent(currency))
    persian = {"format_type": "name", "numbering_system": "arabext"} if language == "fa" else {}
    wanted = format_currency(value, currency, locale=language, **persian)

    assert _bare(display(amount, currency, language)) == _bare(wanted)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**15), 10**15), st.sampled_from([*USUAL, "BGN", *CURRENCIES]), st.sampled_from(LANGUAGES))
def test_the_amount_can_be_read_back(amount, currency, language):
    text = display(amount, currency, language).translate(PERSIAN)
    figures = re.search(r"\d[\d,.٬٫\xa0]*", text).group()
    whole, _, decimals = figures.partition(POINT[language])
    digits = re.sub(r"\D", "", whole) + re.sub(r"\D", "", decimals).ljust(exponent(currency), "0")

    assert int(digits) * (-1 if text.startswith("-") else 1) == amount


def _bare(text):
    return text.translate(PERSIAN).replace("\xa0", "").replace(" ", "")
