"""Every refusal: the default policy with one change, and what is said about it."""

from itertools import pairwise

import pytest

from compensation_service.policies.load import default_text, load_policy
from compensation_service.policies.problems import PolicyRefused
from policies.broken import CHANGES


@pytest.mark.parametrize(("old", "new", "code", "path"), CHANGES)
def test_a_broken_rule_is_told_with_its_place_its_reason_and_what_to_do(old, new, code, path):
    text = default_text()
    assert old in text
    with pytest.raises(PolicyRefused) as refused:
        load_policy(text.replace(old, new, 1))
    found = {(problem.finding.code, problem.dotted): problem for problem in refused.value.problems}
    assert (code, path) in found
    problem = found[code, path]
    assert problem.mark.line > 1
    assert problem.finding.reason.endswith(".")
    assert problem.finding.advice.endswith(".")
    assert str(problem) == (
        f"policy:{problem.mark.line}:{problem.mark.column}: {path}: {problem.finding.reason} {problem.finding.advice}"
    )


def test_all_broken_rules_are_told_at_once_in_the_order_of_the_text():
    text = default_text().replace("total_cap: 1.20", "total_cap: 1.51").replace("share_cap: 0.60", "share_cap: 0.70")
    with pytest.raises(PolicyRefused) as refused:
        load_policy(text.replace("hurried: critical", "hurried: low"))
    assert [problem.finding.code for problem in refused.value.problems] == [
        "total_cap_too_high", "clocks_not_falling", *["share_cap_too_high"] * 3,
    ]  # fmt: skip
    assert all(before.mark <= after.mark for before, after in pairwise(refused.value.problems))


def test_the_place_is_the_value_itself():
    text = default_text().replace("share_cap: 0.35", "share_cap: 0.75", 1)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "share_cap: 0.75" in line)
    with pytest.raises(PolicyRefused) as refused:
        load_policy(text)
    assert refused.value.problems[0].mark == (line, len("    share_cap: ") + 1)
    assert refused.value.problems[0].pointer == "/categories/technical_failure/share_cap"


def test_a_document_that_is_no_table_is_refused():
    with pytest.raises(PolicyRefused, match="policy:1:1: this should be a valid dictionary"):
        load_policy("just words")


def test_a_file_is_called_by_its_path(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(default_text().replace("name: default", "name: mine"), encoding="utf-8")
    assert load_policy(file).name == "mine"
    file.write_bytes(b"name: \xff")
    with pytest.raises(PolicyRefused) as refused:
        load_policy(file)
    assert str(refused.value) == f"{file}:1:1: this file is not UTF-8 text. Save it as UTF-8."


def test_nobody_needs_to_ask_about_what_was_trivial():
    text = default_text()
    trivial = "trivial: {acknowledge: 1, decide: 24, carry_out: 72, follow_up: 168}"
    assert trivial in text
    load_policy(text.replace(trivial, trivial.replace("168", "0")))
