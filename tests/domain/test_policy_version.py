from dataclasses import fields, replace
from datetime import timedelta

import pytest

from compensation_service.domain.errors import IllegalMove
from compensation_service.domain.policy_version import MOVES, PolicyAction, PolicyStatus, digest, move
from records import NOON, active_policy, policy


def test_the_table_is_whole_and_every_status_can_be_reached():
    assert set(MOVES) == set(PolicyStatus)
    reached = {after for moves in MOVES.values() for after in moves.values()}
    assert reached == set(PolicyStatus)


def test_only_a_draft_can_be_changed_or_activated():
    for status in (PolicyStatus.ACTIVE, PolicyStatus.RETIRED):
        for action in (PolicyAction.CHANGE, PolicyAction.ACTIVATE):
            with pytest.raises(IllegalMove) as refused:
                move(status, action)
            assert refused.value.allowed == ("retire",)


def test_it_decides_from_its_beginning_up_to_its_end():
    ended = active_policy(status=PolicyStatus.RETIRED, retired_at=NOON + timedelta(hours=1))
    moments = [NOON + timedelta(minutes=minutes) for minutes in (-1, 0, 59, 60)]
    assert [ended.decides_at(at) for at in moments] == [False, True, True, False]
    assert active_policy().decides_at(NOON + timedelta(days=9999))
    assert not policy().decides_at(NOON)


def test_the_revision_tells_every_state_from_every_other():
    ended = active_policy(status=PolicyStatus.RETIRED, retired_at=NOON)
    states = [
        policy(),
        policy(sha256=digest("name: other")),
        policy(changed_by="other"),
        active_policy(),
        active_policy(active_from=NOON + timedelta(days=1)),
        ended,
        replace(ended, retired_at=NOON + timedelta(days=1)),
    ]
    assert len({state.revision for state in states}) == len(states)
    assert policy().revision == policy().revision


def test_whoever_wrote_it_is_an_author():
    assert policy(changed_by="editor").authors == {"author", "editor"}
    assert "text" not in {field.name for field in fields(policy())}
