"""A merchant's own texts: checked when they are saved; what is filled in is never read again."""

from dataclasses import replace
from html import escape
from itertools import product

import pytest

from compensation_service.letters.checker import check
from compensation_service.letters.compose import compose
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.letterhead import to_html
from compensation_service.letters.own_texts import compiled, problems
from letters.test_checker import MATTER

MARKS = [
    ("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("${", "}"), ("#{", "}"), ("<%=", "%>"), ("{", "}"), ("{!", "!}"),
    ("{{{", "}}}"), ("[[", "]]"),
]  # fmt: skip
INSIDES = [
    "7*7", "config", "''.__class__.__mro__", "self.__init__.__globals__", "customer.name.__class__", "customer['name']",
    "customer.name|safe", "name!r", "name.__format__", "name:>99999999", "include 'file:///etc/passwd'", "name",
    "request.application.__globals__", "customer.email", "shop.secret", "T(java.lang.Runtime).getRuntime().exec('id')",
    "for i in range(99)", "#if x", "system('id')", "customer .name",
]  # fmt: skip
PAYLOADS = [f"{before}{inside}{after}" for (before, after), inside in product(MARKS, INSIDES)]


def test_there_are_two_hundred_payloads():
    assert len(set(PAYLOADS)) >= 200


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_in_a_text_is_computed(payload):
    """It is refused when it is saved, or stands in the letter as it was written, escaped in HTML."""
    own = {"closing": [f"Kind regards {payload} from us"]}
    if list(problems("en", own)):
        return
    matter = replace(MATTER, texts=compiled("en", own))
    composed = compose(matter, 0)
    assert payload in composed.text
    assert escape(payload) in to_html(composed, "en", matter.sender, matter.written_on)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_in_a_name_is_computed(payload):
    matter = replace(MATTER, name=payload, order=f"A-{payload}".replace(" ", ""), texts=compiled("en", OWN))
    composed = compose(matter, 0)
    page = to_html(composed, "en", matter.sender, matter.written_on)

    assert payload in composed.paragraphs[0][0]
    assert escape(payload) in page
    assert check(matter, composed.subject, composed.text) == []


OWN = {
    "greeting.named": ["Good morning, {{customer.name}},"],
    "closing": ["Warm regards from {{shop.name}}"],
    "thanks": ["Thank you for writing to {{contact.name}}."],
    "happened": [f"{words} {{{{fact}}}}" for words in ("So it was.", "Here it is.", "Let us see.", "We looked.")],
}


def test_own_texts_are_used():
    assert list(problems("en", OWN)) == []
    composed = compose(replace(MATTER, texts=compiled("en", OWN)), 0)

    assert composed.paragraphs[0] == ("Good morning, Maria,",)
    assert "Thank you for writing to Anna Petrova (help@north.example)." in composed.text
    assert composed.paragraphs[-1][0] == "Warm regards from Northern Kettles"
    assert check(MATTER, composed.subject, composed.text) == []


@pytest.mark.parametrize(
    ("part", "variants", "code"),
    [
        ("choose", ["Choose:"], "unknown_part"),
        ("amount", ["x"], "unknown_part"),
        ("happened", ["So it was. {{fact}}"], "variants"),
        ("closing", [], "variants"),
        ("closing", ["Regards"] * 21, "variants"),
        ("closing", ["Regards {{customer.email}}"], "unknown_placeholder"),
        ("closing", ["Regards {{customer.name}}"], "unknown_placeholder"),
        ("closing", ["Regards, {shop.name}"], "braces"),
        ("closing", ["Regards {{shop.name|upper}}"], "braces"),
        ("closing", ["Regards\r\nBcc: x"], "characters"),
        ("closing", ["x" * 501], "characters"),
        ("closing", ["  "], "empty"),
        ("greeting.named", ["Hello,"], "placeholder_missing"),
        ("greeting.named", ["Hello {{customer.name}} {{customer.name}},"], "placeholder_missing"),
        ("rights", ["We wish you well."], "evidence"),
        ("thanks", ["Thank you for the 5 calls."], "figure"),
        ("thanks", ["Thank you, but you should have called."], "but"),
        ("subject.apology", ["Please rate us"], "reviews"),
    ],
)
def test_what_is_wrong_is_named(part, variants, code):
    found = list(problems("en", {part: variants}))

    assert code in {each.code for each in found}
    assert all(each.pointer.startswith(f"/{part}") for each in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_hold_in_every_language(language):
    but = {"en": "but", "ru": "но", "bg": "но", "fa": "اما"}[language]

    assert "but" in {each.code for each in problems(language, {"closing": [f"x {but} y"]})}
