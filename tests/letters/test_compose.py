"""Letters: every generated one passes the checker, and the same customer does not read the same text."""

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from random import Random

import pytest

from compensation_service.decision.facts import Customer, Facts, Incident, Order
from compensation_service.domain.letter import LetterKind
from compensation_service.letters import compose as composing
from compensation_service.letters.checker import check
from compensation_service.letters.compose import VARIANTS, compose
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.letterhead import to_html
from compensation_service.letters.matter import Trouble
from compensation_service.letters.wording import check_all
from compensation_service.services.letter_matters import trouble_of
from decision.cases import NOW
from letters.letter_cases import matter, matters

LETTERS = int(os.environ.get("LETTERS", "400"))
"""`LETTERS=20000` is the long form."""


class _Words(HTMLParser):
    """The visible text of a page."""

    def __init__(self):
        super().__init__()
        self.said = []
        self.tags = set()

    def handle_starttag(self, tag, _):
        self.tags.add(tag)

    def handle_data(self, data):
        self.said.append(data)


def test_the_texts_are_whole():
    check_all()


def test_every_letter_passes():
    random, kinds = Random(7), set()
    for number, each in enumerate(matters(LETTERS)):
        composed = compose(each, random.randrange(VARIANTS))
        assert check(each, composed.subject, composed.text) == [], (number, composed.text)
        kinds.add((each.language, each.kind))
    assert kinds == {(language, kind) for language in LANGUAGES for kind in LetterKind}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind is not LetterKind.WHAT_WE_CHANGED])
def test_no_two_of_sixty_four_letters_are_the_same(language, kind):
    each = matter(Random(3), language, kind)
    written = [compose(each, variant).text for variant in range(VARIANTS)]

    assert len(set(written)) == VARIANTS
    assert compose(each, 5).text == written[5]


def test_the_first_four_letters_share_no_sentence_that_has_variants():
    each = replace(matter(Random(3), "en", LetterKind.APOLOGY), link=None)
    bodies = [set(compose(each, variant).paragraphs[3]) for variant in range(4)]

    assert not set.intersection(*bodies)


def test_html_says_what_the_text_says():
    for each in matters(120, seed=2):
        composed = compose(each, 1)
        page = to_html(composed, each.language, each.sender, each.written_on, each.link)
        words = _Words()
        words.feed(page)
        said = "".join("".join(words.said).split())
        for paragraph in composed.paragraphs:
            assert "".join("".join(paragraph).split()) in said
        assert words.tags <= {"html", "head", "meta", "title", "body", "div", "strong", "bdi", "br", "span", "p", "a"}
        assert f'dir="{"rtl" if each.language == "fa" else "ltr"}"' in page


def test_what_runs_the_other_way_is_fenced_in():
    each = replace(matter(Random(3), "fa", LetterKind.APOLOGY), name="Maria", order="A-17")
    composed = compose(each, 0)

    assert "\u2068Maria\u2069" in composed.text
    assert "\u2068A-17\u2069" in composed.subject
    assert (
        "\u2068" not in compose(replace(each, language="en", name="Maria", order="A-17", fix=None), 0).paragraphs[0][0]
    )
    assert "\u2068مریم\u2069" in compose(replace(each, language="en", name="مریم", fix=None), 0).text


def test_the_plan_of_every_kind_is_there():
    assert set(composing.PLANS) == set(LetterKind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("frozen_food", grade="melted"),
        Trouble("defective_item", grade="mouldy"),
        Trouble("late_delivery"),
        Trouble("support_wait"),
        Trouble(""),
    ],
)
def test_troubles_that_only_the_merchant_knows_are_told_in_general(language, trouble):
    for kind in (LetterKind.ACKNOWLEDGEMENT, LetterKind.FOLLOW_UP):
        each = replace(matter(Random(3), language, kind), trouble=trouble, terms=None)
        composed = compose(each, 2)
        assert check(each, composed.subject, composed.text) == []


LATE = {"promised_at": NOW - timedelta(hours=72)}


@pytest.mark.parametrize(
    ("order", "hours", "said"),
    [
        (LATE, None, "has not arrived yet; it was due 3 days ago"),
        (LATE, 72, "has not arrived yet; it was due 3 days ago"),
        (LATE | {"delivered_at": NOW}, 72, "was delayed by 3 days"),
        ({}, 72, "was delayed by 3 days"),
        ({"promised_at": NOW}, None, "is not late"),
    ],
)
def test_a_letter_says_that_an_order_came_only_where_that_is_known(order, hours, said):
    late = Incident("late_delivery", delay_hours=None if hours is None else Decimal(hours))
    trouble = trouble_of(Facts(late, Customer("C"), NOW, replace(Order("EUR", 10_000), **order)))
    told = replace(matter(Random(3), "en", LetterKind.ACKNOWLEDGEMENT), trouble=trouble)
    assert said in compose(told, 0).text
    asked = compose(replace(told, kind=LetterKind.FOLLOW_UP), 0).text
    assert "not arrived" not in asked, "it may have come since"
