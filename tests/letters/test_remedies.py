import re

import pytest

from compensation_service.decision.facts import RemedyKind
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.money import display
from compensation_service.letters.remedies import option_text, remedy_text
from letters.examples import OPTIONS, UNTIL


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", RemedyKind)
def test_every_kind_is_one_sentence(language, kind):
    money = display(1450, "EUR", language)
    for text in (remedy_text(language, kind, None, None), remedy_text(language, kind, money, UNTIL)):
        assert text.endswith(".")
        assert text[0] == text[0].upper()
        assert not re.search(r"[{}]|  |\.\.", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_option_promises_all_of_its_remedies(language):
    for option in OPTIONS:
        text = option_text(language, option, "EUR")
        for remedy in option:
            if remedy.value and remedy.kind not in (RemedyKind.REPLACEMENT, RemedyKind.APOLOGY):
                assert display(remedy.value, "EUR", language) in text
        assert text.endswith(".")


def test_an_apology_frames_the_promise_and_stands_alone_without_one():
    assert option_text("en", OPTIONS[0], "EUR") == "Please accept our sincere apologies."
    assert option_text("en", OPTIONS[1], "EUR") == "We will call you personally."
    assert option_text("en", OPTIONS[2], "EUR") == "With our apologies, we will refund you €14.50 of the price."
    assert option_text("en", OPTIONS[5], "EUR") == (
        "With our apologies, we will replace the item, call you personally and send you a gift worth €17.50."
    )


def test_a_voucher_says_until_when():
    assert "(valid until 12 May 2027)" in option_text("en", OPTIONS[3], "EUR")
    assert "до 12 мая 2027 года" in option_text("ru", OPTIONS[3], "EUR")
    assert "до 12 май 2027 г." in option_text("bg", OPTIONS[3], "EUR")
    assert "تا ۲۲ اردیبهشت ۱۴۰۶" in option_text("fa", OPTIONS[3], "EUR")
