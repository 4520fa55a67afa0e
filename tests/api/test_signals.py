"""`/signals` over HTTP: trouble noticed before the customer complains."""

from itertools import count

import pytest

from compensation_service.policies.load import default_text

ORDER = {
    "reference": "A-9",
    "currency": "EUR",
    "total": 10490,
    "shipping": 490,
    "promised_at": "2026-03-01T18:00:00Z",
    "country": "BG",
}
_numbers = count(1)


def signal(kind, value, **more):
    number = next(_numbers)
    customer = {"reference": f"S-{number}", "locale": "en"}
    return {"signal": {"id": f"s-{number}", "kind": kind, "value": value, **more}, "order": ORDER, "customer": customer}


@pytest.mark.parametrize(
    ("kind", "value", "more", "category"),
    [
        ("late_scan", 36, {}, "late_delivery"),
        ("low_rating", 1, {}, "poor_service"),
        ("failed_payment", 2, {}, "technical_failure"),
        ("long_wait", "45.5", {"channel": "chat"}, "support_wait"),
        ("repeated_contact", 3, {}, "poor_service"),
    ],
)
def test_a_signal_makes_an_offer_and_the_same_one_no_other(web, kind, value, more, category):
    body = signal(kind, value, **more)
    first, again = (web.post("/signals", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200), first.text
    offer = first.json()["offer"]
    assert (first.json()["outcome"], again.json()["offer"]["id"]) == ("offered", offer["id"])
    incident = web.get(f"/incidents/{offer['incident']['id']}").json()
    assert (incident["category"], incident["reference"]) == (category, f"signal-{body['signal']['id']}")


@pytest.mark.parametrize(("kind", "value"), [("late_scan", 23), ("low_rating", 3), ("repeated_contact", 2)])
def test_what_is_no_trouble_by_the_policy_leaves_nothing(web, kind, value):
    answer = web.post("/signals", signal(kind, value))
    assert (answer.status_code, answer.json()["outcome"], answer.json()["offer"]) == (200, "ignored", None)
    assert not [each for each in web.get("/incidents?limit=100").json()["data"] if each["reference"] == "signal-s"]


def test_a_signal_that_cannot_be_decided_says_what_is_missing(web):
    answer = web.post("/signals", signal("long_wait", 30))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/incident/channel")


def test_the_policy_says_what_counts_and_a_published_promise_stands_by_itself(web):
    text = default_text().replace("late_delivery, at_least: 24", "late_delivery, at_least: 1")
    text += "\nschemes: [{pack: shop-late-parcel, categories: [late_delivery]}]\n"
    activated(web, text)
    answer = web.post("/signals", signal("late_scan", 2))
    assert answer.status_code == 201, answer.text
    offer = answer.json()["offer"]
    assert [each["scheme"] for each in offer["schemes"]] == ["shop-late-parcel"]
    stands = dict(zip(web.values("offers", "id"), web.values("offers", "default_stands"), strict=True))
    assert (offer["status"], stands[offer["id"]]) == ("open", 1)
    body = {
        "incident": {"reference": "complained", "category": "late_delivery", "delay_hours": 2},
        "order": {**ORDER, "reference": "A-10"},
        "customer": {"reference": "S-complained"},
    }
    complained = web.post("/offers", body).json()
    stands = dict(zip(web.values("offers", "id"), web.values("offers", "default_stands"), strict=True))
    assert stands[complained["id"]] == 0
    large = web.post("/signals", signal("late_scan", 900)).json()["offer"]
    stands = dict(zip(web.values("offers", "id"), web.values("offers", "default_stands"), strict=True))
    assert (large["status"], stands[large["id"]]) == ("pending_approval", 1), "once somebody agreed to it"


def activated(web, text):
    made = web.post("/policies", {"text": text}, **{"Idempotency-Key": "signals"})
    while made.status_code == 503:  # reading a policy takes a while where much else goes on
        made = web.post("/policies", {"text": text}, **{"Idempotency-Key": "signals"})
    assert made.status_code == 201, made.text
    version = made.json()["version"]
    second = web.key("north")
    answer = web.client.post(
        f"/policies/{version}/activate", json={}, headers={**second, "If-Match": made.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text
