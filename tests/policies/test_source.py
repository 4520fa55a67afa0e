from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from compensation_service import policies
from compensation_service.policies.load import default_text
from compensation_service.policies.problems import Finding, Mark, PolicyRefused
from compensation_service.policies.source import TEXT_MAX, _Loader, _QuickLoader, _Reader, read_source

PACKS = sorted((Path(policies.__file__).parent / "packs").rglob("*.yaml"))
LINES = default_text().splitlines(keepends=True)
SLIPS = [
    "\n",
    " ",
    ":",
    ": ",
    "- ",
    "#",
    " #",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a ",
    "|\n",
    ">",
    "---\n",
    "%",
]


def test_numbers_keep_their_text_and_words_stay_words():
    text = "{a: 0.10, b: 7, c: -2, d: '7', e: no, f: 1:30, g: 010, h: 1e3, i: true, j: null, k: [false, ~]}"
    data = read_source(text, "p").data
    assert isinstance(data, dict)
    assert str(data.pop("a")) == "0.10"
    assert data == {
        "b": 7, "c": -2, "d": "7", "e": "no", "f": "1:30", "g": "010", "h": "1e3", "i": True, "j": None,
        "k": [False, "~"],
    }  # fmt: skip


def test_json_is_read_too():
    assert read_source('{"a": [1, 2.50, "x"]}', "p").data == {"a": [1, Decimal("2.50"), "x"]}


def test_a_finding_gets_the_place_of_its_value_of_its_key_or_of_what_is_around_it():
    source = read_source("a:\n  b: 1\n  c:\n    - 5\n    - 6\n", "p")
    assert source.problem(Finding(("a", "b"), "", "", "")).mark == Mark(2, 6)
    assert source.problem(Finding(("a", "c"), "", "", "")).mark == Mark(3, 3)
    assert source.problem(Finding(("a", "c", 1), "", "", "")).mark == Mark(5, 7)
    assert source.problem(Finding(("a", "c", 9, "x"), "", "", "")).mark == Mark(3, 3)
    assert source.problem(Finding((), "", "", "")).mark == Mark(1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "p:4:3: b.c: this key stands here twice. Keep one of the two."),
        ("a: &x 1\nb: *x\n", "p:2:6: not YAML: an alias stands for something else. Mend the notation here."),
        (
            "a: !!int 1\n",
            "p:1:4: a tag changes what is written. Leave out what begins with `!`, or put quotes around it.",
        ),
        ("a: [1\n", "p:2:1: not YAML: expected ',' or ']', but got '<stream end>'. Mend the notation here."),
        ("a: 1\n---\nb: 2\n", "p:2:1: not YAML: but found another document. Mend the notation here."),
        ("a: \0", "p:1:1: not YAML: a character that no text has. Save it as UTF-8 text."),
        ("? [a]\n: 1\n", "p:1:3: a key must be a word. Write a word before the colon."),
        ("# nothing\n", "p:1:1: there is nothing in it. Start from the default policy."),
        ("[" * 3000, "p:1:1: nested too deeply. A policy has fewer than ten levels."),
        ("a" * (TEXT_MAX + 1), f"p:1:1: the text is too long. Keep it under {TEXT_MAX} characters."),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(text, said):
    with pytest.raises(PolicyRefused) as refused:
        read_source(text, "p")
    assert str(refused.value) == said


def test_every_key_that_stands_twice_is_told():
    with pytest.raises(PolicyRefused) as refused:
        read_source("{a: 1, a: 2, b: {c: 1, c: 2}}", "p")
    assert [problem.pointer for problem in refused.value.problems] == ["/a", "/b/c"]


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_both_readers_see_the_same_at_the_same_places(path):
    text = path.read_text("utf-8")
    slow, quick = (_Reader("p"), _Reader("p"))
    assert quick.value(yaml.compose(text, _QuickLoader), ()) == slow.value(yaml.compose(text, _Loader), ())
    assert quick.marks == slow.marks


@given(
    st.integers(0, len(LINES) - 4),
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(SLIPS) | st.characters(codec="utf-8")), max_size=3),
)
def test_what_both_readers_take_is_the_same_to_both(start, slips):
    text = "".join(LINES[start : start + 4])
    for place, slip in slips:
        text = text[:place] + slip + text[place:]
    quick, slow = data_of(text, _QuickLoader), data_of(text, _Loader)
    assert quick == slow or None in (quick, slow)


def data_of(text, loader):
    """What a reader makes of a text; None where it refuses it."""
    try:
        node = yaml.compose(text, loader)
        return node and [_Reader("p").value(node, ())]
    except (yaml.YAMLError, PolicyRefused):
        return None
