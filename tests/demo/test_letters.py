"""Letters to look at: each passes the rules in every wording, reads as it was reviewed, and stands on one page."""

import pytest

from compensation_service.demo.letters import SAMPLES, letters, page
from compensation_service.domain.letter import LetterKind
from compensation_service.letters.checker import check
from compensation_service.letters.languages import LANGUAGES
from letters.samples import WRITTEN, written


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_read_as_they_were_reviewed(language):
    assert written(language) == (WRITTEN / f"{language}.txt").read_text("utf-8")


@pytest.mark.parametrize("variant", range(4))
def test_every_sample_passes_the_rules(variant):
    for sample, by_language in letters(variant):
        for matter, letter in by_language.values():
            assert check(matter, letter.subject, letter.text) == [], sample.title


def test_every_kind_is_shown():
    kinds = {matter.kind for _, by_language in letters() for matter, _ in by_language.values()}
    assert kinds == set(LetterKind)


def test_the_page_shows_all_languages_side_by_side():
    shown = page()
    assert shown.count("<h2>") == len(SAMPLES)
    for language in LANGUAGES:
        direction = "rtl" if language == "fa" else "ltr"
        assert shown.count(f'<div lang="{language}" dir="{direction}"') == len(SAMPLES)
    assert "src=" not in shown
