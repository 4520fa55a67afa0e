"""Who may judge an offer above the automatic limits, over HTTP, on both databases."""

import pytest

import lifecycle
import webapp
from compensation_service.domain.api_key import Role, Scope
from compensation_service.domain.offer import JUDGED, OfferStatus
from lifecycle import make_late, offer_in

RANK = list(Role)
ACTIONS = {"approve": "open", "reject": "rejected"}


@pytest.fixture
def web(database_url):
    with webapp.running(database_url) as web:
        yield web


def key(web, role):
    _, token = web.app.state.services.keys.create("north", role, role, frozenset(Scope))
    return {"Authorization": f"Bearer {token}"}


def judge(web, offer_id, action, headers, **more):
    return web.client.post(f"/offers/{offer_id}/{action}", json=more, headers=headers)


def pending(web, url, role=Role.LEAD):
    offer_id = offer_in(web, url, OfferStatus.PENDING_APPROVAL)
    lifecycle.change(url, offer_id, approval_role=role.value)
    return offer_id


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("needed", [Role.AGENT, Role.LEAD, Role.MANAGER])
def test_every_role_against_every_limit(web, database_url, needed, action):
    for role in Role:
        offer_id = pending(web, database_url, needed)
        answer = judge(web, offer_id, action, key(web, role), reason="As agreed.")
        after = web.get(f"/offers/{offer_id}").json()
        if RANK.index(role) >= RANK.index(needed):
            assert answer.status_code == 200, answer.text
            assert (after["status"], after["version"]) == (ACTIONS[action], 2)
            assert (after["moves"][0]["action"], after["moves"][0]["reason"]) == (action, "As agreed.")
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "authority_needed")
            assert needed in answer.json()["detail"]
            assert (after["status"], after["version"]) == ("pending_approval", 1)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_key_that_asked_does_not_judge(web, database_url, action):
    boss, other = key(web, Role.MANAGER), key(web, Role.MANAGER)
    offer_id = web.offer("own", "C-own", boss)["id"]
    lifecycle.change(database_url, offer_id, status="pending_approval", approval_role="agent")
    answer = judge(web, offer_id, action, boss)
    assert (answer.status_code, answer.json()["code"]) == (409, "approver_is_requester")
    made = judge(web, offer_id, action, other)
    assert made.status_code == 200
    assert made.json()["moves"][0]["by"] == other["Authorization"].split("_")[1]


def test_every_status_against_judgement(web, database_url):
    boss = key(web, Role.ADMIN)
    for status in set(OfferStatus) - JUDGED:
        for action in ACTIONS:
            offer_id = offer_in(web, database_url, status)
            answer = judge(web, offer_id, action, boss)
            assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
            assert answer.json()["status_now"] == status
            assert web.get(f"/offers/{offer_id}").json()["status"] == status


def test_the_first_judgement_stands_and_the_same_again_answers_the_same(web, database_url):
    boss, other = key(web, Role.LEAD), key(web, Role.LEAD)
    offer_id = pending(web, database_url)
    made = judge(web, offer_id, "approve", boss)
    assert judge(web, offer_id, "approve", boss).content == made.content
    refused = judge(web, offer_id, "reject", other).json()
    assert (refused["code"], refused["status_now"]) == ("illegal_move", "open")
    assert set(refused["allowed"]) == {"accept", "decline", "counter", "supersede", "withdraw"}
    assert web.post(f"/offers/{offer_id}/accept", {}).json()["status"] == "accepted"


def test_nobody_accepts_what_waits_for_approval(web, database_url):
    answer = web.post(f"/offers/{pending(web, database_url)}/accept", {})
    assert answer.status_code == 409
    assert set(answer.json()["allowed"]) == {"approve", "reject", "supersede"}


def test_an_approval_is_held_to_what_was_read(web, database_url):
    boss, offer_id = key(web, Role.LEAD), pending(web, database_url)
    assert judge(web, offer_id, "approve", {**boss, "If-Match": '"7"'}).status_code == 412
    assert judge(web, offer_id, "approve", {**boss, "If-Match": '"1"'}).status_code == 200


@pytest.mark.parametrize("action", ACTIONS)
def test_after_its_time_nobody_judges_an_offer(web, database_url, action):
    boss, offer_id = key(web, Role.LEAD), pending(web, database_url)
    make_late(database_url, offer_id)
    assert web.get(f"/offers/{offer_id}").json()["status"] == "expired"
    refused = judge(web, offer_id, action, boss).json()
    assert (refused["code"], refused["status_now"], refused["allowed"]) == ("too_late", "expired", ["supersede"])


def test_an_offer_that_really_is_above_the_limits_goes_all_the_way(web):
    """Not made up in the database: a large order, decided by the default policy, waits for the role that it names."""
    body = webapp.case("large", "C-large")
    body["order"]["total"] *= 100
    for line in body["order"]["lines"]:
        line["unit_price"] *= 100
    offer = web.post("/offers", body).json()
    assert offer["status"] == "pending_approval"
    answer = judge(web, offer["id"], "approve", key(web, Role(offer["approval"]["role"])))
    assert answer.json()["status"] == "open"
