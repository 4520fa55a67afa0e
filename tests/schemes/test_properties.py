"""What holds whatever the facts are."""

import json
import random
import re
from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise

from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.facts import FactTerms, FactType
from compensation_service.decision.schemes.frame import Frame
from compensation_service.decision.schemes.numbers import Mode, Rounding, minor_units, rounded
from compensation_service.decision.schemes.result import Applies
from compensation_service.decision.schemes.scheme import Scheme
from compensation_service.policies.schemes.conditions import compile_condition
from compensation_service.policies.schemes.load import load_scheme
from compensation_service.policies.schemes.scope import Name, Scope, fact_maker, type_of
from compensation_service.policies.source import read_source
from schemes.casebook import FOLDERS, all_cases, answer, scheme_of

FEW = settings(max_examples=200, deadline=None)
HEAD = """
id: example
title: Example
basis: promise
sources: [{url: "https://example.com"}]
currency: EUR
"""
DECIMALS = {
    Mode.HALF_UP: ROUND_HALF_UP,
    Mode.HALF_EVEN: ROUND_HALF_EVEN,
    Mode.HALF_DOWN: ROUND_HALF_DOWN,
    Mode.UP: ROUND_UP,
    Mode.DOWN: ROUND_DOWN,
}
AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=5)


@FEW
@given(amount=AMOUNTS, mode=st.sampled_from(Mode), exponent=st.sampled_from([0, 2, 3]))
def test_rounding_agrees_with_decimals(amount, mode, exponent):
    wanted = amount.quantize(Decimal(1).scaleb(-exponent), DECIMALS[mode]).scaleb(exponent)
    assert minor_units(Fraction(amount), exponent, Rounding(None, mode)) == wanted


@FEW
@given(amount=AMOUNTS, mode=st.sampled_from(Mode), step=st.sampled_from(["0.05", "0.5", "1", "25"]))
def test_rounding_to_a_step_stays_within_the_step(amount, mode, step):
    found = rounded(Fraction(amount), Fraction(step), mode)
    assert (found / Fraction(step)).denominator == 1
    assert abs(found - Fraction(amount)) < Fraction(step)
    assert rounded(found, Fraction(step), mode) == found


@cache
def banded(edges: tuple[int, ...], *, upper_included: bool) -> Scheme:
    lower, upper = ("above", "up_to") if upper_included else ("from", "below")
    rows = [f"{{{upper}: {edges[0]}, give: 1}}"]
    rows += [f"{{{lower}: {low}, {upper}: {high}, give: {n}}}" for n, (low, high) in enumerate(pairwise(edges), 2)]
    rows += [f"{{{lower}: {edges[-1]}, give: {len(edges) + 1}}}"]
    owed = f"{{kind: payment, amount: {{bands: size, rows: [{', '.join(rows)}]}}}}"
    return load_scheme(f"{HEAD}\nfacts: {{size: decimal}}\nowed: [{owed}]")


@FEW
@given(
    edges=st.sampled_from([(1,), (0, 5), (-3, 2, 4, 9)]),
    upper_included=st.booleans(),
    size=st.decimals(min_value=-10, max_value=10, places=1),
)
def test_bands_that_need_no_otherwise_hold_every_figure_in_exactly_one_row(edges, upper_included, size):
    result = evaluate(banded(edges, upper_included=upper_included), {"size": str(size)})
    row = 1 + sum(size > edge or (size == edge and not upper_included) for edge in edges)
    assert result.amount_minor == row * 100


