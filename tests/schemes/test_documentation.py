"""What `docs/schemes.md` shows is run: each example's facts give what stands behind their arrow."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from compensation_service.cli.schemes import app
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import Applies
from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.policies.problems import PolicyRefused
from compensation_service.policies.schemes.load import load_scheme
from compensation_service.policies.schemes.reference import with_reference

PAGE = Path(__file__).parents[2] / "docs/schemes.md"
TEXT = PAGE.read_text(encoding="utf-8")
HEAD = {
    "id": "example",
    "title": "Example",
    "basis": "promise",
    "sources": '[{url: "https://example.com"}]',
    "currency": "EUR",
}
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n```text\n(.*?)```", TEXT, re.DOTALL)
LINES = [
    pytest.param(place, *line.split(" → "), id=f"{place}-{number}")
    for place, (_, answers) in enumerate(EXAMPLES)
    for number, line in enumerate(answers.strip().splitlines(), 1)
]


def scheme_of(place: int) -> Scheme:
    text = EXAMPLES[place][0]
    head = [f"{key}: {value}" for key, value in HEAD.items() if not re.search(rf"^{key}:", text, re.MULTILINE)]
    return load_scheme("\n".join([*head, text]))


@pytest.mark.parametrize(("place", "facts", "wanted"), LINES)
def test_an_example_gives_what_stands_behind_it(place, facts, wanted):
    result = evaluate(scheme_of(place), json.loads(facts))
    for said in wanted.split(", "):
        word, *words = said.split(" ")
        if word == "needs":
            assert (result.applies, list(result.needs)) == (Applies.NEEDS, words)
        elif word == "remedies":
            assert list(result.remedies) == words
        elif word == "due":
            assert str(result.components[0].due.date) == words[0]
        elif words:
            assert [str(result.outputs[word])] == words
        else:
            assert result.amount_minor is not None, result.needs
            assert Decimal(result.amount_minor).scaleb(-result.frame.places) == Decimal(word), result.steps


def test_the_answer_of_the_page_is_the_one_that_is_printed(tmp_path):
    (tmp_path / "scheme.yaml").write_text(EXAMPLES[0][0], encoding="utf-8")
    (tmp_path / "facts.json").write_text('{"delay_minutes": 75, "ticket_price": "46.00"}', encoding="utf-8")
    printed = CliRunner().invoke(app, ["eval", str(tmp_path / "scheme.yaml"), str(tmp_path / "facts.json")]).output
    shown = re.search(r"```text\n(applies: .*?)```", TEXT, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() in printed


def test_there_are_examples_of_everything():
    assert len(EXAMPLES) >= 15
    assert len(LINES) >= 50


def test_the_reference_is_current():
    """Where it is not, write `with_reference(text)` there anew."""
    assert with_reference(TEXT) == TEXT


def test_the_error_of_the_page_is_the_one_that_is_told():
    example = EXAMPLES[0][0].replace("when: delay_minutes", "when: delay_minuts")
    with pytest.raises(PolicyRefused) as refused:
        load_scheme(example)
    told = str(refused.value).split(": ", 1)[1]
    assert told in TEXT
