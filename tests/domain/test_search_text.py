"""What people write differently and mean alike is found alike."""

import sys
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.domain.search_text import WORDS_MOST, fold, words

UNASSIGNED = {"Cn", "Co", "Cs"}
"""Code points that are no signs: without a meaning, for private use, halves of others."""


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Café CRÈME", "cafe creme"),
        ("Ёлка и ЁЖ", "елка и еж"),
        ("Straße", "STRASSE"),
        ("كتاب", "کتاب"),
        ("مي‌خواهم", "میخواهم"),
        ("مَدرَسة", "مدرسه"),
        ("ســـلام", "سلام"),
        ("آب", "اب"),
        ("خانۀ", "خانه"),
        ("مسئول", "مسيول"),
        ("ﳚ", "یج"),
        ("۱۲۳", "123"),
        ("١٢٣", "123"),
        ("\N{LATIN SMALL LIGATURE FI}n", "fin"),
        ("Пратката ЗАКЪСНЯ", "пратката закъсня"),
    ],
)
def test_spellings_that_mean_the_same(written, asked):
    assert fold(written) == fold(asked)
    assert words(written) == words(asked)


def test_words_come_once_and_so_many_at_most():
    assert words("Late, late; LATE!", None, "parcel 7") == ("late", "parcel", "7")
    assert len(words(" ".join(map(str, range(1000))))) == WORDS_MOST


def test_every_sign_is_folded_to_the_end():
    signs = [sign for sign in map(chr, range(sys.maxunicode + 1)) if category(sign) not in UNASSIGNED]
    assert len(signs) > 100_000
    assert [sign for sign in signs if fold(fold(sign)) != fold(sign)] == []


@given(st.text())
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
