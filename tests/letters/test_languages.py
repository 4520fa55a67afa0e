import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.letters.languages import LANGUAGES, choose


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("bg", "bg"),
        ("bg-BG", "bg"),
        ("fa_IR", "fa"),
        ("FA-ir", "fa"),
        ("prs-AF", "fa"),
        ("de-DE", "en"),
        ("de, ru;q=0.5", "ru"),
        ("en;q=0.3, fa;q=0.9, bg;q=0.5", "fa"),
        ("ru, bg", "ru"),
        ("*", "en"),
        ("*, ru;q=0.9", "en"),
        ("ru;q=0, bg;q=0.1", "bg"),
        ("ru;q=0", "en"),
        ("ru;q=high, bg;q=0.1", "bg"),
        ("ru; q=0.2 ,bg ; q=0.4", "bg"),
        ("ru;q=²", "en"),
        ("ru;q=7, bg", "ru"),
        (";;,,;q=1", "en"),
    ],
)
def test_choice(wish, language):
    assert choose(wish) == language


def test_a_long_wish_is_read_to_its_limit():
    assert choose("xx," * 100_000 + "ru") == "en"
    assert choose("ru," + "xx," * 100_000) == "ru"


@given(st.text())
def test_any_wish_gives_a_language(wish):
    assert choose(wish) in LANGUAGES
