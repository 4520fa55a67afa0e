"""Everything the decision can say is said in every language, and with what it is told."""

import ast
import random
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from compensation_service import decision
from compensation_service.decision.engine import decide
from compensation_service.decision.facts import Fault, RemedyKind, UnusableFacts
from compensation_service.decision.policy import Grades
from compensation_service.letters.catalogues import read
from compensation_service.letters.explain import sentence
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.templates import fields_of
from compensation_service.policies.load import default_policy
from decision.bodies import facts_of
from decision.section3 import random_request
from letters.examples import CURRENCY, OWN_REASONS, REASONS, SAID, said


def codes_in_source():
    """code → the params it is given, for every Reason and Factor that the decision's source names literally."""
    makers, found = {"Reason", "Factor", "Constant", "constant"}, {}
    for path in Path(decision.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
                code, *rest = node.args
                if isinstance(code, ast.Constant):
                    params = rest[0].keys if rest and isinstance(rest[0], ast.Dict) else []
                    found.setdefault(code.value, set()).update(key.value for key in params)
    return found


def codes_in_policy():
    for code, category in default_policy().categories.items():
        yield f"{code}.ceiling"
        if isinstance(category.magnitude, Grades):
            yield from (f"{code}.{grade}" for grade in category.magnitude.values)


def decided_reasons(count=600):
    """The reasons of random decisions, with histories that wake the guards."""
    dice = random.Random(20261121)
    policy = default_policy()
    for _ in range(count):
        facts = facts_of(random_request(dice))
        history = replace(
            facts.customer.history,
            goodwill_12m=dice.choice((0, 10**10)),
            apologies_90d=dice.randint(0, 2),
            soft_remedies_90d={kind: dice.randint(0, 3) for kind in RemedyKind},
            unverified_claims_12m=dice.randint(0, 9),
        )
        incident = replace(facts.incident, verified=dice.random() < 0.5, fault=dice.choice(list(Fault)))
        if dice.random() < 0.3:
            incident = replace(incident, reported_at=facts.decided_at - timedelta(hours=dice.randint(0, 200)))
        facts = replace(facts, incident=incident, customer=replace(facts.customer, history=history))
        try:
            yield from reasons_of(decide(facts, policy))
        except UnusableFacts:
            continue


def reasons_of(made):
    yield from (*made.severity.factors, *made.loyalty.factors, *made.goodwill.factors, *made.guards)
    yield from (item.reason for item in made.entitlements)
    if made.amount.refused:
        yield made.amount.refused
    if made.approval:
        yield from made.approval.reasons


def test_every_code_of_the_source_has_a_sentence_and_an_example():
    codes = set(codes_in_source())

    assert len(codes) > 30
    assert codes <= set(read("en")["reasons"])
    assert codes <= {reason.code for reason in REASONS}


def test_every_code_of_the_default_policy_has_a_sentence():
    categories, reasons = read("en")["words"]["category"], read("en")["reasons"]
    for code in codes_in_policy():
        category, _, detail = code.partition(".")
        assert category in categories if detail == "ceiling" else code in reasons


def test_no_sentence_is_there_for_nothing():
    assert set(read("en")["reasons"]) == {reason.code for reason in REASONS if not reason.code.endswith(".ceiling")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_ask_only_for_what_the_decision_tells(language):
    told = codes_in_source()
    told |= {reason.code: set(reason.params) for reason in REASONS if reason.code not in told}
    for code, tree in read(language)["reasons"].items():
        assert fields_of(tree) <= told[code], code


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_decisions_are_explained_by_their_own_sentences(language):
    own = set(read(language)["reasons"])
    codes = set()
    for reason in decided_reasons():
        codes.add(reason.code)
        text = sentence(language, reason, CURRENCY)
        assert text
        assert not re.search(r"[{}]|\b[a-z]+_[a-z_]+\b|None|Decimal", text), text
    assert {code for code in codes if not code.endswith(".ceiling")} <= own
    assert len(codes) > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_give_whole_sentences(language):
    for reason in REASONS:
        text = sentence(language, reason, CURRENCY)
        assert not re.search(r"[{}]|  |\.\.|\s$|^\s", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_own_codes_get_a_sentence_that_names_them(language):
    for reason in OWN_REASONS:
        text = sentence(language, reason, CURRENCY)
        category, _, detail = reason.code.partition(".")
        known = read(language)["words"]["category"].get(category, category)
        assert known in text
        measured = bool(reason.params)
        assert measured or detail in ("", "ceiling", "always") or detail in text, text


@pytest.mark.parametrize("language", ["ru", "bg", "fa"])
def test_nothing_is_left_in_english(language):
    for reason in REASONS:
        text = sentence(language, reason, CURRENCY)
        foreign = re.sub("platinum|mouldy", "", text)
        assert not re.search("[A-Za-z]", foreign), text


def test_persian_is_written_in_persian():
    for reason in REASONS:
        text = sentence("fa", reason, CURRENCY)
        assert not re.search("[0-9٠-٩يكﻻ]|[\u200e\u200f\u2066-\u2069]", text), text
        assert not re.search("(^| )ن?می ", text), f"{text}: the prefix is joined by ZWNJ"
        assert not re.search("\u200c( |$|\u200c)|(^| )\u200c", text), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_as_reviewed(language):
    reviewed = (SAID / f"{language}.txt").read_text(encoding="utf-8")

    assert said(language) == reviewed, "after a review: python tests/letters/examples.py"


@pytest.mark.parametrize(
    ("orders", "russian"),
    [(1, "1 заказ до этого"), (2, "2 заказа до этого"), (5, "5 заказов до этого"), (11, "11 заказов до этого"),
     (21, "21 заказ до этого"), (102, "102 заказа до этого")],
)  # fmt: skip
def test_plurals(orders, russian):
    reason = next(reason for reason in REASONS if reason.code == "loyalty.orders")

    assert sentence("ru", replace(reason, params={"orders": orders}), CURRENCY) == russian
