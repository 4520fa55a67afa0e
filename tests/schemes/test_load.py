"""A broken scheme is refused with its place, the reason and what to do."""

import pytest

from compensation_service.policies.problems import PolicyRefused
from compensation_service.policies.schemes.load import load_scheme, packed_schemes

SOUND = """\
id: example
title: Example
basis: promise
sources: [{url: "https://example.com"}]
valid: {from: 2020-01-01}
currency: EUR
calendars:
  uk: {country: GB}
facts:
  minutes: {type: integer, unit: minutes}
  price: money
  uptime: decimal
  kind: {type: text, one_of: [delay, loss]}
  day: date
  seen_at: moment
  wish: {type: text, one_of: [repair, refund], required: false}
  parcels: {type: list, items: {type: record, fields: {late: boolean, weight: decimal}}}
parameters:
  cap: {by_date: {2020-01-01: 10.00}}
values:
  half: {divide: price, by: 2}
not_if:
  - {when: minutes < 1, because: Nothing happened.}
owed:
  - kind: payment
    when: kind == 'delay'
    amount: half
  - id: remedy
    customer_chooses: wish
    among:
      - kind: repair
      - kind: refund
        amount: price
"""

BROKEN = {
    "a word misspelt": ("when: kind == 'delay'", "when: kind == 'dealy'", 26, "condition", "delay, loss"),
    "a name unknown": ("when: kind ==", "when: knd ==", 26, "condition", "Declare the name"),
    "no condition": ("when: minutes < 1", "when: minutes + 1", 23, "condition", "true or false"),
    "two kinds": ("when: minutes < 1", "when: minutes < kind", 23, "condition", "one kind"),
    "money and number": ("when: minutes < 1", "when: minutes < price", 23, "condition", "a number meets a money"),
    "not CEL": ("when: minutes < 1", "when: minutes <", 23, "condition", "Mend the condition"),
    "a double": ("when: minutes < 1", "when: minutes < 1e3", 23, "condition", "plain decimal"),
    "too many digits": ("minutes < 1", "uptime < 1.2345678901234567", 23, "condition", "at most 15 digits"),
    "null": ("when: minutes < 1", "when: minutes == null", 23, "condition", "given(name)"),
    "a rest": ("when: minutes < 1", "when: minutes % 2 == 1", 23, "condition", "remainders"),
    "a difference of dates": ("when: minutes < 1", "when: day - day > 14", 23, "condition", "days(14)"),
    "no such field": ("when: minutes < 1", 'when: "parcels.exists(p, p.lat)"', 23, "condition", "late, weight"),
    "field compared": ("when: minutes < 1", "when: \"parcels.all(p, p.late == 'x')\"", 23, "condition", "one kind"),
    "given of a value": ("when: minutes < 1", "when: given(half)", 23, "condition", "always there"),
    "unknown function": ("when: minutes < 1", "when: \"matches(kind, 'a')\"", 23, "condition", "functions of the ref"),
    "unknown calendar": ("minutes < 1", "\"is_holiday(day, 'us')\"", 23, "unknown_calendar", "there are: uk"),
    "no such day": ("minutes < 1", "day < date('2025-02-30')", 23, "condition", "a date"),
    "unknown amount": ("amount: half", "amount: haf", 27, "unknown_name", "Did you mean"),
    "a value below": ("half: {divide", "other: {sum: [half]}\n  half: {divide", 21, "unknown_name", "above the place"),
    "number as amount": ("amount: half", "amount: minutes", 27, "type", "Give an amount"),
    "money squared": ("amount: half", "amount: {multiply: [price, half]}", 27, "type", "by a number"),
    "money beside days": ("amount: half", "amount: {sum: [price, minutes]}", 27, "type", "all of them be money"),
    "no operation": ("amount: half", "amount: {percet: 5, of: price}", 27, "no_operation", "Did you mean `percent`"),
    "key missing": ("amount: half", "amount: {percent: 5}", 27, "missing_key", "Add it"),
    "key unknown": ("because:", "becuse:", 23, "unknown_key", "mend its spelling"),
    "a gap": (
        "amount: half",
        "amount: {bands: uptime, rows: [{below: 5, give: 1}, {above: 5, give: 2}]}",
        27,
        "bands_gap",
        "otherwise",
    ),
    "an inner gap": (
        "amount: half",
        "amount: {bands: uptime, rows: [{below: 5, give: 1}, {from: 6, give: 2}], otherwise: 0}",
        27,
        "bands_gap",
        "Let the rows meet",
    ),
    "an overlap": (
        "amount: half",
        "amount: {bands: uptime, rows: [{from: 1, up_to: 5, give: 1}, {from: 5, below: 9, give: 2}], otherwise: 0}",
        27,
        "bands_overlap",
        "end where the other begins",
    ),
    "never reached": (
        "amount: half",
        "amount: {bands: uptime, rows: [{from: 1, give: 1}, {from: 5, give: 2}], otherwise: 0}",
        27,
        "band_unreachable",
        "narrower one first",
    ),
    "empty band": (
        "amount: half",
        "amount: {bands: uptime, rows: [{above: 5, below: 5, give: 1}], otherwise: 0}",
        27,
        "band_empty",
        "Mend the edges",
    ),
    "two lower edges": (
        "amount: half",
        "amount: {bands: uptime, rows: [{from: 1, above: 5, give: 1}], otherwise: 0}",
        27,
        "unusable_value",
        "Write such",
    ),
    "table gap": ("amount: half", "amount: {table: kind, rows: {delay: 1}}", 27, "table_gap", "otherwise"),
    "table stranger": (
        "amount: half",
        "amount: {table: kind, rows: {delay: 1, los: 1}, otherwise: 0}",
        27,
        "unknown_word",
        "delay, loss",
    ),
    "table twice": (
        "amount: half",
        'amount: {table: kind, rows: {delay: 1, "delay, loss": 2}}',
        27,
        "table_twice",
        "Keep one",
    ),
    "table of dates": ("amount: half", "amount: {table: day, rows: {x: 1}, otherwise: 0}", 27, "type", "bands"),
    "choose without end": (
        "amount: half",
        "amount: {choose: [{when: minutes > 5, give: 1}, {when: minutes > 2, give: 1}]}",
        27,
        "choose",
        "what else",
    ),
    "hours of a date": (
        "amount: half",
        "amount: {percent: {count: hours, from: day, to: seen_at}, of: price}",
        27,
        "type",
        "moment",
    ),
    "days without calendar": (
        "amount: half",
        "amount: half\n    due: {working_days: 2, after: day}",
        28,
        "calendar",
        "one of `calendars`",
    ),
    "two units": (
        "amount: half",
        "amount: half\n    due: {days: 2, weeks: 1, after: day}",
        28,
        "unusable_value",
        "Write",
    ),
    "no start": ("amount: half", "amount: half\n    due: {days: 2}", 28, "unusable_value", "Write such"),
    "replaces nobody": ("amount: half", "amount: half\n    replaces: [nobody]", 28, "replaces", "stands above"),
    "a name twice": ("id: remedy", "id: price", 28, "duplicate_name", "its own name"),
    "a reserved name": ("half: {divide", "first_open: {divide", 21, "reserved_name", "another name"),
    "wish of strangers": ("[repair, refund]", "[repair, reform]", 29, "choice", "refund, repair"),
    "silence of strangers": (
        "customer_chooses: wish",
        "customer_chooses: wish\n    on_silence: reform",
        30,
        "choice",
        "first_open",
    ),
    "wish without words": ("customer_chooses: wish", "customer_chooses: minutes", 29, "choice", "type text"),
    "no currency": ("currency: EUR", "currency: EUX", 6, "currency", "such as EUR"),
    "no time zone": ("currency: EUR", "currency: EUR\ntimezone: Europe/Nowhere", 7, "timezone", "Europe/Sofia"),
    "no country": ("country: GB", "country: ZZ", 8, "calendar", "also"),
    "no weekday": ("{country: GB}", "{country: GB, weekend: [sun]}", 8, "calendar", "saturday"),
    "a late figure": ("{2020-01-01: 10.00}", "{2021-01-01: 10.00}", 19, "dated", "first day in force"),
    "no date": ("currency: EUR", "currency: EUR\ndated_by: price", 7, "dated_by", "type date"),
    "a float": ("2020-01-01: 10.00", '2020-01-01: "10.00"', 19, "unusable_value", "without quotes"),
    "no such standard fact": (
        "price: money",
        "price: {type: money, takes: order.sum}",
        11,
        "unknown_fact",
        "reference",
    ),
    "default of another type": (
        "uptime: decimal",
        "uptime: {type: decimal, default: often}",
        12,
        "default",
        "a decimal",
    ),
    "list without items": ("uptime: decimal", "uptime: list", 12, "unusable_value", "Write such"),
    "not a list": ("amount: half", "amount: {sum_over: price, each: p, give: 1}", 27, "type", "type list"),
    "item named as a fact": (
        "amount: half",
        "amount: {sum_over: parcels, each: day, give: 1}",
        27,
        "duplicate_name",
        "Choose another",
    ),
    "no year": (
        "amount: half",
        "amount: {amount: half, for_each: {days_in: month, of: {start_of: month, of: day, year_begins: '04-01'}}}",
        27,
        "date",
        "Leave it out",
    ),
    "not in every year": (
        "amount: half",
        "amount: {amount: half, for_each: {days_in: year, of: {start_of: year, of: day, year_begins: '02-29'}}}",
        27,
        "date",
        "that every year has",
    ),
    "not a parameter": (
        "amount: half",
        "amount: {percent: {parameter: half, on: day}, of: price}",
        27,
        "type",
        "parameters",
    ),
    "plain divided by money": ("amount: half", "amount: {divide: minutes, by: price}", 27, "type", "Divide money"),
    "period backwards": ("{from: 2020-01-01}", "{from: 2020-01-01, to: 2019-01-01}", 1, "unusable_value", "Write such"),
}


