"""Another merchant's key never sees or touches anything: generated over every operation that needs a key."""

import json
from copy import deepcopy
from itertools import count

import pytest

import databases
import webapp
from compensation_service.api.routes import SCOPES
from compensation_service.policies.load import default_text
from webapp import case

TEXT = default_text() + "# theirs"
BUDGET = {"name": "theirs", "currency": "EUR", "limit": 10**9, "month": "2026-12"}
MOVES = [
    path
    for _, path in SCOPES
    if path.startswith("/offers/{offer_id}/") and not path.endswith(("recompute", "override", "supersede"))
]
BODIES = {
    **dict.fromkeys(("/offers", "/offers/preview"), case("theirs-0", "their-customer")),
    "/incidents": {"incident": {"reference": "theirs-0", "category": "other"}, "customer": {"reference": "C-mine"}},
    "/incidents/{incident_id}": {"owner": "me"},
    "/incidents/{incident_id}/decision": {},
    "/incidents/{incident_id}/reopen": {"reason": "mine"},
    "/incidents/{incident_id}/messages": {"direction": "in", "channel": "email", "words": "mine"},
    "/incidents/{incident_id}/evidence": {"kind": "photo", "description": "mine"},
    "/incidents/{incident_id}/account": {"words": "mine"},
    "/incidents/{incident_id}/letters": {"kind": "follow_up"},
    "/letterhead": {"shop": "Mine"},
    "/follow-ups/{follow_up_id}/complete": {"outcome": "solved"},
    "/policies": {"text": default_text()},
    "/policies/check": {"text": default_text()},
    "/policies/{version}": {"text": default_text()},
    "/policies/{version}/activate": {},
    **{key: {} for key in MOVES},
    "/api-keys": {"name": "mine", "scopes": ["offers:read"]},
    "/api-keys/{key_id}/rotate": {},
    "/api-keys/{key_id}/revoke": {},
    "/webhook-endpoints": {"url": "http://localhost:9/mine"},
    "/inbound-sources": {"name": "mine", "preset": "zendesk"},
    "/inbound-sources/{source_id}/replay": {},
    "/webhook-endpoints/{endpoint_id}": {"enabled": True},
    "/offers/{offer_id}/counter": {"words": "The money back, please."},
}
"""What an operation is sent; others are sent the example of their description."""
NUMBERS = count()
DIALECTS = ("sqlite", "postgresql")
OPERATIONS = [operation for operation, scope in SCOPES.items() if scope]


@pytest.fixture(scope="module", params=DIALECTS)
def web(request, tmp_path_factory):
    """One service on each database for all tests: what they try must change nothing of the other merchant's."""
    made = (
        databases.fresh_sqlite(tmp_path_factory.mktemp("isolation"))
        if request.param == "sqlite"
        else databases.fresh_postgresql()
    )
    with made as url, webapp.running(url, webhooks_to_localhost=True) as web:
        yield web


@pytest.fixture(scope="module")
def theirs(web):
    """What the merchant south keeps; north may know nothing of it."""
    headers = web.key("south")
    endpoint, _ = (
        web.client.post(
            "/webhook-endpoints",
            json={"url": "http://localhost:9/theirs"},
            headers={**headers, "Idempotency-Key": name},
        ).json()["id"]
        for name in ("shared", "other")
    )
    offers = [web.offer(f"theirs-{n}", customer="their-customer", merchant=headers) for n in range(3)]
    keyed = web.client.post(
        "/offers", json=case(None, "their-customer"), headers={**headers, "Idempotency-Key": "shared"}
    )
    assert keyed.status_code == 201
    drafts = [
        web.client.post("/policies", json={"text": TEXT}, headers={**headers, "Idempotency-Key": name})
        for name in ("shared", "other")
    ]
    assert [draft.status_code for draft in drafts] == [201, 201]
    budget, _ = (
        web.client.post("/budgets", json=BUDGET, headers={**headers, "Idempotency-Key": name}).json()
        for name in ("shared", "other")
    )
    for offer in offers[1:]:
        assert web.client.post(f"/offers/{offer['id']}/accept", json={}, headers=headers).status_code == 200
    (follow_up, *_) = web.client.get("/follow-ups", headers=headers).json()["data"]
    inbound = told(web, headers)
    cursors = {f"/{name}": web.client.get(f"/{name}?limit=1", headers=headers).json()["next_cursor"] for name in KINDS}
    delivery = web.client.get(f"/webhook-endpoints/{endpoint}/deliveries", headers=headers).json()["data"][0]["id"]
    kept = {"offer": offers[0], "follow_up": follow_up["id"], "budget": budget["id"]}
    kept |= {"endpoint": endpoint, "delivery": delivery, **inbound}
    return {"headers": headers, "cursors": cursors, **kept}


