"""What is owed: choices, replacements, gates, and what is lacking for them."""

import pytest

from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.schemes.conditions import ALWAYS
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.frame import Frame, NotComputable
from compensation_service.decision.schemes.result import Answer, Applies
from compensation_service.decision.schemes.tables import Bands, Table
from compensation_service.decision.schemes.terms import Constant
from compensation_service.policies.schemes.load import load_scheme

HEAD = """
id: example
title: Example
basis: promise
sources: [{url: "https://example.com"}]
currency: EUR
facts:
  wish: {type: text, one_of: [money, voucher], required: false}
  asked: {type: text, one_of: [money, voucher]}
  eligible: boolean
  gold: boolean
  price: money
  told_on: {type: date, required: false}
"""
AMONG = """
    among:
      - {id: money, kind: payment, when: eligible, amount: price}
      - {id: voucher, kind: store_credit, when: gold, amount: {percent: 120, of: price}}
"""
ALL = {"eligible": True, "gold": True, "price": "10.00"}


def choice(keys, after=""):
    return load_scheme(f"{HEAD}owed:\n  - id: choice\n    {keys}{AMONG}{after}")


def test_an_open_choice_settles_no_sum_and_shows_what_each_option_is_worth():
    result = evaluate(choice("customer_chooses: wish"), ALL)
    assert (result.applies, result.amount_minor) == (Applies.YES, None)
    assert [option.amount_minor for option in result.choices[0].open] == [1000, 1200]
    assert "the customer may choose money, voucher" in result.steps[-1]


def test_a_choice_without_a_fact_for_it_stays_open():
    assert evaluate(choice("about: No fact tells the wish."), ALL).amount_minor is None


def test_a_wish_that_must_be_told_is_a_need_where_there_is_anything_to_choose():
    scheme = choice("customer_chooses: asked")
    assert evaluate(scheme, ALL).needs == ("asked",)
    assert evaluate(scheme, {**ALL, "eligible": False, "gold": False}).applies is Applies.NO


def test_on_silence_the_named_remedy_or_the_first_open_one_applies():
    named = evaluate(choice("customer_chooses: wish\n    on_silence: voucher"), ALL)
    assert (named.amount_minor, named.choices[0].by_silence) == (1200, True)
    first = choice("customer_chooses: wish\n    on_silence: first_open")
    assert evaluate(first, {**ALL, "eligible": False}).amount_minor == 1200
    assert evaluate(first, {**ALL, "wish": "voucher"}).amount_minor == 1200
    assert evaluate(first, {**ALL, "eligible": False, "gold": False}).amount_minor == 0


def test_silence_ends_by_a_date():
    scheme = choice("customer_chooses: wish\n    on_silence: money\n    silence_ends: {days: 14, after: told_on}")
    ends = evaluate(scheme, {**ALL, "told_on": "2025-01-01"}).choices[0].silence_ends
    assert str(ends.date) == "2025-01-15"
    unknown = evaluate(scheme, ALL).choices[0].silence_ends
    assert (unknown.date, unknown.text) == (None, "14 days; told_on is not given")


def test_whether_a_remedy_is_open_must_be_known():
    result = evaluate(choice("customer_chooses: wish"), {"eligible": True, "price": "10.00", "wish": "money"})
    assert (result.applies, result.needs) == (Applies.NEEDS, ("gold",))


def test_a_choice_whose_condition_is_unknown_is_a_need():
    result = evaluate(
        choice("when: gold\n    customer_chooses: wish"), {"eligible": True, "price": "1", "wish": "money"}
    )
    assert result.needs == ("gold",)
    assert not evaluate(choice("when: gold"), {"gold": False}).choices


def test_a_later_entry_computes_with_what_was_chosen():
    after = "  - {id: extra, kind: payment, amount: {percent: 10, of: choice}}\n"
    scheme = choice("customer_chooses: wish", after)
    assert evaluate(scheme, {**ALL, "wish": "voucher"}).amount_minor == 1320
    assert evaluate(scheme, ALL).needs == ("wish",)
    other = choice("customer_chooses: wish", after.replace("of: choice", "of: money"))
    assert evaluate(other, {**ALL, "wish": "voucher"}).amount_minor == 1200


def test_a_choice_can_be_replaced_as_a_whole():
    after = "  - {id: instead, kind: payment, when: price > 5, amount: 1.00, replaces: [choice]}\n"
    result = evaluate(choice("customer_chooses: wish", after), {**ALL, "wish": "money"})
    assert (result.amount_minor, result.remedies, result.choices) == (100, ("payment",), ())


