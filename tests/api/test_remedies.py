"""Remedies confirmed over HTTP, on both databases: promised, fulfilled or failed, and the offer with the last one."""

from datetime import datetime, timedelta

import pytest

from compensation_service.clock import random_id
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.escalations import EscalationService
from compensation_service.services.policy_book import PolicyBook
from lifecycle import bare, life, offer_in
from webapp import case


@pytest.fixture
def web(web_on_each):
    return web_on_each


@pytest.fixture
def accepted(web):
    """The id of an accepted offer, and how many remedies it promises."""
    offer_id = offer_in(web, OfferStatus.ACCEPTED)
    return offer_id, len(statuses(web, offer_id))


def statuses(web, offer_id):
    offer = web.get(f"/offers/{offer_id}").json()
    chosen = next(option for option in offer["options"] if option["id"] == offer["chosen_option"])
    return [remedy["status"] for remedy in chosen["remedies"]]


def confirm(web, offer_id, position, what, **headers):
    return web.post(f"/offers/{offer_id}/remedies/{position}/{what}", {}, **headers)


def test_the_last_remedy_fulfils_the_offer(web, accepted):
    offer_id, many = accepted
    assert many > 1
    for position in range(1, many + 1):
        answer = confirm(web, offer_id, position, "fulfilled")
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == ("fulfilled" if position == many else "accepted")
        assert statuses(web, offer_id) == ["fulfilled"] * position + ["promised"] * (many - position)
        again = confirm(web, offer_id, position, "fulfilled")
        assert (again.status_code, again.content) == (200, answer.content)
    assert life(web, offer_id)[3:] == ["remedy.fulfilled"] * many + ["offer.fulfilled"]
    assert [move["action"] for move in answer.json()["moves"]] == ["accept", "fulfil"]
    assert web.post(f"/offers/{offer_id}/accept", {}).content == answer.content, "it was accepted, and still is"
    refused = confirm(web, offer_id, 1, "failed")
    assert (refused.status_code, refused.json()["status_now"], refused.json()["allowed"]) == (409, "fulfilled", [])


def test_a_failed_remedy_is_seen_and_can_be_fulfilled_later(web, accepted):
    offer_id, many = accepted
    failed = confirm(web, offer_id, 1, "failed")
    assert failed.status_code == 200
    assert statuses(web, offer_id)[0] == "failed"
    assert confirm(web, offer_id, 1, "failed").content == failed.content
    for position in range(2, many + 1):
        assert confirm(web, offer_id, position, "fulfilled").json()["status"] == "accepted"
    assert confirm(web, offer_id, 1, "fulfilled").json()["status"] == "fulfilled"
    assert life(web, offer_id)[3] == "remedy.failed"


@pytest.mark.parametrize("status", [status for status in OfferStatus if status not in {"accepted", "fulfilled"}])
def test_nothing_is_confirmed_that_is_not_promised(web, status):
    offer_id = offer_in(web, status)
    before = web.get(f"/offers/{offer_id}").json()
    for what in ("fulfilled", "failed"):
        answer = confirm(web, offer_id, 1, what)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        assert answer.json()["status_now"] == status
    assert bare(web.get(f"/offers/{offer_id}").json()) == bare(before)


def test_a_remedy_that_is_not_there_is_not_found(web, accepted):
    offer_id, many = accepted
    assert confirm(web, offer_id, many + 1, "fulfilled").status_code == 404
    for nonsense in ("0", "-1", "x", "1001", "99999999999999999999"):
        assert confirm(web, offer_id, nonsense, "fulfilled").status_code == 422


def test_a_confirmation_can_be_held_to_what_was_read_and_named(web, accepted):
    offer_id, _ = accepted
    assert confirm(web, offer_id, 1, "fulfilled", **{"If-Match": '"1"'}).status_code == 412
    key = {"If-Match": '"2"', "Idempotency-Key": "done"}
    made = confirm(web, offer_id, 1, "fulfilled", **key)
    assert made.status_code == 200
    assert confirm(web, offer_id, 2, "fulfilled").status_code == 200
    assert confirm(web, offer_id, 1, "fulfilled", **key).content == made.content


def test_a_failed_recovery_weighs_in_the_next_decision(web, accepted):
    """What failed for a customer is part of their history: the next incident is more severe for it."""
    offer_id, _ = accepted
    other = web.offer("other-customer", "C-no-history-of-failure")
    web.post(f"/offers/{other['id']}/accept", {})
    customer = web.get(f"/incidents/{web.get(f'/offers/{offer_id}').json()['incident']['id']}").json()["customer"]
    confirm(web, offer_id, 1, "failed")
    failed = web.offer("next-1", customer["reference"])
    kept = web.offer("next-2", "C-no-history-of-failure")
    assert float(failed["severity"]["score"]) > float(kept["severity"]["score"])


def escalate(web, at):
    store = web.app.state.services.store
    EscalationService(store, PolicyBook(store, lambda: at), lambda: at, random_id).escalate()


@pytest.mark.parametrize(("earlier", "hours"), [(0, 48), (5, 24)])
def test_what_is_not_confirmed_by_when_it_was_promised_is_told_of(web, accepted, earlier, hours):
    """Where the trouble comes again the customer was promised it sooner."""
    confirmed, many = accepted
    for position in range(1, many + 1):
        confirm(web, confirmed, position, "fulfilled")
    body = case(f"late-promise-{earlier}", f"late-promise-{earlier}")
    occurred = (datetime.fromisoformat(body["incident"]["occurred_at"]) - timedelta(days=2)).isoformat()
    past = [
        {"reference": f"p-{n}", "category": "late_delivery", "occurred_at": occurred, "fault": "company"}
        for n in range(earlier)
    ]
    body["customer"]["history"] = {"incidents": past}
    offer = web.post("/offers", body).json()
    made = web.post(f"/offers/{offer['id']}/accept", {}).json()["moves"][-1]
    promised = datetime.fromisoformat(made["at"]) + timedelta(hours=hours)
    for at, told in ((promised - timedelta(seconds=1), []), (promised, [offer["id"]]), (promised, [offer["id"]])):
        escalate(web, at)
        events = web.get(f"/incidents/{offer['incident']['id']}").json()["events"]
        assert [event["offer"] for event in events if event.get("clock") == "carry_out"] == told
