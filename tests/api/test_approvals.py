"""Who may judge an offer above the automatic limits, over HTTP, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

import lifecycle
import webapp
from compensation_service.api.answers import OfferOut, OfferPage
from compensation_service.domain.api_key import Role, Scope
from compensation_service.domain.offer import JUDGED, OfferStatus
from lifecycle import bare, make_late, offer_in

RANK = list(Role)
ACTIONS = {"approve": "open", "reject": "rejected"}


@pytest.fixture
def web(web_on_each):
    return web_on_each


def key(web, role):
    _, token = web.app.state.services.keys.create("north", role, role, frozenset(Scope))
    return {"Authorization": f"Bearer {token}"}


def judge(web, offer_id, action, headers, **more):
    return web.client.post(f"/offers/{offer_id}/{action}", json=more, headers=headers)


def pending(web, role=Role.LEAD):
    offer_id = offer_in(web, OfferStatus.PENDING_APPROVAL)
    lifecycle.change(web.url, offer_id, approval_role=role.value)
    return offer_id


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("needed", [Role.AGENT, Role.LEAD, Role.MANAGER])
def test_every_role_against_every_limit(web, needed, action):
    for role in Role:
        offer_id = pending(web, needed)
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
def test_the_key_that_asked_does_not_judge(web, action):
    boss, other = key(web, Role.MANAGER), key(web, Role.MANAGER)
    offer_id = web.offer(f"own-{action}", f"C-own-{action}", boss)["id"]
    lifecycle.change(web.url, offer_id, status="pending_approval", approval_role="agent")
    answer = judge(web, offer_id, action, boss)
    assert (answer.status_code, answer.json()["code"]) == (409, "approver_is_requester")
    made = judge(web, offer_id, action, other)
    assert made.status_code == 200
    assert made.json()["moves"][0]["by"] == other["Authorization"].split("_")[1]


def test_every_status_against_judgement(web):
    boss = key(web, Role.ADMIN)
    for status in set(OfferStatus) - JUDGED:
        for action in ACTIONS:
            offer_id = offer_in(web, status)
            answer = judge(web, offer_id, action, boss)
            assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
            assert answer.json()["status_now"] == status
            assert web.get(f"/offers/{offer_id}").json()["status"] == status


def test_the_first_judgement_stands_and_the_same_again_answers_the_same(web):
    boss, other = key(web, Role.LEAD), key(web, Role.LEAD)
    offer_id = pending(web)
    made = judge(web, offer_id, "approve", boss)
    assert judge(web, offer_id, "approve", boss).content == made.content
    refused = judge(web, offer_id, "reject", other).json()
    assert (refused["code"], refused["status_now"]) == ("illegal_move", "open")
    assert set(refused["allowed"]) == {"accept", "decline", "counter", "supersede", "withdraw"}
    assert web.post(f"/offers/{offer_id}/accept", {}).json()["status"] == "accepted"


def test_nobody_accepts_what_waits_for_approval(web):
    answer = web.post(f"/offers/{pending(web)}/accept", {})
    assert answer.status_code == 409
    assert set(answer.json()["allowed"]) == {"approve", "reject", "supersede"}


def test_an_approval_is_held_to_what_was_read(web):
    boss, offer_id = key(web, Role.LEAD), pending(web)
    assert judge(web, offer_id, "approve", {**boss, "If-Match": '"7"'}).status_code == 412
    assert judge(web, offer_id, "approve", {**boss, "If-Match": '"1"'}).status_code == 200


@pytest.mark.parametrize("action", ACTIONS)
def test_after_its_time_nobody_judges_an_offer(web, action):
    boss, offer_id = key(web, Role.LEAD), pending(web)
    make_late(web.url, offer_id)
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


def undone(reference, customer):
    """A thing that is not safe: another one or the money is owed at once, goodwill waits for a person."""
    body = webapp.case(reference, customer)
    told = {"reference": reference, "category": "defective_item", "grade": "unsafe", "fault": "company"}
    body["incident"] = {**told, "remediable": ["replacement"]}
    return body


def waiting(web, name):
    offer = web.post("/offers", undone(f"owed-{name}", f"C-owed-{name}")).json()
    assert (offer["status"], offer["owed_remedies"]) == ("pending_approval", 1)
    return offer


def chosen(offer):
    option = next(each for each in offer["options"] if each["id"] == offer["chosen_option"])
    return [(remedy["kind"], remedy["status"]) for remedy in option["remedies"]]


def test_what_is_owed_is_taken_at_once_and_the_goodwill_follows(web):
    offer = waiting(web, "approved")
    path = f"/offers/{offer['id']}"
    taken = web.post(f"{path}/accept", {"option": "opt_2"})
    assert (taken.status_code, taken.json()["status"]) == (200, "part_accepted")
    OfferOut.model_validate(taken.json())
    assert chosen(taken.json()) == [("full_refund", "promised"), ("apology", None), ("payment", None)]
    assert web.post(f"{path}/accept", {"option": "opt_2"}).content == taken.content
    assert web.post(f"{path}/accept", {"option": "opt_1"}).status_code == 409
    assert web.post(f"{path}/remedies/1/fulfilled", {}).json()["status"] == "part_accepted"
    assert web.post(f"{path}/remedies/2/fulfilled", {}).status_code == 404
    assert web.get(f"/incidents/{offer['incident']['id']}").json()["status"] == "offered"
    approved = judge(web, offer["id"], "approve", key(web, Role.AGENT)).json()
    assert approved["status"] == "accepted"
    assert chosen(approved) == [("full_refund", "fulfilled"), ("apology", "promised"), ("payment", "promised")]
    incident = web.get(f"/incidents/{offer['incident']['id']}").json()
    assert incident["status"] == "resolved"
    told = [event["type"] for event in incident["events"] if event["type"].startswith("offer.")]
    assert told == ["offer.created", "offer.accepted", "offer.approved"]
    assert web.post(f"{path}/accept", {"option": "opt_2"}).json()["status"] == "accepted", "it still is what was asked"


@pytest.mark.parametrize("end", ["reject", "expire"])
def test_what_is_owed_stays_where_the_goodwill_does_not_come(web, end):
    """Neither a refusal nor time takes back what was promised, and what was not given is not counted as given."""
    offer = waiting(web, end)
    path = f"/offers/{offer['id']}"
    web.post(f"{path}/accept", {})
    if end == "reject":
        assert judge(web, offer["id"], "reject", key(web, Role.AGENT)).json()["status"] == "accepted"
    else:
        make_late(web.url, offer["id"])
        assert judge(web, offer["id"], "approve", key(web, Role.AGENT)).json()["code"] == "too_late"
        assert web.app.state.services.moves.settle("north", offer["id"]) == "accepted"
    after = web.get(path).json()
    assert chosen(after) == [("replacement", "promised"), ("apology", None), ("payment", None)]
    assert web.get(f"/incidents/{offer['incident']['id']}").json()["status"] == "resolved"
    with web.app.state.services.store.reading("north") as unit:
        assert unit.offers.get(offer["id"]).offer.goodwill_minor == 0
    assert web.post(f"{path}/remedies/1/fulfilled", {}).json()["status"] == "fulfilled"


def test_what_was_taken_and_has_arrived_is_fulfilled_with_the_refusal(web):
    offer = waiting(web, "arrived")
    web.post(f"/offers/{offer['id']}/accept", {})
    web.post(f"/offers/{offer['id']}/remedies/1/fulfilled", {})
    assert judge(web, offer["id"], "reject", key(web, Role.LEAD)).json()["status"] == "fulfilled"


def test_an_unknown_option_takes_nothing(web):
    offer = waiting(web, "unknown")
    assert web.post(f"/offers/{offer['id']}/accept", {"option": "opt_9"}).status_code == 422
    assert bare(web.get(f"/offers/{offer['id']}").json()) == bare(offer)


def test_an_approval_leaves_the_customer_a_week(web):
    offer_id = pending(web)
    soon = datetime.now(UTC) + timedelta(minutes=5)
    lifecycle.change(web.url, offer_id, expires_at=soon)
    approved = judge(web, offer_id, "approve", key(web, Role.LEAD)).json()
    assert datetime.fromisoformat(approved["expires_at"]) - soon > timedelta(days=6, hours=23)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_judgement_is_of_this_version_and_this_amount(web, action):
    boss, offer_id = key(web, Role.LEAD), pending(web)
    goodwill = web.get(f"/offers/{offer_id}").json()["goodwill"]["amount"]["amount"]
    for body in ({"version": 2}, {"goodwill": goodwill + 1}, {"version": 1, "goodwill": goodwill - 1}):
        answer = judge(web, offer_id, action, boss, **body)
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert judge(web, offer_id, action, {**boss, "If-Match": '"2"'}, version=1).status_code == 412
    made = judge(web, offer_id, action, {**boss, "If-Match": '"1"'}, version=1, goodwill=goodwill)
    assert made.json()["status"] == ACTIONS[action]


def queue(web, headers):
    found, cursor = [], None
    while True:
        page = web.client.get(
            "/approvals", params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2}, headers=headers
        )
        OfferPage.model_validate(page.json())
        found += page.json()["data"]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            return {offer["id"]: offer for offer in found}


def test_the_queue_shows_what_the_key_may_judge(web):
    keys = {role: key(web, role) for role in Role}
    offers = {role: pending(web, role) for role in (Role.AGENT, Role.LEAD, Role.MANAGER)}
    late, taken = pending(web, Role.AGENT), waiting(web, "queue")["id"]
    make_late(web.url, late)
    web.post(f"/offers/{taken}/accept", {})
    ours = {*offers.values(), late, taken}
    for role in Role:
        wanted = {offer for needed, offer in offers.items() if RANK.index(role) >= RANK.index(needed)}
        wanted |= {taken} if role is not Role.SERVICE else set()
        assert set(queue(web, keys[role])) & ours == wanted, role
    reasons = {each["code"] for each in queue(web, keys[Role.AGENT])[taken]["approval"]["reasons"]}
    assert reasons == {"band_needs_person", "grade_needs_person"}
    judge(web, offers[Role.AGENT], "approve", keys[Role.AGENT])
    assert offers[Role.AGENT] not in queue(web, keys[Role.ADMIN])
    page = web.client.get("/approvals?limit=1", headers=keys[Role.ADMIN]).json()
    foreign = web.client.get(f"/approvals?limit=1&cursor={page['next_cursor']}", headers=keys[Role.LEAD])
    assert (foreign.status_code, foreign.json()["code"]) == (400, "bad_cursor")


def test_who_asked_is_known_by_every_key_that_they_were_given(web):
    """Rotating a key makes no second person of anybody: neither in the queue nor before the judge."""
    boss = key(web, Role.MANAGER)
    offer_id = web.offer("rotated", "C-rotated", boss)["id"]
    lifecycle.change(web.url, offer_id, status="pending_approval", approval_role="agent")
    headers = [boss]
    for _ in range(2):
        path = f"/api-keys/{headers[-1]['Authorization'].split('_')[1]}/rotate"
        made = web.client.post(path, json={}, headers={**headers[-1], "Idempotency-Key": path})
        assert made.status_code == 201, made.text
        headers.append({"Authorization": f"Bearer {made.json()['token']}"})
    for again in headers[1:]:
        assert judge(web, offer_id, "approve", again).json()["code"] == "approver_is_requester"
        assert offer_id not in queue(web, again)
    other = key(web, Role.MANAGER)
    assert offer_id in queue(web, other)
    assert judge(web, offer_id, "approve", other).status_code == 200


def test_the_cap_of_twelve_months_is_counted_again_when_somebody_approves(web):
    """Made when it was little; agreed to when other offers have brought the customer over two V."""
    offer_id = pending(web, Role.AGENT)
    incident = web.get(f"/incidents/{web.get(f'/offers/{offer_id}').json()['incident']['id']}").json()
    body = webapp.case("beside", incident["customer"]["reference"])
    other = web.post("/offers", body).json()["id"]
    lifecycle.change(web.url, other, goodwill_minor=20_000)
    refused = judge(web, offer_id, "approve", key(web, Role.LEAD))
    assert (refused.status_code, refused.json()["code"]) == (403, "authority_needed")
    assert judge(web, offer_id, "approve", key(web, Role.MANAGER)).status_code == 200


def test_the_cap_is_counted_again_when_the_customer_accepts(web):
    """Whatever put two offers beside each other that are too much together: the later one is not promised unasked."""
    first, second = (web.offer(f"together-{n}", "C-together")["id"] for n in range(2))
    lifecycle.change(web.url, first, goodwill_minor=19_000)
    answer = web.post(f"/offers/{second}/accept", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "approval_needed")
    assert web.get(f"/offers/{second}").json()["status"] == "open"
    assert web.post(f"/offers/{first}/accept", {}).status_code == 200, "it was there before the other"
    lifecycle.change(web.url, second, approval_role="manager")
    assert web.post(f"/offers/{second}/accept", {}).status_code == 200, "somebody agreed to it"
