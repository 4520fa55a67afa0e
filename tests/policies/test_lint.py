"""Every warning: the default policy with one change, and what is said about it."""

import ast
from pathlib import Path

import pytest

from compensation_service.policies import lint
from compensation_service.policies.load import default_text, examine, load_policy

CHANGES = [
    ("always: 1 ", "always: 0 ", "category_never_serious", "categories.not_received"),
    (
        "ceiling: 0.45  # judgement\n    basis: process",
        "ceiling: 0.02\n    basis: process",
        "category_never_paid",
        "categories.support_wait.ceiling",
    ),
    ("share_max: 0.15  # judgement", "share_max: 0.01", "category_under_floor", "categories.support_wait.share_max"),
    ("share_cap: 0.40", "share_cap: 0.60", "cap_never_binds", "categories.late_delivery.share_cap"),
    ("rejected_slope: 0.15", "rejected_slope: 0.05", "cap_never_binds", "goodwill.rejected_cap"),
    ("group_cap: 0.20", "group_cap: 0.60", "cap_never_binds", "goodwill.group_cap"),
    ("most: 1.0 ", "most: 5 ", "cap_never_binds", "goodwill.most"),
    ("[0.9, 0.953], [1, 1]]", "[0.9, 0.953], [1, 1], [1.1, 1]]", "curve_never_reached", "goodwill.rise[11]"),
    ("silver: 0.3, gold: 0.6", "silver: 0.3, gold: 0.3", "same_as_another", "loyalty.tiers.gold"),
    ("wrong_information: 0.55", "wrong_information: 0.75", "same_as_another", "categories.poor_service.grades.rude"),
    ("    menu: service", "    menu: attention", "menu_unused", "menus.service"),
    (
        "        - [apology, gift]\n        - [apology, next",
        "        - [apology, gift]\n        - [gift]\n        - [apology, next",
        "option_never_default",
        "menus.goods.kept.moderate[8]",
    ),
    (
        "        - [apology, free_service_period]\n      moderate",
        "        - [apology, free_service_period]\n        - [correction, apology]\n      moderate",
        "option_never_offered",
        "menus.service.kept.low[2]",
    ),
    ("automatic_most: 0.5", "automatic_most: 1", "nobody_looks", "approval.automatic_most"),
    ("moderate, high]\n  limits", "moderate, high, critical]\n  limits", "nobody_looks", "approval.automatic_bands"),
    (
        "apology_by_person: personal_call",
        "apology_by_person: apology",
        "guard_does_nothing",
        "guards.apology_by_person",
    ),
]
SAID_OF_THE_DEFAULT = {
    ("cap_never_binds", "categories.poor_service.share_cap"),
    ("cap_never_binds", "categories.support_wait.share_cap"),
}


def said(text):
    return {(problem.finding.code, problem.dotted): problem for problem in examine(text, "policy").warnings}


@pytest.mark.parametrize(("old", "new", "code", "path"), CHANGES)
def test_what_is_unwise_is_said_with_its_place_its_reason_and_what_to_do(old, new, code, path):
    text = default_text()
    assert old in text
    changed = text.replace(old, new, 1)
    load_policy(changed)
    found = said(changed)
    assert (code, path) in found
    problem = found[code, path]
    assert problem.mark.line > 1
    assert problem.finding.reason.endswith(".")
    assert problem.finding.advice.endswith(".")


def test_a_band_above_every_category_is_said():
    text = default_text().replace("ceiling: 1.00", "ceiling: 0.95").replace("critical: 0.75}", "critical: 1}")
    assert ("band_never_reached", "severity.bands.critical") in said(text)


def test_the_default_policy_has_two_caps_in_reserve_and_nothing_else():
    assert set(said(default_text())) == SAID_OF_THE_DEFAULT


def test_warnings_come_in_the_order_of_the_text():
    text = default_text().replace("automatic_most: 0.5", "automatic_most: 1").replace("most: 1.0 ", "most: 5 ")
    marks = [problem.mark for problem in examine(text, "policy").warnings]
    assert len(marks) > len(SAID_OF_THE_DEFAULT)
    assert marks == sorted(marks)


def test_every_warning_there_is_has_been_seen():
    codes = {
        node.args[1].value
        for node in ast.walk(ast.parse(Path(lint.__file__).read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        if isinstance(node.args[1], ast.Constant)
    }
    seen = {code for _, _, code, _ in CHANGES} | {"band_never_reached"}
    assert codes <= seen
    assert len(codes) > 8
