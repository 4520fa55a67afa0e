"""Every route that takes an Idempotency-Key: the same answers the same, be it a refusal, and another is refused."""

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import databases
import webapp
from compensation_service.policies.load import default_text
from faults.crashing import make_app
from faults.scenes import SCENES, Call, Shop, draft

KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
SHOWN_ONCE = ("token", "secret")
REASON = {"reason": "For another reason."}
WORDS = {"words": "Other words."}
NAME = {"name": "Another name"}
NOTHING_TO_SAY: dict[str, Any] = {}
OTHER: dict[str, dict[str, Any]] = {
    "POST /offers": {"customer": {"reference": "C-2"}},
    "POST /offers/{offer_id}/accept": {"option": "opt_2"},
    "POST /offers/{offer_id}/decline": REASON,
    "POST /offers/{offer_id}/counter": WORDS,
    "POST /offers/{offer_id}/keep": REASON,
    "POST /offers/{offer_id}/withdraw": REASON,
    "POST /offers/{offer_id}/approve": REASON,
    "POST /offers/{offer_id}/reject": REASON,
    "POST /offers/{offer_id}/override": REASON,
    "POST /offers/{offer_id}/supersede": {"customer": {"reference": "C-2"}},
    "POST /offers/{offer_id}/remedies/{position}/fulfilled": NOTHING_TO_SAY,
    "POST /offers/{offer_id}/remedies/{position}/failed": NOTHING_TO_SAY,
    "POST /incidents": {"owner": "Elena"},
    "POST /incidents/{incident_id}/decision": {"order": {"currency": "EUR", "total": 20_000}},
    "POST /incidents/{incident_id}/reopen": REASON,
    "POST /incidents/{incident_id}/letters": {"locale": "ru"},
    "POST /incidents/{incident_id}/messages": WORDS,
    "POST /incidents/{incident_id}/evidence": {"description": "The handle."},
    "POST /incidents/{incident_id}/account": WORDS,
    "POST /follow-ups/{follow_up_id}/complete": WORDS,
    "POST /policies": {"text": default_text()},
    "POST /policies/{version}/activate": {"active_from": "2190-01-01T00:00:00Z"},
    "POST /webhook-endpoints": {"description": "Another one"},
    "POST /webhook-endpoints/{endpoint_id}/test": NOTHING_TO_SAY,
    "POST /inbound-sources": NAME,
    "POST /budgets": NAME,
    "POST /api-keys": NAME,
    "POST /api-keys/{key_id}/rotate": {"overlap_seconds": 60},
}
"""What makes another request of the one in the scene of that name."""
numbers = count()


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.fresh_sqlite(Path(folder)) as url,
        TestClient(make_app(url), base_url=webapp.BASE) as client,
    ):
        yield client


@pytest.fixture
def shop(client):
    return Shop(client, client.app.state.services, f"shop-{next(numbers)}")


def send(shop: Shop, call: Call, body: Any = None) -> Any:
    return shop.client.request(call.method, call.path, json=call.body if body is None else body, headers=call.headers)


def bare(answer: Any) -> Any:
    """What is answered to a repetition too."""
    return {name: value for name, value in answer.json().items() if name not in SHOWN_ONCE}


def test_every_route_that_takes_a_key_is_here(client):
    operations = client.app.openapi()["paths"].items()
    takes = [
        f"{method.upper()} {path}"
        for path, each in operations
        for method, operation in each.items()
        if KEY in [parameter["name"] for parameter in operation.get("parameters", ())]
    ]
    assert sorted(takes) == sorted(OTHER)


@pytest.mark.parametrize("name", OTHER)
def test_the_same_answers_the_same_and_another_is_refused(shop, name):
    call = SCENES[name](shop)
    first, again = send(shop, call), send(shop, call)
    assert first.is_success, first.text
    assert REPLAYED not in first.headers
    assert (again.status_code, again.headers[REPLAYED]) == (first.status_code, "true")
    assert bare(again) == bare(first)
    assert not any(again.json().get(secret) for secret in SHOWN_ONCE)
    if OTHER[name]:
        other = send(shop, call, {**call.body, **OTHER[name]})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused"), other.text


def test_a_key_of_another_route_is_free(shop):
    for path, body in (("/policies", {"text": default_text()}), ("/api-keys", {**NAME, "scopes": ["offers:read"]})):
        made = shop.client.post(path, json=body, headers={**shop.asker, KEY: "the-same"})
        assert (made.status_code, REPLAYED in made.headers) == (201, False)


def of_ones_own(shop: Shop) -> Call:
    path, tag = draft(shop)
    return shop.call("POST", f"{path}/activate", {}, **{"If-Match": tag})


