"""Values that are remembered: nothing that anybody is told changes by it."""

import json
from copy import copy

import pytest

from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.policies.schemes.answers import as_data
from compensation_service.policies.schemes.load import load_scheme, packed_schemes
from schemes.casebook import all_cases, scheme_of

HEAD = """
id: example
title: Example
basis: promise
sources: [{url: "https://example.com"}]
"""


def forgetful(scheme):
    """The same scheme, computing everything anew."""
    other = copy(scheme)
    object.__setattr__(other, "recalls", {})
    return other


@pytest.mark.parametrize("book", sorted({case.book for case in all_cases()}))
def test_a_case_comes_out_the_same_whether_or_not_anything_is_remembered(book):
    for case in all_cases():
        if case.book == book:
            told = [as_data(evaluate(scheme_of(case.scheme), case.facts)) for _ in range(2)]
            anew = as_data(evaluate(forgetful(scheme_of(case.scheme)), case.facts))
            assert [json.dumps(answer) for answer in told] == [json.dumps(anew)] * 2, case


def test_what_follows_from_plain_facts_is_remembered_and_what_follows_from_amounts_is_not():
    scheme = packed_schemes()["uk-cra-2015"]
    assert scheme.recalls["days_held"].reads == ("days_since_delivery", "delivered_on", "incident_date")
    assert "deduction_for_use" in scheme.values
    assert "deduction_for_use" not in scheme.recalls


def test_a_remembered_lack_is_told_like_a_new_one():
    scheme = packed_schemes()["eu-2019-771-goods"]
    told = {"country": "BG", "price": "10.00", "value_as_is": "1", "value_if_conforming": "2"}
    needs = [evaluate(scheme, told).needs for _ in range(2)]
    assert needs == [("months_since_delivery", "delivered_on", "incident_date")] * 2


def test_a_figure_that_changes_on_the_way_is_that_of_each_day():
    scheme = load_scheme(f"""{HEAD}
currency: EUR
facts: {{first: date, last: date}}
parameters:
  rate: {{by_date: {{2024-01-01: 1, 2025-01-01: 3}}, chosen_by: first}}
values:
  double: {{multiply: [rate, 2]}}
owed:
  - kind: flat
    amount: double
  - kind: payment
    amount: {{each_day: double, after: first, through: last}}
""")
    assert "double" in scheme.recalls
    result = evaluate(scheme, {"first": "2024-12-30", "last": "2025-01-02"})
    assert [component.amount_minor for component in result.components] == [200, 200 + 600 + 600]


def test_what_is_rounded_to_the_minor_unit_is_remembered_by_currency():
    scheme = load_scheme(f"""{HEAD}
currency: currency
facts: {{currency: text, pieces: integer}}
values:
  boxes: {{amount: {{divide: pieces, by: 4}}, round: {{}}}}
owed:
  - kind: payment
    amount: {{amount: 100, for_each: boxes}}
""")
    assert "boxes" in scheme.recalls
    amounts = [evaluate(scheme, {"currency": code, "pieces": 5}).amount_minor for code in ("EUR", "JPY", "EUR")]
    assert amounts == [12_500, 100, 12_500]


def test_it_does_not_grow_for_ever():
    scheme = packed_schemes()["uk-cra-2015"]
    recall = scheme.recalls["days_held"]
    for days in range(recall.outcome.cache_info().maxsize + 10):
        evaluate(scheme, {"price": "1.00", "days_since_delivery": days})
    assert recall.outcome.cache_info().currsize <= recall.outcome.cache_info().maxsize
