"""Policies on both databases: drafts, activation by a second person, and what decides when."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest

import records
from compensation_service.api.webhooks import shape_of
from compensation_service.clock import random_id
from compensation_service.domain.api_key import Role
from compensation_service.domain.errors import (
    ChangedMeanwhile,
    IdempotencyKeyReused,
    IllegalMove,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.policy_version import PACKAGE
from compensation_service.policies.load import default_policy, default_text
from compensation_service.policies.problems import PolicyRefused
from compensation_service.services.idempotency import Idempotency
from compensation_service.services.keys import KeyService
from compensation_service.services.policies import Author, PolicyService, SecondPersonNeeded
from compensation_service.services.policy_book import PolicyBook
from records import MERCHANT, NOON

ANNA, BORIS = Author("anna"), Author("boris")
KEYED = Author("vera11111111", is_key=True)
HOUR = timedelta(hours=1)
GENEROUS = default_text().replace("share_max: 0.30", "share_max: 0.35", 1)
STRICT = default_text().replace("share_max: 0.30", "share_max: 0.25", 1)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def book(store, clock):
    return PolicyBook(store, clock)


@pytest.fixture
def policies(store, book, clock):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, MERCHANT, NOON))
        unit.api_keys.add(records.api_key(KEYED.name))
    return PolicyService(store, book, clock, random_id)


def draft(policies, text=GENEROUS, by=ANNA, merchant=MERCHANT):
    return orjson.loads(policies.create(merchant, text, by).body)


def deciding(store, book, at, merchant=MERCHANT):
    with store.reading(merchant) as unit:
        return book.deciding(unit, at)


def test_a_merchant_begins_with_the_default_as_its_first_version(store, book, policies):
    first = policies.get(MERCHANT, 1)
    assert first["text"] == default_text()
    assert (first["status"], first["deciding"], first["activated_by"]) == ("active", True, PACKAGE)
    assert deciding(store, book, NOON) == default_policy()


def test_a_merchant_made_before_there_were_versions_decides_by_the_default(store, book, policies, clock):
    with store.writing("older") as unit:
        unit.merchants.add(Merchant("older", "Older", NOON))
    assert deciding(store, book, NOON, "older") == default_policy()
    shown, _ = policies.page("older", None, None, 10)
    assert [version["version"] for version in shown] == [1]
    assert policies.get("older", 1)["text"] == default_text()
    clock.now += HOUR
    assert draft(policies, merchant="older")["version"] == 2
    assert policies.get("older", 1)["active_from"] == "2026-03-01T12:00:00Z"
    assert policies.get("older", 1)["deciding"]


def test_a_draft_decides_nothing_until_a_second_person_activates_it(store, book, policies, clock):
    made = draft(policies)
    assert (made["version"], made["status"], made["created_by"], made["deciding"]) == (2, "draft", "anna", False)
    assert deciding(store, book, NOON).version == 1
    clock.now += HOUR
    with pytest.raises(SecondPersonNeeded):
        policies.activate(MERCHANT, 2, ANNA)
    active = orjson.loads(policies.activate(MERCHANT, 2, BORIS).body)
    assert (active["status"], active["activated_by"], active["deciding"]) == ("active", "boris", True)
    before = policies.get(MERCHANT, 1)
    assert (before["status"], before["retired_at"]) == ("retired", active["active_from"])
    decided = deciding(store, book, clock.now)
    assert (decided.version, decided.categories["late_delivery"].share_max.normalize()) == (2, Decimal("0.35"))
    assert deciding(store, book, clock.now - timedelta(microseconds=1)).version == 1


def test_whoever_changed_a_draft_last_cannot_activate_it_either(policies):
    made = draft(policies)
    changed = orjson.loads(policies.replace(MERCHANT, 2, STRICT, BORIS, made["revision"]).body)
    assert (changed["created_by"], changed["changed_by"], changed["text"]) == ("anna", "boris", STRICT)
    for author in (ANNA, BORIS):
        with pytest.raises(SecondPersonNeeded):
            policies.activate(MERCHANT, 2, author)
    policies.activate(MERCHANT, 2, Author("vera"))


def test_a_rotated_key_is_no_second_person(store, policies):
    with store.writing(MERCHANT) as unit:
        unit.api_keys.add(records.api_key("anna11111111"))
        unit.api_keys.add(records.api_key("anna22222222", replaces="anna11111111"))
        unit.api_keys.add(records.api_key("boris1111111"))
    first, second, another = (Author(key, is_key=True) for key in ("anna11111111", "anna22222222", "boris1111111"))
    draft(policies, by=first)
    draft(policies, by=second)
    for version, by in ((2, second), (3, first)):
        with pytest.raises(SecondPersonNeeded):
            policies.activate(MERCHANT, version, by)
    assert orjson.loads(policies.activate(MERCHANT, 2, another).body)["status"] == "active"


def test_a_version_can_begin_later_and_never_earlier(store, book, policies, clock):
    draft(policies)
    with pytest.raises(Unprocessable) as refused:
        policies.activate(MERCHANT, 2, BORIS, active_from=NOON - timedelta(microseconds=1))
    assert refused.value.code == "begins_in_the_past"
    policies.activate(MERCHANT, 2, BORIS, active_from=NOON + 24 * HOUR)
    assert [policies.get(MERCHANT, version)["deciding"] for version in (1, 2)] == [True, False]
    clock.now += 24 * HOUR
    assert [policies.get(MERCHANT, version)["deciding"] for version in (1, 2)] == [False, True]
    assert [deciding(store, book, NOON + hours * HOUR).version for hours in (0, 23, 24)] == [1, 1, 2]


def test_what_is_activated_last_holds_from_its_beginning_on(store, book, policies):
    draft(policies)
    draft(policies, STRICT)
    policies.activate(MERCHANT, 2, BORIS, active_from=NOON + 24 * HOUR)
    policies.activate(MERCHANT, 3, BORIS, active_from=NOON + HOUR)
    assert [deciding(store, book, NOON + hours * HOUR).version for hours in (0, 1, 24, 99)] == [1, 3, 3, 3]
    never = policies.get(MERCHANT, 2)
    assert (never["status"], never["retired_at"]) == ("retired", never["active_from"])


def test_what_is_no_draft_cannot_be_changed_or_activated(policies):
    for version in (1, draft(policies)["version"]):
        if version == 2:
            policies.activate(MERCHANT, 2, BORIS)
        with pytest.raises(IllegalMove):
            policies.replace(MERCHANT, version, GENEROUS, ANNA, policies.get(MERCHANT, version)["revision"])
        with pytest.raises(IllegalMove):
            policies.activate(MERCHANT, version, Author("vera"))


def test_nobody_overwrites_or_activates_what_they_have_not_read(policies):
    read = draft(policies)["revision"]
    policies.replace(MERCHANT, 2, STRICT, ANNA, read)
    with pytest.raises(ChangedMeanwhile):
        policies.replace(MERCHANT, 2, GENEROUS, BORIS, read)
    with pytest.raises(ChangedMeanwhile):
        policies.activate(MERCHANT, 2, BORIS, revision=read)
    assert policies.get(MERCHANT, 2)["text"] == STRICT


def test_what_could_not_decide_is_not_kept(policies):
    broken = default_text().replace("total_cap: 1.20", "total_cap: 1.51").replace("ceiling: 0.85", "ceiling: 0")
    with pytest.raises(PolicyRefused) as refused:
        policies.create(MERCHANT, broken, ANNA)
    assert len(refused.value.problems) == 3
    revision = draft(policies)["revision"]
    with pytest.raises(PolicyRefused):
        policies.replace(MERCHANT, 2, broken, ANNA, revision)
    assert len(policies.page(MERCHANT, None, None, 10)[0]) == 2


def test_checking_tells_problems_and_warnings_and_keeps_nothing(policies):
    broken = policies.check(default_text().replace("total_cap: 1.20", "total_cap: 1.51"))
    assert not broken["usable"]
    assert [(found["code"], found["path"]) for found in broken["problems"]] == [
        ("total_cap_too_high", "goodwill.total_cap")
    ]
    assert broken["problems"][0]["line"] > 1
    unwise = policies.check(default_text())
    assert unwise["usable"]
    assert {found["code"] for found in unwise["warnings"]} == {"cap_never_binds"}
    assert len(policies.page(MERCHANT, None, None, 10)[0]) == 1


def test_the_same_key_makes_one_draft(policies):
    key = Idempotency("/policies", "k", "f1")
    first = policies.create(MERCHANT, GENEROUS, KEYED, key)
    again = policies.create(MERCHANT, GENEROUS, KEYED, key)
    assert again == replace(first, replayed=True)
    with pytest.raises(IdempotencyKeyReused):
        policies.create(MERCHANT, STRICT, KEYED, replace(key, fingerprint="f2"))
    assert len(policies.page(MERCHANT, None, None, 10)[0]) == 2


def test_an_activation_can_be_repeated_under_its_key(policies, clock):
    draft(policies)
    key = Idempotency("/policies/2/activate", "k", "f1")
    first = policies.activate(MERCHANT, 2, KEYED, idempotency=key)
    clock.now += HOUR
    assert policies.activate(MERCHANT, 2, KEYED, idempotency=key) == replace(first, replayed=True)


def test_a_revoked_key_changes_nothing(store, policies):
    with store.writing(MERCHANT) as unit:
        unit.api_keys.add(records.api_key("abcdefgh2345", revoked_at=NOON))
    with pytest.raises(Unauthenticated):
        policies.create(MERCHANT, GENEROUS, Author("abcdefgh2345", is_key=True))


def test_pages_show_the_newest_first(policies):
    for _ in range(4):
        draft(policies)
    first, after = policies.page(MERCHANT, None, None, 3)
    rest, end = policies.page(MERCHANT, None, after, 3)
    assert [version["version"] for version in (*first, *rest)] == [5, 4, 3, 2, 1]
    assert end is None
    assert "text" not in first[0]


def test_a_difference_is_told_in_words_and_in_golden_cases(policies):
    draft(policies)
    told = policies.diff(MERCHANT, 1, 2)
    assert told["changes"] == [
        {"path": "categories.late_delivery.share_max", "text": "late_delivery: share_max 0.30 → 0.35"}
    ]
    changed = {case["case"]: case for case in told["golden"] if case["changed"]}
    assert changed["72 hours late"]["before"]["goodwill"]["display"] == "€14.50"
    assert changed["72 hours late"]["after"]["goodwill"]["display"] == "€17.00"
    assert policies.diff(MERCHANT, 2, 2)["changes"] == []


def test_another_merchant_has_nothing_to_do_with_it(store, policies, book):
    KeyService(store, lambda: NOON, lambda size: b"\x01" * size).create("other", "k", Role.SERVICE, frozenset())
    draft(policies)
    policies.activate(MERCHANT, 2, BORIS)
    for refused in (
        lambda: policies.get("other", 2),
        lambda: policies.replace("other", 2, STRICT, ANNA, ""),
        lambda: policies.activate("other", 2, BORIS),
        lambda: policies.diff("other", 1, 2),
        lambda: policies.get("nobody", 1),
    ):
        with pytest.raises(NotFound):
            refused()
    assert deciding(store, book, NOON, "other").version == 1
    assert draft(policies, merchant="other")["version"] == 2


def test_of_two_who_activate_at_once_one_is_open_in_the_end(policies, store):
    for _ in range(2):
        draft(policies)

    def activate(version):
        try:
            policies.activate(MERCHANT, version, BORIS)
        except Unavailable:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert any(threads.map(activate, (2, 3)))
    with store.reading(MERCHANT) as unit:
        found = unit.policies.before(None, 10)
    assert [version.status for version in found].count("active") == 1


def test_drafts_that_are_made_at_once_have_numbers_of_their_own(policies):
    def make(number):
        try:
            return draft(policies, GENEROUS + f"# {number}\n")["version"]
        except Unavailable:
            return None

    with ThreadPoolExecutor(4) as threads:
        made = [version for version in threads.map(make, range(8)) if version]
    assert sorted(made) == list(range(2, 2 + len(made)))


def test_endpoints_are_told_of_an_activation(policies, store):
    with store.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([records.webhook_endpoint()])
    made = draft(policies)
    policies.activate(MERCHANT, made["version"], BORIS)
    with store.reading(MERCHANT) as unit:
        (line,) = unit.deliveries.page("whe_0000001", None, None, None, 9).items
        told = orjson.loads(unit.notices.find([line.message_id])[line.message_id].payload)
    assert (line.type, told["version"], told["active_from"]) == ("policy.activated", 2, "2026-03-01T12:00:00Z")
    shape_of(line.type).model_fields["data"].annotation.model_validate(told)
