"""Every warning about a scheme: a sound one with one change, and what is said about it."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from compensation_service.cli.schemes import app
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import Answer
from compensation_service.policies.load import default_text, examine
from compensation_service.policies.schemes import lint
from compensation_service.policies.schemes.load import examine_scheme, load_scheme, packed_texts

ROOT = Path(__file__).parents[2]
OURS = sorted([*(ROOT / "examples/schemes").glob("*.yaml"), *(Path(__file__).parent / "extra").glob("*.yaml")])
SOUND = """\
id: example
title: Example
basis: promise
sources: [{url: "https://example.com"}]
valid: {from: 2020-01-01, to: 2025-12-31}
currency: EUR
calendars:
  uk: {country: GB}
facts:
  kind: {type: text, one_of: [delay, loss]}
  gold: boolean
  told: {type: boolean, default: true}
  minutes: integer
  extra: {type: integer, required: false}
  price: money
  day: date
  wish: {type: text, one_of: [repair, refund], required: false}
parameters:
  cap: {by_date: {2019-01-01: 9.00, 2021-01-01: 10.00}}
values:
  half: {divide: price, by: 2}
  rate:
    choose:
      - {when: kind == 'loss', give: 2}
      - {when: gold, give: 3}
      - {otherwise: 1}
not_if:
  - {when: "!told", because: Nobody told us.}
owed:
  - kind: payment
    when: kind == 'delay' && (minutes >= 60 || given(extra) && extra > 5)
    amount: {amount: half, for_each: rate, at_most: cap}
    due: {working_days: 3, after: day, calendar: uk}
  - kind: gift
    when: gold
  - id: remedy
    customer_chooses: wish
    when: kind == 'loss'
    among:
      - {kind: repair, when: gold}
      - {kind: refund, amount: price}