def told(web, headers):
    """An inbound source of theirs, and what it told of."""
    source, _ = [
        web.client.post(
            "/inbound-sources",
            json={"name": "theirs", "preset": "freshdesk", "secret": "their-secret"},
            headers={**headers, "Idempotency-Key": name},
        ).json()["id"]
        for name in ("shared", "other")
    ]
    assert web.client.post(f"/inbound/{source}", json={}, headers={"X-Webhook-Token": "their-secret"}).is_success
    event = web.client.get(f"/inbound-sources/{source}/events", headers=headers).json()["data"][0]["id"]
    return {"source": source, "event": event}


WITHOUT_CUSTOMERS = {"/policies", "/budgets", "/api-keys", "/webhook-endpoints", "/inbound-sources"}
KINDS = (
    *("offers", "incidents", "follow-ups", "policies", "budgets", "api-keys"),
    *("webhook-endpoints", "inbound-sources"),
)


def everything(web, headers):
    """All that a merchant can read, without what is only there since the question."""
    return [web.client.get(f"/{name}?limit=100", headers=headers).json()["data"] for name in KINDS]


def body_of(web, method, path):
    """What to send: an example from the description of the operation, unless BODIES has another."""
    described = web.app.openapi()
    if "requestBody" not in described["paths"][path][method.lower()]:
        return None
    schema = described["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    example = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["examples"][-1]
    return BODIES.get(path, example)


def somebody(web):
    """A key of a merchant that nobody has seen before."""
    return web.key(f"north-{next(NUMBERS)}")


def names(theirs):
    """Everything in the paths of operations, as south's."""
    versions = {**dict.fromkeys(("{version}", "{before}", "{after}"), "2"), "{position}": "1"}
    key = theirs["headers"]["Authorization"].split("_")[1]
    offer = theirs["offer"]
    ids = {"{offer_id}": offer["id"], "{incident_id}": offer["incident"]["id"], "{follow_up_id}": theirs["follow_up"]}
    ids |= {"{endpoint_id}": theirs["endpoint"], "{delivery_id}": theirs["delivery"]}
    ids |= {"{source_id}": theirs["source"], "{event_id}": theirs["event"]}
    return {**ids, "{reference}": "their-customer", "{budget_id}": theirs["budget"], "{key_id}": key, **versions}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_of_theirs_comes_out_or_changes(web, theirs, method, path):
    mine, before = somebody(web), theirs.pop("left", None) or everything(web, theirs["headers"])
    concrete = path
    for name, value in names(theirs).items():
        concrete = concrete.replace(name, value)
    queries = [""]
    if path in theirs["cursors"]:
        queries += [
            "?limit=100",
            *(["?customer=their-customer"] if path not in WITHOUT_CUSTOMERS else []),
            f"?cursor={theirs['cursors'][path]}",
            f"?limit=1&cursor={theirs['cursors'][path]}",
        ]
    if path == "/offers" and method == "GET":
        queries += [f"?incident={theirs['offer']['incident']['id']}", "?order=order-theirs-0"]
    for query in queries:
        body = body_of(web, method, path)
        headers = {**mine, "Idempotency-Key": "shared", "If-Match": "*"}
        answer = web.client.request(method, concrete + query, json=body, headers=headers)
        named = "{" in path and "{reference}" not in path  # the same customer's name is each merchant's own
        assert answer.status_code in ({404} if named else {200, 201, 400, 422})
        for secret in (names(theirs)["{key_id}"], theirs["offer"]["id"], theirs["offer"]["incident"]["id"]):
            assert secret not in answer.text
        if method == "GET":
            assert "theirs" not in answer.text
            assert "their-customer" not in answer.text
    after = everything(web, theirs["headers"])
    assert after == before
    theirs["left"] = after


@pytest.fixture
def changing(theirs):
    """For a test that changes what south keeps: the next one looks at it anew."""
    theirs.pop("left", None)


@pytest.mark.usefixtures("changing")
def test_a_move_that_was_made_is_not_answered_to_others(web, theirs):
    """Where a repeated move answers as before, it does so to the merchant alone, whatever key the repetition brings."""
    path = f"/offers/{theirs['offer']['id']}/accept"
    made = web.client.post(path, json={}, headers={**theirs["headers"], "Idempotency-Key": "shared"})
    assert made.status_code == 200
    for headers in ({}, {"Idempotency-Key": "shared"}):
        assert web.post(path, {}, **headers).status_code == 404


def test_a_foreign_name_and_a_name_of_nothing_look_the_same(web, theirs):
    paths = {
        "{offer_id}": "/offers/{offer_id}",
        "{incident_id}": "/incidents/{incident_id}",
        "{follow_up_id}": "/follow-ups/{follow_up_id}",
    }
    for name, path in paths.items():
        there = names(theirs)[name]
        nothing = there[:-4] + ("0000" if not there.endswith("0000") else "1111")
        answers = [web.get(path.replace(name, value)) for value in (there, nothing)]
        assert [answer.status_code for answer in answers] == [404, 404]
        bodies = [{**answer.json(), "trace_id": ""} for answer in answers]
        assert bodies[0] == bodies[1]


def test_references_customers_and_keys_are_each_merchants_own(web, theirs):
    """The same reference, order, customer and idempotency key make north an offer of its own, from no history."""
    us = somebody(web)
    mine = web.post("/offers", case("theirs-0", "their-customer"), **us)
    assert mine.status_code == 201
    assert mine.json()["id"] != theirs["offer"]["id"]
    again = {**case("theirs-0", "their-customer"), "decided_at": mine.json()["decided_at"]}
    fresh = web.post("/offers/preview", again, **us)
    assert fresh.json()["severity"] == mine.json()["severity"]
    keyed = web.post("/offers", case(None, "their-customer"), **us, **{"Idempotency-Key": "shared"})
    assert keyed.status_code == 201
    assert "idempotent-replayed" not in keyed.headers


@pytest.mark.usefixtures("changing")
def test_the_names_are_those_of_something_that_is_there(web, theirs):
    """Whose they are gets no 404 for any of them, so that the 404 of others says something."""
    key = web.client.post(
        "/api-keys",
        json={"name": "spare", "scopes": ["offers:read"]},
        headers={**theirs["headers"], "Idempotency-Key": "spare"},
    ).json()["id"]
    for method, path in OPERATIONS:
        concrete = path
        for name, value in {**names(theirs), "{key_id}": key, "{reference}": "nobody"}.items():
            concrete = concrete.replace(name, value)
        body = body_of(web, method, path)
        headers = {**theirs["headers"], "If-Match": "*"}
        if concrete != path:
            assert web.client.request(method, concrete, json=body, headers=headers).status_code != 404, path


def test_every_operation_with_a_name_in_its_path_is_tried():
    tried = {
        *("{offer_id}", "{position}", "{incident_id}", "{follow_up_id}"),
        *("{version}", "{before}", "{after}", "{key_id}", "{budget_id}"),
        *("{endpoint_id}", "{delivery_id}", "{reference}", "{source_id}", "{event_id}"),
    }
    found = {part for _, path in OPERATIONS for part in path.split("/") if part.startswith("{")}
    assert found == tried


@pytest.mark.usefixtures("changing")
def test_the_history_of_others_changes_no_decision(web, theirs):
    body = deepcopy(case("fresh", "their-customer"))
    ours = web.post("/offers", body, **somebody(web)).json()
    theirs_next = web.client.post("/offers", json=body, headers=theirs["headers"]).json()
    assert json.dumps(ours["severity"]) != json.dumps(theirs_next["severity"]), "south's own history counts for south"
