"""Small things the language says, one by one: an amount, the facts, and what comes out."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import Applies
from compensation_service.policies.schemes.load import load_scheme

HEAD = """
id: example
title: Example
basis: promise
sources: [{url: "https://example.com"}]
currency: EUR
timezone: Europe/Sofia
calendars: {uk: {country: GB, region: ENG}}
facts:
  n: {type: decimal, default: 0}
  m: {type: money, default: 0}
  price: {type: money, default: 10}
  a: date
  b: date
  start: moment
  end: moment
  at: time
  flag: boolean
  word: text
  maybe: {type: decimal, required: false}
  none: {type: integer, may_be_none: there was none}
  inner: {type: record, fields: {x: integer, y: {type: integer, may_be_none: none}}}
  list: {type: list, items: money}
  type: {type: text, required: false}
  days: {type: integer, required: false}
  count: {type: integer, required: false}
  rows:
    type: list
    items: {type: record, fields: {v: {type: decimal, required: false}, d: {type: date, may_be_none: no}}}
parameters:
  rate: {by_date: {2024-01-01: 1, 2025-01-01: 2}, chosen_by: a}
values:
  countries: {words: [AT, BE]}
"""
DATES = {"a": "2025-01-31", "b": "2025-03-01"}
MOMENTS = {"start": "2025-03-29T22:30:00Z", "end": "2025-03-30T01:15:00Z"}

AMOUNTS = [
    ("{amount: m, round: {to: 25}}", {"m": "37.5"}, "50"),
    ("{amount: m, round: {to: 25, mode: down}}", {"m": "49.99"}, "25"),
    ("{amount: m, round: {mode: up}, at_least: 1}", {"m": "1.001"}, "1.01"),
    ("{amount: m, not_paid_below: 2, not_paid_up_to: 3}", {"m": "3"}, "0"),
    ("{amount: m, not_paid_below: 2, not_paid_up_to: 3}", {"m": "3.01"}, "3.01"),
    ("{subtract: price, from: 5}", {}, "0"),
    ("{amount: price, for_each: {count: months, from: a, to: b}}", DATES, "10"),
    ("{amount: price, for_each: {count: months, from: a, to: b, counted: started}}", DATES, "20"),
    ("{amount: price, for_each: {count: weeks, from: a, to: b}}", DATES, "40"),
    ("{amount: price, for_each: {count: weeks, from: a, to: b, counted: started}}", DATES, "50"),
    ("{amount: price, for_each: {count: years, from: a, to: b, counted: started}}", DATES, "10"),
    ("{amount: price, for_each: {count: working_days, from: a, to: b, calendar: uk}}", DATES, "200"),
    ("{amount: price, for_each: {count: hours, from: start, to: end}}", MOMENTS, "27.5"),
    ("{amount: price, for_each: {started: 1, of: {count: hours, from: start, to: end}}}", MOMENTS, "30"),
    ("{amount: price, for_each: {count: minutes, from: start, to: {hours: 1.5, after: start}}}", MOMENTS, "900"),
    ("{amount: price, for_each: {count: days, from: start, to: end}}", MOMENTS, "0"),
    ("{amount: price, for_each: {count: days, from: a, to: {weeks: 2, after: a}}}", DATES, "140"),
    ("{amount: price, for_each: {count: days, from: {years: 1, before: a}, to: a}}", DATES, "3660"),
    (
        "{amount: price, for_each: {count: days, from: a, to: {days: 1, after: a, "
        "if_not_worked: {move: next, calendar: uk}}}}",
        DATES,
        "30",
    ),
    (
        "{amount: price, for_each: {count: days, to: b, from: {days: 1, after: a, "
        "if_not_worked: {move: last, calendar: uk}}}}",
        DATES,
        "290",
    ),
    ("{amount: price, for_each: {days_in: month, of: b}}", DATES, "310"),
    ("{amount: price, for_each: {days_in: year, of: {date: 2024-05-05}}}", {}, "3660"),
    ("{amount: price, for_each: {count: days, from: a, to: {greater_of: [b, {date: 2025-02-01}]}}}", DATES, "290"),
    ("{amount: price, for_each: rate}", DATES, "20"),
    ("{amount: price, for_each: {parameter: rate, on: {date: 2024-12-31}}}", DATES, "10"),
    ("{amount: price, for_each: {first_known: [maybe, none, 7]}}", {"none": None}, "70"),
    ("{amount: price, for_each: {first_known: [maybe, none, 7]}}", {"none": 3}, "30"),
    ("{table: flag, rows: {true: 1, false: 2}}", {"flag": False}, "2"),
    ("{table: n, rows: {3: 1, 4: 2}, otherwise: 5}", {"n": "4.0"}, "2"),
    ("{bands: a, rows: [{below: {date: 2025-01-31}, give: 1}, {from: {date: 2025-01-31}, give: 2}]}", DATES, "2"),
    ("{largest_over: list, each: x, give: x}", {"list": ["1.5", "2.25"]}, "2.25"),
    ("{smallest_over: list, each: x, give: x, if_none: 9}", {"list": []}, "9"),
    ("{smallest_over: list, each: x, where: x > 1, give: x}", {"list": ["1", "3", "2"]}, "2"),
    (
        "{amount: price, for_each: {count_over: rows, each: r, where: given(r.v)}}",
        {"rows": [{"v": "1"}, {}, {"v": None}]},
        "10",
    ),
    ("{amount: price, for_each: {count_over: rows, each: r, where: '!given(r.d)'}}", {"rows": [{"d": None}]}, "10"),
    ("{accrue: n, per: 2, counted: started, pieces: [{up_to: 4, give: 1}, {above: 4, give: 10}]}", {"n": "5"}, "12"),
    ("{accrue: n, pieces: [{above: 4, give: 10}]}", {"n": "3"}, "0"),
    ("{amount: price, for_each: {count_over: countries, each: c}}", {}, "20"),
    ("{each_day: 1, after: a, through: b}", {"a": "2025-01-02", "b": "2025-01-02"}, "0"),
    ("{amount: 1, for_each: {count: days, from: a, to: {end_of: quarter, of: a}}}", DATES, "59"),
    ("{amount: 1, for_each: {count: days, from: {start_of: year, of: a, year_begins: '04-01'}, to: a}}", DATES, "305"),
    (
        "{amount: 1, for_each: {count: days, from: {start_of: week, of: start}, to: {end_of: month, of: start}}}",
        MOMENTS,
        "7",
    ),
]

CONDITIONS = [
    ("weekday(a) == 'friday' && month(a) == 1 && day(a) == 31 && year(b) == 2025", DATES, True),
    ("months_between(a, b) == 1 && days_between(a, b) == 29", DATES, True),
    ("a + days(29) == b && b - a == days(29) && b - days(29) == a", DATES, True),
    ("end - start > hours(2) && start + minutes(165) == end", MOMENTS, True),
    ("date(start) == date('2025-03-30') && time(start) == time('00:30')", MOMENTS, True),
    ("start > moment('2025-03-29T22:00:00+00:00')", MOMENTS, True),
    ("within_day(at, '08:00', '12:00')", {"at": "12:00"}, False),
    ("within_day(at, '22:00', '06:00')", {"at": "05:59"}, True),
    ("within_year(a, '12-24', '01-31')", DATES, True),
    ("within_year(b, '12-24', '01-31')", DATES, False),
    ("is_working_day(a, 'uk') && !is_holiday(a, 'uk') && working_days_between(a, b, 'uk') == 20", DATES, True),
    ("word.contains('b') && word.endsWith('c') && n / 2 < 1 && -n < 0", {"word": "abc", "n": "1"}, True),
    ("inner.x > 1 && !given(inner.y)", {"inner": {"x": 2, "y": None}}, True),
    ("rows.exists(r, !given(r.v))", {"rows": [{"v": "1"}, {}]}, True),
    ("rows.filter(r, given(r.v)).all(r, r.v > 0)", {"rows": [{"v": "1"}, {}]}, True),
    ("type == 'x' && given(type) && list.exists(package, package > 1)", {"type": "x", "list": [2]}, True),
    ("days == 29 && a + days(days) == b && count(list) == count", {**DATES, "days": 29, "count": 1, "list": [2]}, True),
    (
        "size(list) == 1 && list.size() > 0 && has(list) && !has(inner.y)",
        {"list": [2], "inner": {"x": 1, "y": None}},
        True,
    ),
    ("word in countries && !('DE' in countries)", {"word": "BE"}, True),
    ("price / 4 == 2.5 && price * 2 > 19.99 && price / price == 1", {}, True),
]


def scheme(owed):
    return load_scheme(f"{HEAD}\nowed:\n  - {owed}\n")


@pytest.mark.parametrize(("amount", "told", "wanted"), AMOUNTS)
def test_an_amount(amount, told, wanted):
    result = evaluate(scheme(f"{{kind: payment, amount: {amount}}}"), told)
    assert result.amount_minor == Decimal(wanted) * 100, result.steps
    assert all(result.steps)


def test_days_of_which_the_same_can_be_said_are_one_stretch():
    count = "{each_day: {choose: [{when: day >= b, give: 2}, {otherwise: 1}]}, after: a, through: {days: 2, after: b}}"
    [step] = evaluate(scheme(f"{{kind: payment, amount: {count}}}"), DATES).steps
    assert "from 2025-02-01 28 days × (otherwise: 1) + from 2025-03-01 1 days × " in step


@pytest.mark.parametrize(("condition", "told", "met"), CONDITIONS)
def test_a_condition(condition, told, met):
    result = evaluate(scheme(f'{{kind: thing, when: "{condition}"}}'), told)
    assert result.applies is (Applies.YES if met else Applies.NO)
    assert all(tried.text for tried in result.tried)


NOT_COMPUTABLE = [
    ("{divide: price, by: n}", {}, "is 0"),
    ("{amount: price, for_each: {whole: n, of: 3}}", {}, "no size of a block"),
    ("{accrue: 3, per: n, pieces: [{give: 1}]}", {}, "no size of a block"),
    ("{largest_over: list, each: x, give: x}", {"list": []}, "no x of which"),
    (
        "{amount: price, for_each: {count: days, from: a, to: {days: n, after: a}}}",
        {**DATES, "n": "1.5"},
        "whole number",
    ),
    ("{amount: price, for_each: {count: days, from: a, to: {days: n, after: a}}}", {**DATES, "n": "99999"}, "too many"),
    ("{each_day: 1, after: a, through: b}", {"a": "1900-01-01", "b": "2025-01-01"}, "too many"),
    ("{amount: price, for_each: rate}", {"a": "2023-12-31"}, "no figure for 2023-12-31"),
    ("{choose: [{when: price / n > 1, give: 1}, {otherwise: 2}]}", {}, "divides by 0"),
]


@pytest.mark.parametrize(("amount", "told", "said"), NOT_COMPUTABLE)
def test_what_cannot_be_computed_is_refused(amount, told, said):
    with pytest.raises(UnusableFacts, match="Example") as refused:
        evaluate(scheme(f"{{kind: payment, amount: {amount}}}"), told)
    assert said in refused.value.detail


UNUSABLE = [
    ({"start": 5}, "/start"),
    ({"at": []}, "/at"),
    ({"n": "many"}, "/n"),
    ({"n": True}, "/n"),
    ({"n": Decimal("NaN")}, "/n"),
    ({"price": 1.5}, "/price"),
    ({"a": "2025-02-30"}, "/a"),
    ({"a": 5}, "/a"),
    ({"start": "noon"}, "/start"),
    ({"at": "25:00"}, "/at"),
    ({"at": 5}, "/at"),
    ({"flag": "yes"}, "/flag"),
    ({"word": 5}, "/word"),
    ({"inner": []}, "/inner"),
    ({"inner": {"x": "many"}}, "/inner/x"),
    ({"list": {}}, "/list"),
    ({"list": [1, "many"]}, "/list/1"),
    ({"list": [0] * 1001}, "/list"),
]


@pytest.mark.parametrize(("told", "pointer"), UNUSABLE)
def test_a_fact_of_another_type_is_refused_with_its_place(told, pointer):
    with pytest.raises(UnusableFacts) as refused:
        evaluate(scheme("{kind: thing}"), told)
    assert refused.value.pointer == pointer


def test_dates_moments_and_times_may_be_told_as_such():
    told = {"a": date(2025, 1, 31), "start": datetime(2025, 3, 29, 22, 30, tzinfo=UTC), "at": time(5)}
    condition = "a == date('2025-01-31') && date(start) == date('2025-03-30') && at == time('05:00')"
    assert evaluate(scheme(f'{{kind: thing, when: "{condition}"}}'), told).applies is Applies.YES
    later = {**told, "a": told["start"]}
    assert evaluate(scheme('{kind: thing, when: "day(a) == 30"}'), later).applies is Applies.YES


def test_loops_within_loops_have_an_end():
    nested = "list.exists(x, list.exists(y, list.exists(z, x + y + z > 100)))"
    with pytest.raises(UnusableFacts, match="too long"):
        evaluate(scheme(f'{{kind: thing, when: "{nested}"}}'), {"list": [0] * 100})


def test_an_unknown_currency_is_refused():
    with pytest.raises(UnusableFacts, match="no such currency"):
        evaluate(
            load_scheme(f"{HEAD.replace('currency: EUR', 'currency: word')}\nowed: [{{kind: thing}}]"), {"word": "EUX"}
        )
