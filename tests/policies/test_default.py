"""The policy that comes with the product: it says what the design says, and says where each number is from."""

import json
import re
from dataclasses import fields
from decimal import Decimal
from importlib.resources import files
from itertools import chain

import jsonschema

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Band, Form
from compensation_service.policies.load import DEFAULT, default_policy, default_text, load_policy
from compensation_service.policies.schema import json_schema, schema_text
from compensation_service.policies.source import read_source

NAMED = re.compile(r"judgement|Source|et al\. \d{4}|& \w+( \w+)? \d{4}|Olist|as (rejected_base|apologies_most)")
"""What a comment says that gives a source."""


def test_the_default_is_read_once():
    assert default_policy() is default_policy()


def test_its_text_gives_the_same_policy():
    assert load_policy(default_text()) == default_policy()


def test_every_number_has_its_source_beside_it_or_above_it():
    """On its line, on the lines of its block, or in the comment over its section."""
    text = default_text()
    for section in re.split(r"\n(?=\w+:)", text[text.index("version: 1") :])[1:]:
        above = text[: text.index(section)].rsplit("\n\n", 1)[-1]
        whole = re.search(r"Source|judgement", above) is not None
        for line in section.splitlines():
            code, _, comment = line.partition("#")
            sourced = whole or NAMED.search(comment) or NAMED.search(_comment_over(line, section))
            assert sourced or not re.search(r"[:,\[] ?\d", code), line


def _comment_over(line, section):
    """The comment of the entry that the line belongs to, which may be on the line before or after a long curve."""
    lines = section.splitlines()
    place = lines.index(line)
    return " ".join(lines[max(place - 2, 0) : place])


def test_amounts_are_in_the_minor_units_of_iso_4217():
    found = {code: terms.reference_value for code, terms in default_policy().currencies.items()}
    assert found == {
        "EUR": 10_000, "USD": 11_000, "GBP": 8_500, "RUB": 900_000, "IRR": 6_000_000_000, "JPY": 16_000, "KWD": 34_000,
    }  # fmt: skip
    assert [(row.below, row.step) for row in default_policy().currencies["KWD"].steps] == [
        (10_000, 250), (50_000, 500), (None, 1_000),
    ]  # fmt: skip


def test_all_ten_categories_are_there():
    assert set(default_policy().categories) == {
        "late_delivery", "not_received", "defective_item", "not_as_described", "wrong_item", "cannot_supply",
        "technical_failure", "poor_service", "support_wait", "other",
    }  # fmt: skip


def _templates(menu):
    return [*chain.from_iterable(menu.kept.values()), *menu.rejected, menu.without_money]


def test_every_kind_can_be_offered_somewhere():
    policy = default_policy()
    offered = {RemedyKind.FULL_REFUND, *policy.choice.help}  # the restitution, and the help
    for category in policy.categories.values():
        offered |= {kind for template in _templates(category.menu) for kind in template}
    assert offered == set(RemedyKind)


def test_an_apology_leads_whatever_was_our_failure():
    for category in default_policy().categories.values():
        for template in _templates(category.menu):
            assert template[0] is RemedyKind.APOLOGY


def test_a_trivial_matter_gets_an_apology_and_nothing_else():
    for category in default_policy().categories.values():
        assert category.menu.kept[Band.TRIVIAL] == ((RemedyKind.APOLOGY,),)


def test_money_is_worth_what_it_says():
    for terms in default_policy().choice.kinds.values():
        if terms.form is Form.MONEY:
            assert (terms.factor, terms.cost_ratio) == (Decimal(1), Decimal(1))


def test_no_number_of_the_policy_is_a_float():
    seen = []

    def look(value):
        seen.append(value)
        assert not isinstance(value, float)
        if isinstance(value, dict):
            [look(item) for item in value.values()]
        elif isinstance(value, tuple | list):
            [look(item) for item in value]
        elif hasattr(value, "__dataclass_fields__"):
            [look(getattr(value, field.name)) for field in fields(value)]

    look(default_policy())
    assert len(seen) > 500


def test_the_schema_file_is_current():
    """Where it is not, write `schema_text()` there anew."""
    stored = files("compensation_service.policies").joinpath("policy.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text()


def test_the_default_meets_the_schema_and_a_misspelt_key_does_not():
    data = json.loads(json.dumps(read_source(default_text(), DEFAULT).data, default=float))
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.check_schema(json_schema())
    assert list(validator.iter_errors(data)) == []
    data["goodwill"]["flor"] = data["goodwill"].pop("floor")
    assert len(list(validator.iter_errors(data))) == 2
