"""The letter in what endpoints are told: with the offer that the customer hears of, as long as it can be taken."""

import asyncio
import re
from itertools import count

import orjson
import pytest
from standardwebhooks import Webhook

import webapp
from compensation_service.api.webhooks import shape_of
from compensation_service.clock import system_clock
from compensation_service.domain.api_key import Role, Scope
from compensation_service.settings import Settings
from compensation_service.webhooks.sender import Outcome
from compensation_service.worker import make_sender, make_worker
from webhooks.receivers import Receiver, answer, receiving

NUMBERS = count(1)
NAME = "Жана Петрова"
LINK = re.compile(r"https://offers\.example(/o/[A-Za-z0-9_-]{43})")


@pytest.fixture(scope="module")
def web():
    with webapp.on_sqlite(webhooks_to_localhost=True) as web:
        yield web


@pytest.fixture(scope="module")
def registered(web):
    return register(web, 9)


@pytest.fixture
def endpoint(web, registered):
    """An endpoint that is told of offers and letters from now on, and of nothing before."""
    web.change("UPDATE deliveries SET status = 'delivered'")
    return registered


def register(web, port, **body):
    body = {"url": f"http://localhost:{port}/", "events": ["offer.*", "letter.*"], **body}
    made = web.post("/webhook-endpoints", body, **{"Idempotency-Key": f"endpoint-{next(NUMBERS)}"})
    assert made.status_code == 201, made.text
    return made.json()


def offer(web, *, customer=None, **incident):
    number = next(NUMBERS)
    body = webapp.case(f"told-{number}", customer or f"told-customer-{number}")
    body["customer"] |= {"locale": "bg", "name": NAME}
    body["incident"] |= incident
    return web.post("/offers", body).json()


def unsafe(web):
    made = offer(web, category="defective_item", grade="unsafe", delay_hours=None, remediable=["replacement"])
    assert made["status"] == "pending_approval"
    return made


def approve(web, made):
    _, token = web.app.state.services.keys.create("north", "judge", Role.MANAGER, frozenset(Scope))
    headers = {"Authorization": f"Bearer {token}"}
    assert web.client.post(f"/offers/{made['id']}/approve", json={}, headers=headers).status_code == 200


def told(web, endpoint):
    """What is sent now, one delivery after the other, as if each were taken."""
    found = []
    while parcels := claim(web, endpoint):
        for parcel in parcels:
            found.append(orjson.loads(parcel.body))
            shape_of(parcel.delivery.type).model_validate(found[-1])
            settled(web, parcel)
    return found


def claim(web, endpoint):
    return web.app.state.services.deliveries.claim("north", endpoint["id"], 10)


def settled(web, parcel):
    web.change("UPDATE deliveries SET status = 'delivered' WHERE message_id = ?", parcel.delivery.message_id)


def again(web):
    web.change("UPDATE deliveries SET next_at = '2020-01-01 00:00:00.000000' WHERE status = 'pending'")


def letters(bodies):
    return {body["type"]: body["data"]["offer"]["letter"] for body in bodies if body["type"].startswith("offer.")}


def test_the_letter_is_written_and_travels_with_a_link_that_opens(web, endpoint):
    made = offer(web)
    bodies = told(web, endpoint)
    assert [body["type"] for body in bodies] == ["offer.created", "letter.written"]
    letter = bodies[0]["data"]["offer"]["letter"]
    assert letter == web.get(f"/offers/{made['id']}").json()["letter"]
    for text in (letter["text"], letter["html"]):
        assert NAME in text
        (path,) = set(LINK.findall(text))
        assert web.client.get(path).status_code == 200


def test_a_letter_that_was_read_before_is_the_one_that_travels(web, endpoint):
    made = offer(web)
    before = web.get(f"/offers/{made['id']}").json()["letter"]
    assert letters(told(web, endpoint)) == {"offer.created": before}


def test_the_log_of_deliveries_shows_what_was_sent(web, endpoint):
    offer(web)
    (parcel,) = claim(web, endpoint)
    shown = web.get(f"/webhook-endpoints/{endpoint['id']}/deliveries/{parcel.delivery.message_id}").json()
    assert shown["request"]["body"].encode() == parcel.body


def test_an_offer_that_waits_for_approval_is_spoken_of_once_somebody_agreed(web, endpoint):
    made = unsafe(web)
    assert letters(told(web, endpoint)) == {"offer.created": None}
    approve(web, made)
    letter = web.get(f"/offers/{made['id']}").json()["letter"]
    assert letters(told(web, endpoint)) == {"offer.approved": letter}
    assert letter is not None


def test_it_comes_once_however_late_the_first_event_is(web, endpoint):
    """Approved before it was told that the offer was made: the letter goes with the approval."""
    approve(web, unsafe(web))
    created, approved = (body for body in told(web, endpoint) if body["type"].startswith("offer."))
    assert created["data"]["offer"]["letter"] is None
    assert approved["data"]["offer"]["letter"] is not None


