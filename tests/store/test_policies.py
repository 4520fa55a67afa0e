"""Versions of policies on both databases: kept, found by time, and frozen once they were activated."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from compensation_service.domain.merchant import Merchant
from compensation_service.domain.policy_version import PolicyStatus
from compensation_service.store.failures import Taken
from records import MERCHANT, NOON, active_policy, policy

HOUR = timedelta(hours=1)
OTHER = "umbrella"


@pytest.fixture(autouse=True)
def _merchants(store):
    for merchant in (MERCHANT, OTHER):
        with store.writing(merchant) as unit:
            unit.merchants.add(Merchant(merchant, merchant, NOON))


def add(store, *versions, merchant=MERCHANT):
    with store.writing(merchant) as unit:
        for version in versions:
            unit.policies.add(version, f"text of {version.version}")


def ended(version, since, until):
    return active_policy(version, status=PolicyStatus.RETIRED, active_from=since, retired_at=until)


def test_what_is_added_is_found_as_it_was(store):
    add(store, active_policy(1), policy(2))
    with store.reading(MERCHANT) as unit:
        assert unit.policies.get(1) == active_policy(1)
        assert unit.policies.get(2) == policy(2)
        assert unit.policies.text(2) == "text of 2"
        assert unit.policies.last() == 2
        assert unit.policies.get(3) is None
        assert unit.policies.text(3) is None


def test_another_merchant_sees_nothing_of_it(store):
    add(store, active_policy(1))
    with store.reading(OTHER) as unit:
        assert unit.policies.get(1) is None
        assert unit.policies.text(1) is None
        assert unit.policies.last() == 0
        assert unit.policies.before(None, 10) == []
        assert unit.policies.deciding() == ()
        assert unit.policies.deciding_at(NOON) is None
    with pytest.raises(ValueError, match="own merchant"):
        add(store, policy(2), merchant=OTHER)


def test_pages_go_from_the_newest_version_down(store):
    add(store, *(policy(number) for number in range(1, 13)))
    with store.reading(MERCHANT) as unit:
        assert [found.version for found in unit.policies.before(None, 3)] == [12, 11, 10]
        assert [found.version for found in unit.policies.before(10, 3)] == [9, 8, 7]


def test_each_moment_has_the_version_that_decides(store):
    add(
        store,
        ended(1, NOON, NOON + HOUR),
        ended(2, NOON + 2 * HOUR, NOON + 2 * HOUR),
        active_policy(3, active_from=NOON + HOUR),
        policy(4),
    )
    with store.reading(MERCHANT) as unit:
        moments = [NOON - HOUR, NOON, NOON + HOUR - timedelta(microseconds=1), NOON + HOUR, NOON + 2 * HOUR]
        found = [unit.policies.deciding_at(at).version for at in moments]
        assert [version.version for version in unit.policies.deciding()] == [1, 3]
    assert found == [1, 1, 1, 3, 3]


def test_a_draft_is_changed_then_activated_then_retired(store):
    add(store, policy(1))
    changed = policy(1, name="other", sha256="0" * 64, changed_at=NOON + HOUR, changed_by="editor")
    active = active_policy(1, name="other", sha256="0" * 64, changed_at=NOON + HOUR, changed_by="editor")
    retired = replace(active, status=PolicyStatus.RETIRED, retired_at=NOON + HOUR)
    with store.writing(MERCHANT) as unit:
        unit.policies.change(changed, "another text")
        assert unit.policies.get(1) == changed
        assert unit.policies.text(1) == "another text"
        unit.policies.activate(active)
        assert unit.policies.get(1) == active
        unit.policies.retire(retired)
        assert unit.policies.get(1) == retired


def test_what_is_no_draft_is_not_found_to_be_changed(store):
    add(store, active_policy(1))
    with pytest.raises(LookupError), store.writing(MERCHANT) as unit:
        unit.policies.change(policy(1), "another text")
    with pytest.raises(LookupError), store.writing(MERCHANT) as unit:
        unit.policies.activate(active_policy(1))


def test_there_is_one_open_end(store):
    add(store, active_policy(1))
    with pytest.raises(Taken):
        add(store, active_policy(2, active_from=NOON + HOUR))


def execute(store, merchant, statement):
    with store.transaction() as begun:
        begun.unit(merchant)
        return begun._connection.execute(text(statement)).rowcount


FROZEN = [
    "UPDATE policies SET text = 'other'",
    "UPDATE policies SET sha256 = 'other'",
    "UPDATE policies SET name = 'other'",
    "UPDATE policies SET version = 9",
    "UPDATE policies SET active_from = '2020-01-01 00:00:00'",
    "UPDATE policies SET activated_by = 'other'",
    "UPDATE policies SET created_by = 'other'",
    "UPDATE policies SET status = 'draft', active_from = NULL, activated_at = NULL, activated_by = NULL",
    "DELETE FROM policies",
]


@pytest.mark.parametrize("statement", FROZEN)
@pytest.mark.parametrize("version", [active_policy(1), ended(1, NOON, NOON + HOUR)], ids=["active", "retired"])
def test_the_database_itself_refuses_to_change_what_was_activated(store, statement, version):
    add(store, version)
    with pytest.raises(DBAPIError, match="never changes"):
        execute(store, MERCHANT, statement)
    with store.reading(MERCHANT) as unit:
        assert unit.policies.get(1) == version
        assert unit.policies.text(1) == "text of 1"


def test_a_retired_version_does_not_come_back(store):
    add(store, ended(1, NOON, NOON + HOUR))
    with pytest.raises(DBAPIError, match="never changes"):
        execute(store, MERCHANT, "UPDATE policies SET status = 'active', retired_at = NULL")


@pytest.mark.parametrize("statement", FROZEN[:4] + FROZEN[-1:])
def test_drafts_may_change_and_go(store, statement):
    add(store, policy(1))
    assert execute(store, MERCHANT, statement) == 1


@pytest.mark.parametrize(
    "broken",
    [
        policy(0),
        policy(status=PolicyStatus.ACTIVE),
        policy(active_from=NOON, activated_at=NOON, activated_by="x"),
        active_policy(activated_by=None),
        active_policy(retired_at=NOON + HOUR),
        active_policy(status=PolicyStatus.RETIRED),
        ended(1, NOON, NOON - HOUR),
    ],
)
def test_the_database_refuses_states_that_cannot_be(store, broken):
    with pytest.raises(DBAPIError, match=r"(?i)check"):
        add(store, broken)
