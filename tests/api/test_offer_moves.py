"""Moving offers over HTTP, on both databases: every status × every action, once, again, too late and in between."""

from datetime import UTC, datetime, timedelta

import pytest

import lifecycle
import webapp
from compensation_service.api.answers import OfferOut
from compensation_service.domain.offer import MOVES, OfferAction, OfferStatus
from compensation_service.services.offer_rules import TO_ASK_FOR
from lifecycle import WORDS, bare, life, make_late, offer_in

BODIES = {"counter": WORDS}
ACTIONS = [
    OfferAction.ACCEPT,
    OfferAction.DECLINE,
    OfferAction.COUNTER,
    OfferAction.KEEP,
    OfferAction.WITHDRAW,
]
"""What a key of any role may do."""
ANEW = "supersede"


def allowed(status):
    """What the table allows a caller; the offers of these tests owe nothing that could be taken before approval."""
    nothing_owed = {OfferAction.ACCEPT} if status is OfferStatus.PENDING_APPROVAL else set()
    return (set(MOVES[status]) & TO_ASK_FOR) - nothing_owed


@pytest.fixture
def web(web_on_each):
    return web_on_each


def do(web, offer_id, action, body=None, **headers):
    return web.post(f"/offers/{offer_id}/{action}", BODIES.get(action, {}) if body is None else body, **headers)


def refused(answer, code, status, allowed):
    assert answer.status_code == 409, answer.text
    found = answer.json()
    assert (found["code"], found["status_now"], set(found["allowed"])) == (code, status, set(allowed))


def events(web, offer_id):
    incident = web.get(f"/offers/{offer_id}").json()["incident"]["id"]
    return web.get(f"/incidents/{incident}").json()


@pytest.mark.parametrize("status", OfferStatus)
def test_every_action_in_every_status(web, status):
    """The table of moves, over HTTP: what it has goes through, what it has not is refused and changes nothing."""
    for action in ACTIONS:
        offer_id = offer_in(web, status)
        before = web.get(f"/offers/{offer_id}").json()
        answer = do(web, offer_id, action)
        after = web.get(f"/offers/{offer_id}")
        assert after.headers["etag"] == f'"{after.json()["version"]}"'
        if action in allowed(status):
            assert answer.status_code == 200, answer.text
            assert bare(answer.json()) == bare(after.json())
            assert after.json()["status"] == MOVES[status][action]
            assert after.json()["version"] == before["version"] + 1
        elif before["moves"] and before["moves"][-1]["action"] == action:
            assert (answer.status_code, bare(answer.json()), bare(after.json())) == (200, bare(before), bare(before))
        else:
            refused(answer, "illegal_move", status, allowed(status))
            assert bare(after.json()) == bare(before)


def test_an_acceptance_promises_and_resolves(web):
    offer = web.offer("whole", "C-whole")
    chosen = offer["options"][-1]["id"]
    answer = do(web, offer["id"], "accept", {"option": chosen})
    accepted = answer.json()
    OfferOut.model_validate(accepted)
    assert answer.headers["etag"] == '"2"'
    assert (accepted["status"], accepted["version"], accepted["chosen_option"]) == ("accepted", 2, chosen)
    assert [move["action"] for move in accepted["moves"]] == ["accept"]
    assert accepted["moves"][0]["by"] == web.headers["Authorization"].split("_")[1]
    for option in accepted["options"]:
        assert {remedy.get("status") for remedy in option["remedies"]} == (
            {"promised"} if option["id"] == chosen else {None}
        )
    assert events(web, offer["id"])["status"] == "resolved"
    assert life(web, offer["id"]) == ["offer.created", "offer.accepted", "follow_up.planned"]
    listed = next(each for each in web.get("/offers?limit=100").json()["data"] if each["id"] == offer["id"])
    again = web.post("/offers", webapp.case("whole", "C-whole")).json()
    assert bare(listed) == bare(accepted) == bare(again)
    assert web.post(f"/offers/{offer['id']}/recompute", {}).json()["same"]


def test_the_same_again_answers_the_same_and_anything_else_is_refused(web):
    offer = web.offer("again", "C-again")
    path = f"/offers/{offer['id']}/accept"
    first, other = offer["default_option"], [each["id"] for each in offer["options"]][-1]
    assert first != other
    made = web.post(path, {})
    for body in ({}, {"option": first}):
        again = web.post(path, body, **{"If-Match": '"1"'})
        assert (again.status_code, again.content) == (200, made.content)
    refused(web.post(path, {"option": other}), "illegal_move", "accepted", [])
    assert life(web, offer["id"]) == ["offer.created", "offer.accepted", "follow_up.planned"]