@pytest.mark.parametrize("action", ["accept", "decline", "withdraw"])
def test_what_is_over_is_not_spoken_of_any_more(web, endpoint, action):
    """Neither for the first time nor again: it would offer what cannot be taken."""
    unread, read = offer(web), offer(web)
    web.get(f"/offers/{read['id']}")
    for made in (unread, read):
        assert web.post(f"/offers/{made['id']}/{action}", {}).status_code == 200
    bodies = [body for body in told(web, endpoint) if body["type"].startswith("offer.")]
    assert len(bodies) == 4
    assert all(body["data"]["offer"]["letter"] is None for body in bodies)


def test_an_offer_that_is_kept_is_not_told_of_twice(web, endpoint):
    made = offer(web)
    assert letters(told(web, endpoint))["offer.created"] is not None
    web.post(f"/offers/{made['id']}/counter", {"words": "Something else"})
    web.post(f"/offers/{made['id']}/keep", {})
    assert letters(told(web, endpoint)) == {"offer.countered": None, "offer.kept": None}


def test_the_second_apology_is_not_sent_by_a_machine(web, endpoint):
    first, second = (offer(web, customer="told-twice") for _ in range(2))
    bodies = {body["data"]["offer"]["id"]: body for body in told(web, endpoint) if body["type"] == "offer.created"}
    assert bodies[first["id"]]["data"]["offer"]["letter"] is not None
    assert bodies[second["id"]]["data"]["offer"]["letter"] is None
    drafts = web.get(f"/incidents/{second['incident']['id']}/letters").json()["data"]
    assert [letter["status"] for letter in drafts] == ["draft"]


def test_nothing_is_said_of_who_is_forgotten(web, endpoint):
    offer(web, customer="told-and-forgotten")
    (parcel,) = claim(web, endpoint)
    assert NAME.encode() in parcel.body
    assert web.post("/customers/told-and-forgotten/erase", {}).status_code == 200
    again(web)
    (parcel,) = claim(web, endpoint)
    assert orjson.loads(parcel.body)["data"]["offer"]["letter"] is None
    assert NAME.encode() not in parcel.body


def test_what_is_answered_after_somebody_was_erased_is_not_kept(web, endpoint):
    """The receiver had it in hand meanwhile, and answers with what it was sent."""
    offer(web, customer="told-while-erased")
    (parcel,) = claim(web, endpoint)
    assert web.post("/customers/told-while-erased/erase", {}).status_code == 200
    web.app.state.services.deliveries.settle(parcel, Outcome(200, answer=parcel.body.decode()), system_clock())
    shown = web.get(f"/webhook-endpoints/{endpoint['id']}/deliveries/{parcel.delivery.message_id}").json()
    assert [(made["status_code"], made["answer"]) for made in shown["attempts_made"]] == [(200, "")]


def test_all_that_happens_is_told_in_the_shape_that_is_described(web):
    everything = register(web, 10, events=[])
    incident = offer(web)["incident"]["id"]
    papers = {
        "messages": {"direction": "out", "channel": "email", "words": NAME},
        "evidence": {"kind": "photo", "description": NAME},
        "account": {"words": NAME},
    }
    for name, paper in papers.items():
        written = web.post(f"/incidents/{incident}/{name}", paper, **{"Idempotency-Key": f"{name}-{incident}"})
        assert written.status_code == 201, written.text
    headers = {**web.headers, "If-Match": "*"}
    assert web.client.patch(f"/incidents/{incident}", json={"owner": NAME}, headers=headers).is_success
    (made,) = web.get(f"/incidents/{incident}").json()["offers"]
    assert web.post(f"/offers/{made['id']}/accept", {}).is_success
    assert web.post(f"/incidents/{incident}/reopen", {"reason": NAME}).is_success
    tested = {"Idempotency-Key": f"test-{incident}"}
    assert web.post(f"/webhook-endpoints/{everything['id']}/test", {}, **tested).status_code == 202
    bodies = told(web, everything)
    assert NAME not in str([body["data"] for body in bodies if not body["type"].startswith("offer.")])
    families = {body["type"].partition(".")[0] for body in bodies}
    assert families >= {"offer", "incident", "message", "evidence", "account", "follow_up", "webhook_endpoint"}


def test_a_real_receiver_gets_the_same_letter_again_and_both_are_signed(web):
    """The first time it fails; what was signed is what was sent, with the link in it."""
    receiver = Receiver(answer=answer("503 Later"))
    settings = Settings(database_url=web.url, public_base_url=webapp.BASE, webhooks_to_localhost=True)

    async def scene():
        async with receiving(receiver):
            made = await asyncio.to_thread(register, web, receiver.port, events=["offer.created"])
            await asyncio.to_thread(offer, web)
            for _ in range(2):
                sender = make_sender(settings)
                await make_worker(settings, web.app.state.services.store, sender).run_once()
                sender.close()
                receiver.answer = answer("200 OK")
                again(web)
            return made["secret"]

    secret = asyncio.run(scene())
    assert len(receiver.requests) >= 2
    assert len({body for _, body in receiver.requests}) == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    for headers, body in receiver.requests:
        letter = Webhook(secret).verify(body, headers)["data"]["offer"]["letter"]
        assert NAME in letter["text"]
        assert LINK.search(letter["text"])
