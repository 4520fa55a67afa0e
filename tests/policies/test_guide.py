"""What `docs/policies.md` says is so: its parts are current, its examples can be used, its numbers come out."""

import json
import re
import runpy
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from compensation_service.api.offer_request import PreviewBody
from compensation_service.cli.commands import load
from compensation_service.cli.decide import preview
from compensation_service.clock import random_id
from compensation_service.decision.engine import decide
from compensation_service.domain.api_key import Role
from compensation_service.policies import document
from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.load import load_policy
from compensation_service.policies.reference import PARTS
from compensation_service.policies.source import read_source
from compensation_service.policies.validate import findings
from compensation_service.services.keys import KeyService
from compensation_service.services.policies import Author, PolicyService
from compensation_service.services.policy_book import PolicyBook
from records import MERCHANT, NOON

ROOT = Path(__file__).parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "docs.py"))
GUIDE = TOOL["GUIDE"].read_text(encoding="utf-8")
SHOP = TOOL["SHOP"].read_text(encoding="utf-8")
FRAGMENTS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
CASES = ("late-parcel", "defective-kettle")


def put_into(whole, part):
    """A document with a part of it written anew, as an author does; lists and curves are replaced."""
    if not (isinstance(whole, dict) and isinstance(part, dict)):
        return part
    return {**whole, **{key: put_into(whole.get(key), value) for key, value in part.items()}}


def facts_of(name):
    return PreviewBody.model_validate_json((TOOL["EXAMPLES"] / f"{name}.json").read_bytes()).to_facts(NOON)


def test_the_generated_parts_are_current():
    assert TOOL["render"](GUIDE) == GUIDE, "run `make docs`"


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_what_it_shows_of_a_policy_can_be_put_into_one(fragment):
    data = put_into(read_source(SHOP, "shop").data, read_source(fragment, "fragment").data)
    assert findings(PolicyDocument.model_validate(data)) == []


def test_it_shows_every_section_that_a_shop_changes_first():
    shown = {key for fragment in FRAGMENTS for key in read_source(fragment, "fragment").data}
    assert shown >= {"categories", "menus", "loyalty", "approval", "schemes"}


def test_its_figures_are_what_the_service_computes():
    answers = [
        json.loads(preview((TOOL["EXAMPLES"] / f"{name}.json").read_bytes(), TOOL["SHOP"], "en")) for name in CASES
    ]
    late, kettle = answers
    assert re.findall(r"\*\*(€?[\d.]+)\*\*", GUIDE) == [
        late["entitlements"][0]["amount"]["display"],
        late["goodwill"]["percent"],
        re.search(r"^€[\d.]+", late["goodwill"]["factors"][-1]["text"])[0],
        str(Decimal(late["goodwill"]["exact"]) / 100),
        late["goodwill"]["amount"]["display"],
        *{option["worth"]["display"] for option in late["options"]},
        kettle["goodwill"]["amount"]["display"],
    ]
    for answer in answers:
        owed = sum(item["amount"]["amount"] for item in answer["entitlements"] if item["compensatory"])
        assert {option["worth"]["amount"] for option in answer["options"]} == {
            owed + answer["goodwill"]["amount"]["amount"]
        }


@pytest.mark.parametrize("name", CASES)
def test_the_example_decides_as_it_does_in_a_file_once_a_second_person_activates_it(store, name):
    KeyService(store, lambda: NOON, bytes).create(MERCHANT, "key", Role.SERVICE, frozenset())
    book = PolicyBook(store, lambda: NOON)
    policies = PolicyService(store, book, lambda: NOON, random_id)
    made = orjson.loads(policies.create(MERCHANT, SHOP, Author("anna")).body)
    policies.activate(MERCHANT, made["version"], Author("boris"))
    with store.reading(MERCHANT) as unit:
        policy = book.deciding(unit, NOON + timedelta(seconds=1))
    assert (policy.name, policy.version) == ("bulgarian-shop", made["version"])
    stored, read = decide(facts_of(name), policy), decide(facts_of(name), load_policy(TOOL["SHOP"]))
    assert (stored.entitlements, stored.amount, stored.options) == (read.entitlements, read.amount, read.options)


def test_the_reference_tells_every_key_of_every_part():
    parts = {part for part in vars(document).values() if isinstance(part, type) and issubclass(part, document._Part)}
    assert parts - {document._Part} == set(PARTS)
    for part in PARTS:
        assert part.__doc__
        for name, field in part.model_fields.items():
            assert field.description, f"{part.__name__}.{name}"


def test_every_command_it_names_is_there_with_its_options():
    lines = re.findall(r"compensation-service ([^`\n]+)", GUIDE)
    assert len(lines) >= 10
    for line in lines:
        words = line.partition(" > ")[0].split()
        command = load(words.pop(0))
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_links_within_the_page_lead_to_one_heading():
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL), re.MULTILINE)
    anchors = [re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    for target in set(re.findall(r"\]\(#([^)]+)\)", GUIDE)):
        assert anchors.count(target) == 1, target
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", GUIDE):
        assert (ROOT / "docs" / target).is_file(), target