def test_another_reason_is_the_same_move_and_other_words_are_not(web):
    declined = offer_in(web, OfferStatus.OPEN)
    made = do(web, declined, "decline", {"reason": "Too little."})
    assert do(web, declined, "decline", {"reason": "Too late."}).content == made.content
    assert made.json()["moves"][0]["reason"] == "Too little."
    countered = offer_in(web, OfferStatus.OPEN)
    asked = {**WORDS, "kind": "partial_refund", "amount": 2500}
    made = do(web, countered, "counter", asked)
    assert do(web, countered, "counter", asked).content == made.content
    kept = made.json()["moves"][0]
    assert (kept["words"], kept["kind"], kept["amount"]["amount"]) == (WORDS["words"], "partial_refund", 2500)
    refused(do(web, countered, "counter", WORDS), "illegal_move", "countered", ["keep", "decline", "withdraw", ANEW])


def test_a_move_made_before_another_one_is_not_made_again(web):
    """A counter-offer, then a refusal: to counter again is not what was done last."""
    offer_id = offer_in(web, OfferStatus.COUNTERED)
    assert do(web, offer_id, "decline").status_code == 200
    refused(do(web, offer_id, "counter"), "illegal_move", "declined", [])


def test_if_match_holds_the_move_to_what_was_read(web):
    offer_id = offer_in(web, OfferStatus.COUNTERED)
    for stale in ('"1"', '"3"', '"x"', "", '"1", "2"'):
        answer = do(web, offer_id, "withdraw", **{"If-Match": stale})
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert do(web, offer_id, "withdraw", **{"If-Match": '"2"'}).status_code == 200
    any_version = offer_in(web, OfferStatus.OPEN)
    assert do(web, any_version, "withdraw", **{"If-Match": "*"}).status_code == 200


def test_an_idempotency_key_replays_the_bytes_even_after_the_offer_went_on(web):
    offer_id = offer_in(web, OfferStatus.OPEN)
    key = {"Idempotency-Key": "once"}
    made = do(web, offer_id, "counter", **key)
    assert do(web, offer_id, "withdraw", **key).status_code == 200, "the key is the path's own"
    again = do(web, offer_id, "counter", **key)
    assert (again.status_code, again.content) == (200, made.content)
    assert again.headers["idempotent-replayed"] == "true"
    reused = do(web, offer_id, "counter", {"words": "Something else."}, **key)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


def test_what_was_refused_can_be_asked_again_with_the_same_key(web):
    offer_id = offer_in(web, OfferStatus.OPEN)
    key = {"Idempotency-Key": "refused"}
    assert do(web, offer_id, "accept", {"option": "opt_99"}, **key).status_code == 422
    assert do(web, offer_id, "accept", {}, **key).status_code == 200


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (status, action)
        for status in (OfferStatus.OPEN, OfferStatus.COUNTERED)
        for action in ACTIONS
        if action in MOVES[status]
    ],
)
def test_after_its_time_nothing_is_possible(web, status, action):
    offer_id = offer_in(web, status)
    make_late(web.url, offer_id)
    before = web.get(f"/offers/{offer_id}").json()
    assert before["status"] == "expired"
    refused(do(web, offer_id, action), "too_late", "expired", [ANEW])
    assert bare(web.get(f"/offers/{offer_id}").json()) == bare(before)


