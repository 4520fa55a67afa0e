"""A broken catalogue stops the start, and says where and why."""

from copy import deepcopy

import pytest

from compensation_service.letters.catalogues import BrokenCatalogue, build, check_all, read


def test_the_catalogues_are_whole():
    check_all()


def _put(path, value):
    def change(document):
        *way, last = path
        for step in way:
            document = document[step]
        document[last] = value

    return change


def _drop(*path):
    def change(document):
        *way, last = path
        for step in way:
            document = document[step]
        del document[last]

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_drop("units"), "document: lacks units"),
        (_put(("reasons",), []), "reasons: must be a mapping"),
        (_put(("words",), "x"), "words: must be a mapping"),
        (_drop("reasons", "under_floor"), "reasons: lacks under_floor"),
        (_put(("reasons", "undr_floor"), "x"), "reasons: has undr_floor, which nothing uses"),
        (_drop("fallbacks", "*"), r"fallbacks: lacks \*"),
        (_put(("reasons", "under_floor"), "{floor}"), "reasons.under_floor: {floor:} has no form"),
        (_put(("reasons", "under_floor"), "{floor:monny}"), "{floor:monny} has no form of this catalogue: .*money"),
        (_put(("reasons", "under_floor"), "{floor:money"), "reasons.under_floor: "),
        (_put(("reasons", "under_floor"), "{:money}"), "a placeholder is {field:form}"),
        (_put(("reasons", "under_floor"), "{floor!r:money}"), "a placeholder is {field:form}"),
        (_put(("reasons", "under_floor"), ["x"]), "a template, or one field"),
        (_put(("reasons", "fault"), {"fault": {"company": "x"}}), "reasons.fault: the choice by 'fault' needs"),
        (_put(("reasons", "fault"), {"fault": {"zero": "x", "company": "x", "other": "x"}}), "is by number"),
        (_drop("units", "hours", "few"), "units.hours: lacks few"),
        (_put(("units", "hours", "few"), "часа"), "units.hours.few: must hold {n} once"),
        (_drop("words", "band", "low"), "words.band: lacks low"),
        (_put(("words", "band", "low"), 3), "words.band: every word must be text"),
        (_drop("remedies", "gift"), "remedies: lacks gift"),
        (_put(("remedies", "gift", "with_money"), "подарок"), "remedies.gift.with_money: .* holds {money}"),
        (_put(("remedies", "repair"), "{money}"), "remedies.repair.plain: must be text that holds no placeholder"),
        (_drop("offer", "until"), "offer: lacks until"),
        (_put(("offer", "sentence"), "Мы."), "offer.sentence: must be text that holds {clauses}"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change, complaint):
    document = deepcopy(read("ru"))
    change(document)

    with pytest.raises(
        BrokenCatalogue, match=f"sentences/ru.yaml: .*{complaint.replace('{', '[{]').replace('}', '[}]')}"
    ):
        build("ru", document)