def test_the_sound_one_is_sound():
    assert load_scheme(SOUND).id == "example"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_scheme_is_refused_with_its_place_and_what_to_do(name):
    sound, broken, line, code, advice = BROKEN[name]
    assert SOUND.count(sound) >= 1
    with pytest.raises(PolicyRefused) as refused:
        load_scheme(SOUND.replace(sound, broken, 1))
    told = [(problem.mark.line, problem.finding.code) for problem in refused.value.problems]
    assert (line, code) in told, str(refused.value)
    assert advice in str(refused.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(PolicyRefused) as refused:
        load_scheme(SOUND.replace("amount: half", "amount: haf").replace("minutes < 1", "minuts < 1"))
    assert [problem.mark.line for problem in refused.value.problems] == [23, 27]


def test_a_document_that_is_nested_too_deeply_is_refused():
    deep = "{sum: [" * 200 + "price" + "]}" * 200
    with pytest.raises(PolicyRefused, match="nested"):
        load_scheme(SOUND.replace("amount: half", f"amount: {deep}"))


def test_the_packs_of_the_product_are_sound():
    assert set(packed_schemes()) >= {"eu-2019-771-goods", "uk-cra-2015", "ru-zozpp", "eu-2011-83-withdrawal"}
    assert all(scheme.notice for scheme in packed_schemes().values())