"""
CHANGES = [
    ("  price: money\n", "  price: money\n  weather: text\n", "fact_unused", "facts.weather"),
    ("values:\n", "  grace: 5\nvalues:\n", "parameter_unused", "parameters.grace"),
    ("  half:", "  third: {divide: price, by: 3}\n  half:", "value_unused", "values.third"),
    ("  uk: {country: GB}", "  uk: {country: GB}\n  de: {country: DE}", "calendar_unused", "calendars.de"),
    ("valid: {from: 2020-01-01, to: 2025-12-31}\n", "", "parameter_gap", "parameters.cap.by_date"),
    (
        "{2019-01-01: 9.00,",
        "{2018-01-01: 8.00, 2019-01-01: 9.00,",
        "figure_never_applies",
        "parameters.cap.by_date.2018-01-01",
    ),
    (
        "2021-01-01: 10.00}",
        "2021-01-01: 10.00, 2026-01-01: 11.00}",
        "figure_never_applies",
        "parameters.cap.by_date.2026-01-01",
    ),
    ('when: "!told"', "when: told && !told", "gate_never_shuts", "not_if[0]"),
    ("not_if:\n", "only_if:\n  - {when: told || !told, because: No.}\nnot_if:\n", "gate_never_shuts", "only_if[0]"),
    ("not_if:\n", "not_if:\n  - {when: told, because: No.}\n", "never_owed", "owed"),
    ("    when: gold\n", "    when: gold && !told\n", "never_applies", "owed[1].when"),
    ("    when: gold\n", "    when: kind == 'loss' && kind == 'delay'\n", "never_applies", "owed[1].when"),
    ("    when: gold\n", "    when: told\n", "always_applies", "owed[1].when"),
    ("{kind: repair, when: gold}", "{kind: repair, when: kind == 'delay'}", "never_applies", "owed[2].among[0].when"),
    ("    when: kind == 'loss'\n", "    when: kind == 'loss' && !told\n", "never_applies", "owed[2].when"),
    ("one_of: [repair, refund]", "one_of: [refund]", "remedy_never_chosen", "owed[2].among[0]"),
    (
        "  - id: remedy",
        "  - {id: other, kind: store_credit, amount: 1, replaces: [gift]}\n  - id: remedy",
        "always_replaced",
        "owed[1]",
    ),
    (
        "      - {when: gold, give: 3}\n",
        "      - {when: kind == 'loss' && gold, give: 3}\n",
        "case_never_reached",
        "values.rate",
    ),
    (
        "    when: gold\n",
        '    when: gold\n    amount: {choose: [{when: "!gold", give: 1}, {otherwise: 2}]}\n',
        "case_never_reached",
        "owed[1].amount",
    ),
]


def said(text):
    return {(problem.finding.code, problem.dotted): problem for problem in examine_scheme(text)[1]}


def test_of_a_sound_scheme_nothing_is_said():
    assert not said(SOUND)


@pytest.mark.parametrize(("old", "new", "code", "path"), CHANGES)
def test_what_is_unwise_is_said_with_its_place_its_reason_and_what_to_do(old, new, code, path):
    assert old in SOUND
    found = said(SOUND.replace(old, new, 1))
    assert (code, path) in found, found
    problem = found[code, path]
    assert problem.mark.line > 1
    assert problem.finding.reason.endswith(".")
    assert problem.finding.advice.endswith(".")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    when: gold\n", "    when: minutes > 3 && minutes < 2\n"),  # takes arithmetic, which is not tried
        ("    when: gold\n", "    when: given(extra) && extra > 3\n"),  # untold, it would look impossible
        ("one_of: [repair, refund], required: false", "one_of: [refund], required: false"),
    ],
)
def test_what_cannot_be_tried_out_or_has_its_sense_is_not_called_unwise(old, new):
    text = SOUND.replace(old, new, 1)
    if "one_of: [refund]" in new:  # silence chooses it
        text = text.replace("customer_chooses: wish", "customer_chooses: wish\n    on_silence: repair")
    assert not said(text)


def test_an_amount_with_which_a_later_one_computes_may_be_replaced_always():
    later = "  - {id: other, kind: store_credit, amount: {percent: 150, of: payment}, replaces: [payment]}\n"
    assert not said(SOUND.replace("  - id: remedy", f"{later}  - id: remedy"))


def test_a_figure_for_another_day_may_lie_before_the_scheme():
    text = SOUND.replace("{2019-01-01: 9.00,", "{2018-01-01: 8.00, 2019-01-01: 9.00,")
    assert not said(text.replace("at_most: cap", "at_most: {parameter: cap, on: day}"))


def test_many_facts_are_not_tried_out():
    names = [f"f{number}" for number in range(10)]
    facts = "".join(f"  {name}: boolean\n" for name in names)
    text = SOUND.replace("facts:\n", f"facts:\n{facts}")
    assert not said(text.replace("    when: gold\n", f"    when: gold && !gold && {' && '.join(names)}\n"))


def test_none_of_ours_has_anything_unwise_in_it():
    for text in [*packed_texts().values(), *(path.read_text(encoding="utf-8") for path in OURS)]:
        assert list(map(str, examine_scheme(text)[1])) == []


ATOMS = ["gold", "told", "kind == 'loss'", "minutes > 3", "given(extra)", "extra > 2", "price > 1", "rate == 2"]
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda three: f"({' '.join(three)})"),
        inner.map(lambda one: f"!({one})"),
    ),
    max_leaves=6,
)
FACTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["delay", "loss"]),
        "gold": st.booleans(),
        "minutes": st.integers(0, 9),
        "price": st.sampled_from(["0.50", "2.00"]),
    },
    optional={"told": st.booleans(), "extra": st.integers(0, 5)},
)


@settings(max_examples=25, deadline=None)
@given(CONDITIONS, st.lists(FACTS, min_size=30, max_size=30))
def test_what_is_called_impossible_never_happens(condition, many):
    text = SOUND.replace("    when: gold\n", f'    when: "{condition}"\n', 1)
    found = {code for code, path in said(text) if path == "owed[1].when"}
    scheme = load_scheme(text)
    for facts in many:
        answers = {tried.answer for tried in evaluate(scheme, facts).tried if tried.of == "gift"}
        assert not ("never_applies" in found and Answer.MET in answers)
        assert not ("always_applies" in found and Answer.NOT_MET in answers)


def test_the_command_tells_them_and_the_scheme_can_be_used(tmp_path):
    file = tmp_path / "unwise.yaml"
    file.write_text(SOUND.replace("  price: money\n", "  price: money\n  weather: text\n"), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 0
    assert "facts.weather: nothing in the scheme uses `weather`. Use it, or remove it. [fact_unused]" in result.output
    assert "can be used, 1 warnings." in result.output


def test_a_promise_in_a_policy_is_looked_at_too():
    promise = "\n".join(f"      {line}" for line in SOUND.replace("    when: gold\n", "    when: told\n").splitlines())
    found = {
        problem.dotted: problem
        for problem in examine(f"{default_text()}\nschemes:\n  - own:\n{promise}\n", "policy").warnings
    }
    assert found["schemes[0].own.owed[1].when"].finding.code == "always_applies"
    assert found["schemes[0].own.owed[1].when"].mark.line > len(default_text().splitlines())


def test_every_warning_there_is_has_been_seen():
    codes = {
        node.args[1].value
        for node in ast.walk(ast.parse(Path(lint.__file__).read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        if isinstance(node.args[1], ast.Constant)
    }
    assert codes <= {code for _, _, code, _ in CHANGES}
    assert len(codes) > 8
