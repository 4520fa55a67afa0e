"""Every published case of every scheme, exact to the minor unit."""

import json

import pytest

from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.facts import FactTerms, FactType
from compensation_service.decision.schemes.result import Applies, SchemeResult
from compensation_service.policies.schemes.answers import as_data
from schemes.casebook import all_cases, answer, differences, scheme_of

CASES = all_cases()
CLEAR = [case for case in CASES if not case.is_ambiguous]
OPEN = [case for case in CASES if case.is_ambiguous]
BOOKS = sorted({case.book for case in CASES})


@pytest.fixture(params=BOOKS)
def cases(request):
    """The cases of one casebook: a test of its own for each took longer than what it looks at."""
    return [case for case in CASES if case.book == request.param]


@pytest.mark.parametrize("case", CLEAR, ids=str)
def test_a_published_case_comes_out_exactly(case):
    assert differences(case, answer(case)) == []


@pytest.mark.parametrize("case", OPEN, ids=str)
def test_a_case_that_its_source_leaves_open_is_read_as_the_casebook_reads_it(case):
    assert differences(case, answer(case)) == []


def test_every_answer_can_be_told_in_words(cases):
    for case in cases:
        result = answer(case)
        assert all(result.steps), case
        assert all(tried.text for tried in result.tried), case
        assert result.reason or result.applies is not Applies.NO, case
        json.dumps(as_data(result))


def test_seventeen_casebooks_are_there():
    assert len(BOOKS) == 17
    assert len(CASES) == 249


def essence(result: SchemeResult) -> tuple[object, ...]:
    return result.applies, result.amount_minor, result.remedies, result.needs


def test_a_required_fact_that_is_not_told_is_named_or_does_not_matter(cases):
    for case in cases:
        scheme, full = scheme_of(case.scheme), answer(case)
        for name, terms in scheme.facts.items():
            if terms.required and name in case.facts:
                fewer = {other: value for other, value in case.facts.items() if other != name}
                result = evaluate(scheme, fewer)
                told = name in result.needs if result.applies is Applies.NEEDS else essence(result) == essence(full)
                assert told, (case, name)


def test_a_field_of_a_list_that_is_not_told_is_named_with_its_place_or_does_not_matter(cases):
    for case in cases:
        scheme, full = scheme_of(case.scheme), answer(case)
        for name, place, field in fields_told(scheme.facts, case.facts):
            fewer = [dict(one) for one in case.facts[name]]
            del fewer[place][field]
            result = evaluate(scheme, {**case.facts, name: fewer})
            named = f"{name}[{place}].{field}" in result.needs
            assert named or essence(result) == essence(full), (case, name, place, field)


def fields_told(terms_of, facts):
    """Each required field that a record of a list has, with the list's name and its place there."""
    for name, items in lists_of_records(terms_of):
        for place, item in enumerate(facts.get(name, [])):
            for field, terms in items.fields.items():
                if terms.required and field in item:
                    yield name, place, field


def lists_of_records(facts: dict[str, FactTerms]) -> list[tuple[str, FactTerms]]:
    return [
        (name, terms.items)
        for name, terms in facts.items()
        if terms.items is not None and terms.items.type is FactType.RECORD
    ]