def activated_before(shop: Shop) -> Call:
    call = SCENES["POST /policies/{version}/activate"](shop)
    assert send(shop, call).is_success
    return Call(call.method, call.path, call.body, {**call.headers, KEY: "again", "If-Match": "*"})


def rotated_before(shop: Shop) -> Call:
    call = SCENES["POST /api-keys/{key_id}/rotate"](shop)
    assert send(shop, call).is_success
    return Call(call.method, call.path, call.body, {**call.headers, KEY: "again"})


def judged_by_oneself(shop: Shop) -> Call:
    return shop.call("POST", f"/offers/{shop.waiting()['id']}/approve", {})


def rude(shop: Shop) -> Call:
    incident = shop.offer()["incident"]["id"]
    return shop.call("POST", f"/incidents/{incident}/letters", {"kind": "apology", "text": "It could have been worse."})


def closed(shop: Shop) -> str:
    """An incident that is over, of the reference `told`."""
    incident = shop.incident()
    shop.send("PATCH", f"/incidents/{incident}", {"status": "closed"}, **{"If-Match": "*"})
    return incident


def offered_too_late(shop: Shop, query: str = "") -> Call:
    closed(shop)
    return shop.call("POST", f"/offers{query}", webapp.case("told", "C-1"))


def with_letter_too_late(shop: Shop) -> Call:
    return offered_too_late(shop, "?letter=true")


def decided_too_late(shop: Shop) -> Call:
    rest = {"incident": {"delay_hours": 72, "fault": "company"}, "order": {"currency": "EUR", "total": 10490}}
    return shop.call("POST", f"/incidents/{closed(shop)}/decision", rest)


def decided_otherwise(shop: Shop) -> Call:
    incident = shop.offer()["incident"]["id"]
    return shop.call("POST", f"/incidents/{incident}/decision", {"order": {"currency": "EUR", "total": 20_000}})


REFUSED = (
    (of_ones_own, "second_person_needed"),
    (activated_before, "illegal_move"),
    (rotated_before, "key_is_replaced"),
    (judged_by_oneself, "approver_is_requester"),
    (rude, "letter_refused"),
    (offered_too_late, "illegal_move"),
    (with_letter_too_late, "illegal_move"),
    (decided_too_late, "illegal_move"),
    (decided_otherwise, "illegal_move"),
)


@pytest.mark.parametrize(("refused", "code"), REFUSED)
def test_a_refusal_by_rule_is_answered_again_as_it_was(shop, refused, code):
    call = refused(shop)
    first, again = send(shop, call), send(shop, call)
    assert f'"code":"{code}"' in first.text
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert [answer.headers.get(REPLAYED) for answer in (first, again)] == [None, "true"]
    assert {answer.headers["Content-Type"] for answer in (first, again)} == {"application/problem+json"}
    anew = shop.client.post(call.path, json=call.body, headers={**call.headers, KEY: "a-new-one"})
    assert REPLAYED not in anew.headers


def test_what_was_not_read_lately_can_be_read_again_and_asked_with_the_same_key(shop):
    path, tag = draft(shop)
    changed = {"text": default_text() + "# changed\n"}
    shop.send("PUT", path, changed, **{"If-Match": tag})
    headers = {**shop.judge, KEY: "activate"}
    stale = shop.client.post(f"{path}/activate", json={}, headers={**headers, "If-Match": tag})
    assert stale.status_code == 412
    fresh = shop.client.get(path, headers=shop.asker).headers["ETag"]
    assert shop.client.post(f"{path}/activate", json={}, headers={**headers, "If-Match": fresh}).is_success


@pytest.mark.parametrize("refused", [offered_too_late, decided_too_late])
def test_what_was_refused_stays_so_for_its_key_and_not_for_another(shop, refused):
    call = refused(shop)
    first = send(shop, call)
    incident = shop.client.get("/incidents?status=closed", headers=shop.asker).json()["data"][0]["id"]
    shop.send("POST", f"/incidents/{incident}/reopen", {"reason": "It was not over."})
    again = send(shop, call)
    assert (again.status_code, again.content) == (409, first.content)
    anew = shop.client.post(call.path, json=call.body, headers={**call.headers, KEY: "a-new-one"})
    assert anew.status_code == 201, anew.text


def test_an_offer_that_could_not_be_understood_can_be_corrected_under_its_key(shop):
    call = SCENES["POST /offers"](shop)
    unusable = {**call.body, "incident": {**call.body["incident"], "category": "unheard_of"}}
    assert send(shop, call, unusable).json()["code"] == "unusable_facts"
    assert send(shop, call).status_code == 201