def test_an_unknown_option_is_refused_and_leaves_the_offer_open(web):
    offer_id = offer_in(web, OfferStatus.OPEN)
    answer = do(web, offer_id, "accept", {"option": "opt_99"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "/option",
        "code": "unknown_option",
        "detail": "This offer has no such option.",
    }
    found = web.get(f"/offers/{offer_id}").json()
    assert (found["status"], found["version"], found["moves"]) == ("open", 1, [])


def test_a_refusal_by_rule_is_an_answer_too(web):
    """C4: the same key gets the refusal again, byte for byte, although the move would be possible by now."""
    offer_id = offer_in(web, OfferStatus.COUNTERED)
    key = {"Idempotency-Key": "too-early"}
    first = do(web, offer_id, "accept", **key)
    refused(first, "illegal_move", "countered", ["keep", "decline", "withdraw", ANEW])
    assert do(web, offer_id, "keep").status_code == 200
    again = do(web, offer_id, "accept", **key)
    assert (again.status_code, again.content) == (409, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"] == "application/problem+json"
    assert do(web, offer_id, "accept", {"option": "opt_1"}, **key).status_code == 422
    assert do(web, offer_id, "accept", **{"Idempotency-Key": "now"}).status_code == 200


def test_a_version_that_is_over_is_not_remembered_as_an_answer(web):
    offer_id = offer_in(web, OfferStatus.OPEN)
    key = {"Idempotency-Key": "stale"}
    assert do(web, offer_id, "withdraw", **key, **{"If-Match": '"7"'}).status_code == 412
    assert do(web, offer_id, "withdraw", **key, **{"If-Match": '"1"'}).status_code == 200


def test_lists_ask_for_the_status_that_is_shown(web):
    """An open offer past its time is listed as expired; one whose default stands stays open until that is done."""
    fresh, late, stands, countered = (
        offer_in(web, status)
        for status in (OfferStatus.OPEN, OfferStatus.OPEN, OfferStatus.OPEN, OfferStatus.COUNTERED)
    )
    make_late(web.url, late)
    make_late(web.url, stands, default_stands=True)
    make_late(web.url, countered, default_stands=True)
    for status, wanted in (("open", {fresh, stands}), ("expired", {late, countered}), ("countered", set())):
        listed = web.get(f"/offers?limit=100&status={status}").json()["data"]
        ours = {fresh, late, stands, countered}
        assert {offer["id"] for offer in listed} & ours == wanted
        assert {offer["status"] for offer in listed} <= {status}


def test_a_counter_offer_is_seen_and_can_be_kept(web):
    """The queue shows what the customer asks for; where that is not granted they have a week to think again."""
    offer_id = offer_in(web, OfferStatus.OPEN)
    do(web, offer_id, "counter", {**WORDS, "kind": "partial_refund", "amount": 2500})
    (waiting,) = [each for each in web.get("/offers?status=countered").json()["data"] if each["id"] == offer_id]
    asked = waiting["moves"][-1]
    assert (asked["words"], asked["kind"], asked["amount"]["amount"]) == (WORDS["words"], "partial_refund", 2500)
    kept = do(web, offer_id, "keep", {"reason": "It is what we can do."}).json()
    assert (kept["status"], kept["moves"][-1]["reason"]) == ("open", "It is what we can do.")
    assert do(web, offer_id, "keep", {"reason": "Again."}).json() == kept
    assert life(web, offer_id) == ["offer.created", "offer.countered", "offer.kept"]
    assert do(web, offer_id, "accept").json()["status"] == "accepted"


@pytest.mark.parametrize(("action", "status"), [("counter", OfferStatus.OPEN), ("keep", OfferStatus.COUNTERED)])
def test_whoever_is_asked_anew_has_a_week(web, action, status):
    offer_id = offer_in(web, status)
    usual = web.get(f"/offers/{offer_id}").json()["expires_at"]
    assert do(web, offer_id, action).json()["expires_at"] == usual, "there is time enough"
    offer_id = offer_in(web, status)
    soon = datetime.now(UTC) + timedelta(minutes=5)
    lifecycle.change(web.url, offer_id, expires_at=soon)
    moved = do(web, offer_id, action).json()
    until = datetime.fromisoformat(moved["expires_at"])
    assert timedelta(days=7) <= until - soon + timedelta(minutes=5) < timedelta(days=7, minutes=5)
    assert bare(web.get(f"/offers/{offer_id}").json()) == bare(moved)


def test_an_offer_goes_back_and_forth_three_times(web):
    offer_id = offer_in(web, OfferStatus.OPEN)
    for round_ in range(3):
        assert do(web, offer_id, "counter", {"words": f"More, please: {round_}."}).status_code == 200
        assert do(web, offer_id, "keep").status_code == 200
    answer = do(web, offer_id, "counter", {"words": "More!"})
    refused(answer, "countered_too_often", "open", ["accept", "decline", "withdraw", ANEW])
    assert do(web, offer_id, "accept").status_code == 200


def test_a_revoked_key_moves_nothing(web):
    """Keys are trusted for a while unasked; a write looks again."""
    offer_id = offer_in(web, OfferStatus.OPEN)
    leaving = web.key("north")
    assert web.client.get(f"/offers/{offer_id}", headers=leaving).status_code == 200
    web.app.state.services.keys.revoke("north", leaving["Authorization"].split("_")[1])
    assert web.client.post(f"/offers/{offer_id}/accept", json={}, headers=leaving).status_code == 401
    assert web.get(f"/offers/{offer_id}").json()["status"] == "open"


def test_the_events_of_an_incident_are_counted_without_gaps(web):
    offer_id = offer_in(web, OfferStatus.COUNTERED)
    do(web, offer_id, "withdraw")
    assert life(web, offer_id) == ["offer.created", "offer.countered", "offer.withdrawn"]
    assert events(web, offer_id)["status"] == "open", "somebody has to look again"
