"""The checker finds every planted violation, and nothing in a letter as it should be."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.options import Remedy
from compensation_service.domain.letter import LetterKind
from compensation_service.letters.checker import check
from compensation_service.letters.compose import compose
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.matter import Matter, Sender, Terms, Trouble
from compensation_service.letters.money import display
from compensation_service.letters.numbers import day

UNTIL = datetime(2026, 9, 1, tzinfo=UTC)
APOLOGY = Remedy(RemedyKind.APOLOGY, None, 0, None)
MATTER = Matter(
    kind=LetterKind.APOLOGY,
    language="en",
    trouble=Trouble("late_delivery", minutes=Decimal(72 * 60), fault=Fault.COMPANY),
    sender=Sender("Northern Kettles", "Anna Petrova", "help@north.example"),
    written_on=date(2026, 3, 5),
    terms=Terms(
        options=(
            (APOLOGY, Remedy(RemedyKind.STORE_CREDIT, 1553, 0, UNTIL)),
            (APOLOGY, Remedy(RemedyKind.PARTIAL_REFUND, 1350, 0, None)),
        ),
        default=0,
        currency="EUR",
        open=True,
        stands=True,
        expires_on=date(2026, 3, 19),
        done_by=date(2026, 3, 7),
    ),
    name="Maria",
    repeated=True,
)
PARTS = {
    "repetition": "repetition",
    "happened": "happened",
    "responsibility.company": "responsibility",
    "regret": "regret",
    "offer": "cause",  # its amount stands in the list of options too: what should follow it comes too early
    "cause.company": "cause",
    "contact": "contact",
    "rights": "rights",
    "thanks": "thanks",
}


def planted(language):
    return yaml.load((Path(__file__).parent / f"planted/{language}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


def letter(language, **changes):
    matter = replace(MATTER, language=language)
    composed = compose(replace(matter, **changes), 0)
    return matter, composed.subject, composed.text


def swapped(text, first, second):
    paragraphs = text.split("\n\n")
    paragraphs[first], paragraphs[second] = paragraphs[second], paragraphs[first]
    return "\n\n".join(paragraphs)


def misfigured(language):
    """A letter with one thing in it that is not as it should be, and how that is called."""
    _, subject, text = letter(language)
    amount, other = (display(minor, "EUR", language) for minor in (1350, 1360))
    pattern = {"ru": "d MMMM y 'года'", "bg": "d MMMM y 'г.'"}.get(language, "d MMMM y")
    expires, later = (day(date(2026, 3, which), language, pattern) for which in (19, 20))
    words = planted(language)
    assert amount in text
    assert expires in text
    yield "order", subject, swapped(text, 2, 3)
    yield "order", subject, swapped(text, 1, 7)
    yield "unknown_figure", subject, text.replace(amount, other)
    yield "unknown_figure", subject, text.replace(expires, later)
    yield "unknown_figure", subject, text.replace(words["bland"], "") + words["extra"]
    yield "left_over", subject, text + "{date}"
    yield "left_over", subject, text + "<b>"
    yield "length", subject, text + words["bland"] * 200
    yield "subject", subject + "\r\nBcc: somebody", text


PHRASES = [
    (language, code, phrase)
    for language in LANGUAGES
    for code, phrases in planted(language)["phrases"].items()
    for phrase in phrases
]
FIGURES = [(language, *each) for language in LANGUAGES for each in misfigured(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_least_forty_violations_are_planted(language):
    of_language = [each for each in (*PHRASES, *FIGURES) if each[0] == language]
    assert len(of_language) + len(PARTS) >= 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_as_it_should_be_passes(language):
    assert check(*letter(language)) == []


@pytest.mark.parametrize(("language", "code", "phrase"), PHRASES)
def test_what_nobody_may_write_is_found(language, code, phrase):
    matter, subject, text = letter(language)
    place = text.index("\n\n", 200)

    assert code in {found.code for found in check(matter, subject, f"{text[:place]} {phrase}{text[place:]}")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_not_there_is_missed(language, part):
    found = check(*letter(language, texts={part: (planted(language)["bland"],)}))

    assert PARTS[part] in {each.words for each in found if each.code in {"missing", "order"}}


@pytest.mark.parametrize(("language", "code", "subject", "text"), FIGURES)
def test_what_does_not_match_the_facts_is_found(language, code, subject, text):
    matter = replace(MATTER, language=language)

    assert code in {found.code for found in check(matter, subject, text)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["But", "Но", "Ами Обаче", "اما", "Review Stars", "Score 9", "I"])
def test_names_are_nobodys_to_judge(language, name):
    matter = replace(MATTER, language=language, name=name, sender=replace(MATTER.sender, contact=name))
    composed = compose(matter, 0)

    assert check(matter, composed.subject, composed.text) == []


def test_a_default_that_is_not_the_default_is_found():
    matter, subject, text = letter("en")
    wrong = text.replace("number 1", "number 2")

    assert wrong != text
    assert "unknown_figure" in {found.code for found in check(matter, subject, wrong)}