FACTS = {
    "a": FactTerms(FactType.INTEGER),
    "b": FactTerms(FactType.INTEGER),
    "flag": FactTerms(FactType.BOOLEAN),
    "word": FactTerms(FactType.TEXT),
    "numbers": FactTerms(FactType.LIST, items=FactTerms(FactType.INTEGER)),
}
NAMES = {name: Name(type_of(terms), fact_maker(name, type_of(terms)), terms) for name, terms in FACTS.items()}
OFFICIAL = cel.NewEnv(
    variables={
        "a": cel.Type.INT,
        "b": cel.Type.INT,
        "flag": cel.Type.BOOL,
        "word": cel.Type.STRING,
        "numbers": cel.Type.List(cel.Type.INT),
    }
)
SMALL = st.integers(-3, 3)
NUMBER = st.recursive(
    st.one_of(st.sampled_from(["a", "b"]), st.integers(0, 3).map(str)),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
    max_leaves=4,
)
LEAF = st.one_of(
    st.tuples(NUMBER, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBER).map(" ".join),
    st.sampled_from(
        ["flag", "word == 'x'", "word in ['x', 'y']", "a in [1, 2]", "a in numbers", "word.startsWith('x')"]
    ),
    st.tuples(st.sampled_from(["exists", "all", "exists_one"]), st.sampled_from(["> b", "== a", "!= 0"])).map(
        lambda parts: f"numbers.{parts[0]}(n, n {parts[1]})"
    ),
    st.just("numbers.filter(n, n > 0).exists(n, n == b)"),
    st.just("numbers.map(n, n + a).all(n, n != b)"),
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        inner.map(lambda part: f"!({part})"),
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
    ),
    max_leaves=6,
)
TOLD = st.fixed_dictionaries(
    {
        "a": SMALL,
        "b": SMALL,
        "flag": st.booleans(),
        "word": st.sampled_from(["x", "y", "xy", ""]),
        "numbers": st.lists(SMALL, max_size=3),
    }
)
SCHEME = load_scheme(f"{HEAD}\nfacts: {{a: integer}}\nowed: [{{kind: payment}}]")


def ask(text: str, told: Mapping[str, object]) -> bool:
    facts = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return compile_condition(text, Scope(NAMES, {}), ()).test(Frame(SCHEME, facts, facts))


@settings(max_examples=300, deadline=None)
@given(text=CONDITION, told=TOLD)
def test_conditions_answer_as_the_official_evaluator_does(text, told):
    assert ask(text, told) is OFFICIAL.compile(text).eval(data=told).value()


def shuffled(value: object, order: random.Random) -> object:
    """The same document with the keys of its mappings in another order, but for those that build on one another."""
    if isinstance(value, list):
        return [shuffled(item, order) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    order.shuffle(keys)
    ordered = {key: shuffled(value[key], order) for key in keys}
    if isinstance(value.get("values"), dict):
        ordered["values"] = {name: shuffled(inner, order) for name, inner in value["values"].items()}
    return ordered


@settings(max_examples=20, deadline=None)
@given(case=st.sampled_from(all_cases()), seed=st.integers(0, 1000))
def test_the_order_of_keys_does_not_matter(case, seed):
    path = next(path for folder in FOLDERS for path in folder.glob(f"{case.scheme}.yaml"))
    data = read_source(path.read_text(encoding="utf-8"), path.name).data
    text = json.dumps(shuffled(data, random.Random(seed)), default="number {}".format)
    again = evaluate(load_scheme(re.sub(r'"number ([0-9.-]+)"', r"\1", text)), case.facts)
    first = answer(case)
    assert (again.amount_minor, again.remedies, again.needs) == (first.amount_minor, first.remedies, first.needs)


@settings(max_examples=300, deadline=None)
@given(case=st.sampled_from(all_cases()), data=st.data())
def test_with_any_facts_left_out_the_answer_is_the_same_or_needs_some_of_them(case, data):
    left_out = data.draw(st.sets(st.sampled_from(sorted(case.facts))))
    result = evaluate(scheme_of(case.scheme), {name: told for name, told in case.facts.items() if name not in left_out})
    facts = scheme_of(case.scheme).facts
    optional = {name for name in left_out if name not in facts or not facts[name].required}
    if result.applies is Applies.NEEDS:
        assert {need.split("[")[0].split(".")[0] for need in result.needs} & {*left_out, "incident_date"}
        assert result.amount_minor is None
    elif not optional:
        assert result.amount_minor == answer(case).amount_minor
