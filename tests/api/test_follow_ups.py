"""Follow-ups over HTTP, on both databases: planned, due, done; and what an unsolved one means."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import text

from compensation_service.api.incident_answers import FollowUpOut, FollowUpPage
from webapp import case

_numbers = count()
PAST = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def web(web_on_each):
    return web_on_each


def taken(web, customer=None):
    """An accepted offer, and the follow-up that it brought."""
    number = next(_numbers)
    customer = customer or f"F-{number}"
    offer = web.offer(f"fup-{number}", customer)
    assert web.post(f"/offers/{offer['id']}/accept", {}).status_code == 200
    (follow_up,) = web.get(f"/follow-ups?incident={offer['incident']['id']}").json()["data"]
    return offer, follow_up


def complete(web, follow_up, outcome, **more):
    headers = more.pop("headers", {})
    return web.post(f"/follow-ups/{follow_up['id']}/complete", {"outcome": outcome, **more}, **headers)


def incident_of(web, offer):
    return web.get(f"/incidents/{offer['incident']['id']}").json()


def make_due(web, *follow_ups, at=PAST):
    with web.app.state.services.store._engines.writer.begin() as connection:
        shown = at
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.merchant_id', 'north', true)"))
        else:
            shown = at.replace(tzinfo=None).isoformat(" ", "microseconds")
        for follow_up in follow_ups:
            values = {"at": shown, "id": follow_up["id"]}
            connection.execute(text("UPDATE follow_ups SET due_at = :at WHERE id = :id"), values)


def test_an_accepted_offer_is_followed_up_when_it_said(web):
    offer, follow_up = taken(web)
    assert follow_up["due_at"] == offer["follow_up_at"]
    assert (follow_up["status"], follow_up["outcome"], follow_up["offer"]) == ("planned", None, {"id": offer["id"]})
    assert follow_up["customer"] == {"reference": incident_of(web, offer)["customer"]["reference"]}
    one = web.get(f"/follow-ups/{follow_up['id']}")
    assert FollowUpOut.model_validate(one.json())
    assert one.json() == follow_up
    again = web.post(f"/offers/{offer['id']}/accept", {})
    assert again.status_code == 200
    assert len(incident_of(web, offer)["follow_ups"]) == 1
    assert [event["type"] for event in incident_of(web, offer)["events"]][1:] == ["offer.accepted", "follow_up.planned"]


def test_an_offer_with_nothing_to_accept_is_followed_up_too(web):
    body = case(f"fup-{next(_numbers)}", "F-informed")
    body["incident"]["delay_hours"] = 1
    offer = web.post("/offers", body).json()
    assert offer["status"] == "informational"
    shown = incident_of(web, offer)
    assert (shown["status"], [each["due_at"] for each in shown["follow_ups"]]) == ("resolved", [offer["follow_up_at"]])
    assert [event["type"] for event in shown["events"]] == ["offer.created", "follow_up.planned"]
    assert complete(web, shown["follow_ups"][0], "solved").status_code == 200
    assert incident_of(web, offer)["status"] == "closed"


def test_an_offer_that_is_not_taken_is_not_followed_up(web):
    offer = web.offer(f"fup-{next(_numbers)}", "F-declines")
    web.post(f"/offers/{offer['id']}/decline", {})
    assert incident_of(web, offer)["follow_ups"] == []


def test_solved_closes_what_owes_nothing_any_more(web):
    offer, follow_up = taken(web)
    done = complete(web, follow_up, "solved", rating=5, words="All is well.", by="Elena")
    assert done.status_code == 200
    found = FollowUpOut.model_validate(done.json())
    assert (found.status, found.outcome, found.rating, found.words, found.by) == (
        "done",
        "solved",
        5,
        "All is well.",
        "Elena",
    )
    assert incident_of(web, offer)["status"] == "resolved", "what was promised is still to come"
    other, follow_up = taken(web)
    shown = web.get(f"/offers/{other['id']}").json()
    chosen = next(option for option in shown["options"] if option["id"] == shown["chosen_option"])
    for position in range(1, len(chosen["remedies"]) + 1):
        web.post(f"/offers/{other['id']}/remedies/{position}/fulfilled", {})
    complete(web, follow_up, "solved")
    assert incident_of(web, other)["status"] == "closed"
    assert incident_of(web, other)["events"][-1]["type"] == "incident.closed"


def test_unsolved_opens_the_incident_again_and_weighs_in_the_next_decision(web):
    scores = {}
    for customer, outcome in (("F-served", "solved"), ("F-failed", "unsolved"), ("F-away", "unreachable")):
        offer, follow_up = taken(web, customer)
        done = complete(web, follow_up, outcome, words="Still broken." if outcome == "unsolved" else None)
        assert done.json()["outcome"] == outcome
        shown = incident_of(web, offer)
        assert (shown["status"], shown["reopened"]) == (("open", 1) if outcome == "unsolved" else ("resolved", 0))
        scores[customer] = float(web.offer(f"next-{customer}", customer)["severity"]["score"])
    assert scores["F-failed"] > scores["F-served"] == scores["F-away"]


def test_the_words_of_an_unsolved_follow_up_are_why_it_is_open_again(web):
    offer, follow_up = taken(web)
    complete(web, follow_up, "unsolved", words="Still broken.", rating=1)
    shown = incident_of(web, offer)
    done, opened, told = shown["events"][-3:]
    assert (done["type"], opened["type"]) == ("follow_up.done", "incident.reopened")
    assert (opened["follow_up"]["words"], opened["reopening"]) == ("Still broken.", {"number": 1, "reason": None})
    assert (told["type"], told["follow_up"]["words"], "clock" in told) == ("incident.escalated", "Still broken.", False)
    assert shown["escalated_at"] == told["occurred_at"]
    anew = web.post(f"/incidents/{offer['incident']['id']}/decision", {})
    assert anew.status_code == 201


def test_the_same_again_answers_the_same_and_anything_else_is_too_late(web):
    _, follow_up = taken(web)
    first = complete(web, follow_up, "unsolved", rating=2)
    again = complete(web, follow_up, "unsolved", rating=2)
    assert (again.status_code, again.content) == (200, first.content)
    for outcome, rating in (("unsolved", 3), ("solved", 2)):
        refused = complete(web, follow_up, outcome, rating=rating)
        assert (refused.status_code, refused.json()["status_now"], refused.json()["allowed"]) == (409, "done", [])
    named = complete(web, follow_up, "unsolved", rating=2, headers={"Idempotency-Key": "asked"})
    assert complete(web, follow_up, "unsolved", rating=2, headers={"Idempotency-Key": "asked"}).content == named.content


@pytest.mark.parametrize(
    "change",
    [{"outcome": "maybe"}, {"rating": 0}, {"rating": 6}, {"rating": "5"}, {"outcome": None}, {"status": "done"}],
)
def test_what_is_not_usable_is_refused(web, change):
    _, follow_up = taken(web)
    assert complete(web, follow_up, **{"outcome": "solved", **change}).status_code == 422
    assert web.get(f"/follow-ups/{follow_up['id']}").json() == follow_up
    assert complete(web, {"id": "fup_nothing"}, "solved").status_code == 404


def test_nobody_is_asked_about_what_is_open_again(web):
    offer, follow_up = taken(web)
    web.post(f"/incidents/{offer['incident']['id']}/reopen", {"reason": "No better."})
    assert web.get(f"/follow-ups/{follow_up['id']}").json()["status"] == "cancelled"
    refused = complete(web, follow_up, "solved")
    assert (refused.status_code, refused.json()["status_now"]) == (409, "cancelled")
    assert [event["type"] for event in incident_of(web, offer)["events"]][-2:] == [
        "incident.reopened",
        "follow_up.cancelled",
    ]


def test_what_is_due_is_at_the_top_and_falls_due_once(web):
    made = [taken(web, "F-queue") for _ in range(5)]
    follow_ups = [follow_up for _, follow_up in made]
    for days, follow_up in zip((3, 1, 2), follow_ups, strict=False):
        make_due(web, follow_up, at=PAST + timedelta(days=days))
    wanted = [follow_ups[index]["id"] for index in (1, 2, 0, 3, 4)]
    path, listed = "/follow-ups?customer=F-queue&limit=2", []
    while path:
        answer = web.get(path)
        page = FollowUpPage.model_validate(answer.json())
        listed += [each.id for each in page.data]
        link = answer.headers.get("link")
        path = link and link.split(">")[0].removeprefix("<https://offers.example")
    assert listed == wanted
    due = names(web, "customer=F-queue&status=due")
    assert due == wanted[:3], "due by the clock, though nobody has written it down"
    assert names(web, "customer=F-queue&status=planned") == wanted[3:]
    assert names(web, "customer=F-queue&due_before=2020-01-03T00:00:00Z") == wanted[:1]
    service = web.app.state.services.follow_ups
    assert service.remind(most=2) == 3
    assert service.remind() == 0
    assert names(web, "customer=F-queue&status=due") == wanted[:3]
    assert incident_of(web, made[1][0])["events"][-1]["type"] == "follow_up.due"
    assert complete(web, follow_ups[1], "solved").status_code == 200
    assert names(web, "customer=F-queue&status=due") == wanted[1:3]


def names(web, query):
    return [each["id"] for each in web.get(f"/follow-ups?{query}").json()["data"]]


def test_each_owner_has_their_own_list(web):
    offer, follow_up = taken(web, "F-owned")
    path = f"/incidents/{offer['incident']['id']}"
    web.client.patch(path, json={"owner": "Elena, desk 4"}, headers={**web.headers, "If-Match": "*"})
    assert names(web, "owner=Elena,%20desk%204") == [follow_up["id"]]
    assert names(web, "owner=Boris") == []
    assert web.get("/follow-ups?stage=due").status_code == 400
