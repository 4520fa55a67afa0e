"""Every status of every noun × every action, against a table written by hand."""

from enum import StrEnum

import pytest

from compensation_service.domain import follow_up, incident, offer, remedy
from compensation_service.domain.errors import IllegalMove
from compensation_service.domain.moves import follow

EXPECTED = {
    offer: """
        pending_approval: accept → part_accepted, approve → open, reject → rejected, supersede → superseded,
              expire → expired
        part_accepted: approve → accepted, reject → accepted, expire → accepted
        open: accept → accepted, decline → declined, counter → countered, supersede → superseded, expire → expired,
              withdraw → withdrawn
        countered: keep → open, supersede → superseded, decline → declined, expire → expired, withdraw → withdrawn
        accepted: fulfil → fulfilled
        informational: supersede → superseded
        declined:
        superseded:
        expired:
        withdrawn:
        rejected:
        fulfilled:
    """,
    remedy: """
        promised: fulfil → fulfilled, fail → failed
        failed: fulfil → fulfilled
        fulfilled:
    """,
    incident: """
        open: offer → offered, settle → resolved, close → closed
        offered: resolve → resolved, lapse → open
        resolved: close → closed, reopen → open
        closed: reopen → open
    """,
    follow_up: """
        planned: fall_due → due, complete → done, cancel → cancelled
        due: complete → done, cancel → cancelled
        done:
        cancelled:
    """,
}
NOUNS = {
    offer: (offer.OfferStatus, offer.OfferAction),
    remedy: (remedy.RemedyStatus, remedy.RemedyAction),
    incident: (incident.IncidentStatus, incident.IncidentAction),
    follow_up: (follow_up.FollowUpStatus, follow_up.FollowUpAction),
}


def table(noun) -> dict[str, dict[str, str]]:
    lines = (line.strip().partition(":") for line in EXPECTED[noun].replace(",\n", ",").strip().splitlines())
    return {
        status: dict(move.strip().split(" → ") for move in moves.split(",") if move.strip())
        for status, _, moves in lines
    }


CASES = [
    pytest.param(noun, status, action, id=f"{noun.__name__.rpartition('.')[2]}-{status}-{action}")
    for noun, (statuses, actions) in NOUNS.items()
    for status in statuses
    for action in actions
]


@pytest.mark.parametrize(("noun", "status", "action"), CASES)
def test_a_move_leads_where_the_table_says_or_is_refused(noun, status, action):
    allowed = table(noun)[status]
    if action in allowed:
        assert follow(noun.MOVES, status, action) == allowed[action]
    else:
        with pytest.raises(IllegalMove) as refused:
            follow(noun.MOVES, status, action)
        assert refused.value.status == status
        assert sorted(refused.value.allowed) == sorted(allowed)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_status_and_every_action_has_its_place(noun):
    statuses, actions = NOUNS[noun]
    assert set(noun.MOVES) == set(statuses) == set(table(noun))
    assert {action for moves in noun.MOVES.values() for action in moves} == set(actions)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_status_can_be_reached_from_a_beginning(noun):
    beginnings = {
        offer: {"pending_approval", "open", "informational"},
        remedy: {"promised"},
        incident: {"open"},
        follow_up: {"planned"},
    }
    reached: set[StrEnum] = set()
    ahead = {NOUNS[noun][0](word) for word in beginnings[noun]}
    while ahead:
        reached |= ahead
        ahead = {target for status in ahead for target in noun.MOVES[status].values()} - reached
    assert reached == set(NOUNS[noun][0])


def test_the_refusal_names_the_moves_that_are_possible():
    with pytest.raises(IllegalMove) as refused:
        follow(offer.MOVES, offer.OfferStatus.OPEN, offer.OfferAction.FULFIL)
    assert refused.value.detail == (
        "This cannot be done while the status is open; possible moves: accept, decline, counter, "
        "supersede, expire, withdraw."
    )