REPLACED = """owed:
  - {id: sum, kind: payment, amount: 6.00}
  - {id: half, kind: payment, when: gold, amount: {percent: 50, of: sum}, replaces: [sum]}
  - {id: more, kind: payment, amount: {percent: 100, of: sum}}
"""


def test_what_is_replaced_counts_as_nothing_afterwards_and_is_still_explained():
    result = evaluate(load_scheme(HEAD + REPLACED), {"gold": True})
    assert [component.id for component in result.components] == ["half"]
    assert result.steps == ("half (payment): 50 % of sum 6.00 = 3.00", "more (payment): 100 % of sum 0.00")


def test_a_replacement_that_is_not_certain_leaves_the_sum_open():
    result = evaluate(load_scheme(HEAD + REPLACED), {})
    assert (result.amount_minor, result.needs) == (None, ("gold",))
    assert "not established, as gold is not given" in result.steps[0]


def test_an_uncertain_entry_that_gives_nothing_asks_for_nothing():
    scheme = load_scheme(HEAD + "owed: [{kind: payment, when: gold, amount: {subtract: 20, from: price}}]")
    assert evaluate(scheme, {"price": "10.00"}).applies is Applies.NO


def test_a_gate_that_is_not_known_matters_only_if_anything_could_be_owed():
    scheme = load_scheme(
        HEAD + "only_if: [{when: gold, because: Gold only.}]\nowed: [{kind: payment, when: eligible, amount: 1}]"
    )
    assert evaluate(scheme, {"eligible": True}).needs == ("gold",)
    assert evaluate(scheme, {"eligible": False}).applies is Applies.NO
    shut = evaluate(scheme, {"gold": False})
    assert (shut.applies, shut.reason, shut.tried[0].answer) == (Applies.NO, "Gold only.", Answer.NOT_MET)


def test_a_currency_that_no_row_names_is_refused_unless_nothing_is_owed():
    head = HEAD.replace("currency: EUR", "currency: {table: wish, rows: {money: {text: EUR}, voucher: {text: USD}}}")
    scheme = load_scheme(head + "not_if: [{when: gold, because: Not for gold.}]\nowed: [{kind: payment, amount: 1}]")
    assert evaluate(scheme, {"gold": False, "wish": "voucher"}).currency == "USD"
    assert evaluate(scheme, {"gold": False}).needs == ("wish",)
    assert evaluate(scheme, {"gold": True}).currency is None


def test_a_value_that_cannot_be_established_says_so_in_its_step():
    scheme = load_scheme(
        HEAD + "values: {half: {divide: price, by: 2}}\nowed: [{kind: payment, when: gold || half > 1}]"
    )
    assert evaluate(scheme, {"gold": True}).steps == ("payment (payment)",)
    assert evaluate(scheme, {}).needs == ("gold", "price")


def test_a_word_that_is_none_of_the_facts_is_refused():
    with pytest.raises(UnusableFacts, match="one of money, voucher"):
        evaluate(choice("customer_chooses: wish"), {**ALL, "wish": "cash"})


def test_a_table_or_bands_without_an_answer_are_not_guessed():
    frame = Frame(load_scheme(HEAD + "owed: [{kind: thing}]"), {}, {})
    five = Constant(5, "5")
    with pytest.raises(NotComputable, match="none of the bands"):
        Bands(five, (), None).value(frame)
    with pytest.raises(NotComputable, match="no row"):
        Table(five, {}, None).value(frame)
    assert ALWAYS.words(frame) == "always"


def test_what_came_to_nothing_is_explained_too():
    scheme = load_scheme(HEAD + "owed: [{kind: payment, amount: {percent: 25, of: price, not_paid_below: 4.00}}]")
    result = evaluate(scheme, {"price": "15.00"})
    assert (result.applies, result.components) == (Applies.NO, ())
    assert result.steps == ("payment (payment): 25 % of price 15.00 = 3.75, not paid as it is below 4.00 = 0.00",)


def test_a_currency_that_cannot_be_computed_is_refused_where_it_matters():
    chosen = "{choose: [{when: price / (price - price) > 1, give: {text: EUR}}, {otherwise: {text: USD}}]}"
    head = HEAD.replace("currency: EUR", f"currency: {chosen}")
    with pytest.raises(UnusableFacts, match="divides by 0"):
        evaluate(load_scheme(head + "owed: [{kind: thing}]"), {"price": "1"})
