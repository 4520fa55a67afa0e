"""`/webhook-endpoints` over HTTP: registered, changed, rotated, tested, switched, replayed, removed."""

from dataclasses import replace
from itertools import count
from time import sleep

import orjson
import pytest

import webapp
from compensation_service.domain.webhook_endpoint import ENDPOINTS_MOST
from compensation_service.store.silence import QUIET_S

PATH = "/webhook-endpoints"
_numbers = count()


@pytest.fixture(scope="module")
def web():
    """A service that may send to itself: there are no names to look up here."""
    with webapp.on_sqlite(webhooks_to_localhost=True) as web:
        web.app.state.services.webhook_endpoints._around = _hurried(web)
        yield web


def _hurried(web):
    return replace(
        web.app.state.services.webhook_endpoints._around, pause=lambda _: sleep(QUIET_S)
    )  # one process only: nothing else has to end


def made(web, **body):
    number = next(_numbers)
    answer = web.post(PATH, {"url": f"http://localhost:9/{number}", **body}, **{"Idempotency-Key": f"made-{number}"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def patch(web, endpoint, body, version):
    headers = {**web.headers, "If-Match": f'"{version}"'} if version else web.headers
    return web.client.patch(f"{PATH}/{endpoint['id']}", json=body, headers=headers)


def test_an_endpoint_is_made_and_its_secret_is_shown_once(web):
    body = {"url": "http://localhost:9/once", "events": ["offer.*", "budget.low"], "description": "Shop"}
    first, again = (web.post(PATH, body, **{"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    endpoint = first.json()
    secret = endpoint.pop("secret")
    assert secret.startswith("whsec_")
    assert (again.json(), again.headers["idempotent-replayed"]) == (endpoint, "true")
    assert first.headers["etag"] == again.headers["etag"] == '"1"'
    assert (endpoint["events"], endpoint["status"]) == (["budget.low", "offer.*"], "enabled")
    for path in ("", f"/{endpoint['id']}"):
        assert secret not in web.get(PATH + path).text
    assert secret[6:].encode() not in b"".join(map(orjson.dumps, rows(web)))


def rows(web):
    with web.app.state.services.store.reading("north") as unit:
        return [str(endpoint) for endpoint in unit.webhook_endpoints.all()]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"url": "http://10.0.0.1/"}, "/url", "address_refused"),
        ({"url": "http://169.254.169.254/"}, "/url", "address_refused"),
        ({"url": "ftp://localhost/"}, "/url", "url_scheme"),
        ({"url": "http://u:p@localhost/"}, "/url", "url_credentials"),
        ({"url": ""}, "/url", "string_too_short"),
        ({}, "/url", "missing"),
        ({"url": "http://localhost/", "events": ["offer"]}, "/events/0", "enum"),
        ({"url": "http://localhost/", "format": "xml"}, "/format", "enum"),
        ({"url": "http://localhost/", "status": "disabled"}, "/status", "extra_forbidden"),
        ({"url": "http://localhost/", "secret": "whsec_"}, "/secret", "extra_forbidden"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_at_its_place(web, body, pointer, code):
    answer = web.post(PATH, body, **{"Idempotency-Key": f"refused-{next(_numbers)}"})
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def test_an_idempotency_key_is_needed(web):
    answer = web.post(PATH, {"url": "http://localhost/"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_change_needs_the_version_that_was_read(web):
    endpoint = made(web, description="Shop")
    assert patch(web, endpoint, {"events": []}, None).status_code == 428
    assert patch(web, endpoint, {"events": []}, 7).status_code == 412
    changed = patch(web, endpoint, {"events": ["remedy.failed"], "description": None, "format": "cloudevents"}, 1)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    shown = changed.json()
    assert (shown["events"], shown["description"], shown["format"]) == (["remedy.failed"], None, "cloudevents")
    assert patch(web, endpoint, {"events": []}, 1).status_code == 412
    assert patch(web, endpoint, {"url": "http://192.168.0.1/"}, 2).status_code == 422


def test_a_rotation_keeps_the_secret_before_for_a_while(web):
    endpoint = made(web)
    path = f"{PATH}/{endpoint['id']}/rotate"
    assert web.post(path, {}).status_code == 428
    rotated = web.post(path, {"overlap_hours": 1}, **{"If-Match": '"1"'}).json()
    assert rotated["secret"] != endpoint["secret"]
    assert rotated["previous_secret_until"] is not None
    at_once = web.post(path, {"overlap_hours": 0}, **{"If-Match": '"2"'}).json()
    assert at_once["previous_secret_until"] is None


def test_after_a_change_of_the_secret_key_one_rotation_mends_an_endpoint(sqlite_url):
    with webapp.running(sqlite_url, webhooks_to_localhost=True) as web:
        endpoint = made(web, events=["offer.created"])
    with webapp.running(sqlite_url, secret_key="another secret key of the service") as web:
        claim = web.app.state.services.deliveries.claim
        web.offer("key-changed", "C-key-changed")
        (unsigned,) = claim("north", endpoint["id"], 1)
        rotated = web.post(f"{PATH}/{endpoint['id']}/rotate", {"overlap_hours": 1}, **{"If-Match": "*"}).json()
        web.offer("key-mended", "C-key-mended")
        (signed,) = claim("north", endpoint["id"], 1)
    assert (unsigned.trouble, unsigned.secrets) == ("secret_unreadable", ())
    assert (signed.trouble, signed.secrets) == (None, (rotated["secret"],))
    assert rotated["previous_secret_until"] is None


def deliveries(web, endpoint, query=""):
    return web.get(f"{PATH}/{endpoint['id']}/deliveries{query}").json()["data"]


def test_what_happens_is_in_line_and_can_be_looked_at(web):
    endpoint = made(web, events=["offer.created"])
    offer = web.offer("webhook-1", "C-webhook")
    web.post(f"/offers/{offer['id']}/accept", {})
    (line,) = deliveries(web, endpoint)
    assert (line["type"], line["status"], line["stream"], line["last_attempt"]) == (
        "offer.created",
        "pending",
        offer["incident"]["id"],
        None,
    )
    whole = web.get(f"{PATH}/{endpoint['id']}/deliveries/{line['id']}").json()
    body = orjson.loads(whole["request"]["body"])
    assert (body["id"], body["data"]["offer"]["id"]) == (line["id"], offer["id"])
    assert "cost" not in whole["request"]["body"]
    assert deliveries(web, endpoint, "?status=delivered") == []
    assert len(deliveries(web, endpoint, "?type=offer.created&status=pending")) == 1
    assert web.get(f"{PATH}/{endpoint['id']}/deliveries?type=offer").status_code == 422


def test_a_test_is_put_in_line_once_whatever_is_wanted(web):
    endpoint = made(web, events=["budget.low"])
    path = f"{PATH}/{endpoint['id']}/test"
    assert web.post(path, {}).status_code == 400
    first, again = (web.post(path, {}, **{"Idempotency-Key": "t"}) for _ in range(2))
    assert (first.status_code, again.json()) == (202, first.json())
    (line,) = deliveries(web, endpoint)
    assert (line["id"], line["type"]) == (first.json()["delivery"], "webhook_endpoint.test")


def test_what_is_switched_off_hears_nothing_and_is_switched_on_again(web):
    endpoint = made(web)
    assert patch(web, endpoint, {"enabled": False}, 1).json()["status"] == "disabled"
    web.offer("webhook-2", "C-webhook-2")
    assert deliveries(web, endpoint) == []
    enabled = web.post(f"{PATH}/{endpoint['id']}/enable", {})
    assert (enabled.status_code, enabled.json()["status"]) == (200, "enabled")
    assert web.post(f"{PATH}/{endpoint['id']}/enable", {}).json() == enabled.json()
    web.offer("webhook-3", "C-webhook-3")
    assert len(deliveries(web, endpoint)) == 1


def test_replays(web):
    endpoint = made(web, events=["offer.created"])
    web.offer("webhook-4", "C-webhook-4")
    (line,) = deliveries(web, endpoint)
    path = f"{PATH}/{endpoint['id']}/replay"
    assert web.post(path, {"delivery": line["id"]}).json() == {"replayed": 1}
    assert web.post(path, {"failed_since": "2026-01-01T00:00:00Z"}).json() == {"replayed": 0}
    assert web.post(path, {"delivery": "evt_0"}).status_code == 404
    for body in ({}, {"delivery": line["id"], "failed_since": "2026-01-01T00:00:00Z"}):
        answer = web.post(path, body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "one_of_two")


def test_an_endpoint_is_removed_with_its_deliveries(web):
    endpoint = made(web)
    web.offer("webhook-5", "C-webhook-5")
    assert web.client.delete(f"{PATH}/{endpoint['id']}", headers=web.headers).status_code == 204
    for path in ("", "/deliveries"):
        assert web.get(f"{PATH}/{endpoint['id']}{path}").status_code == 404
    assert web.client.delete(f"{PATH}/{endpoint['id']}", headers=web.headers).status_code == 404


def test_the_list_is_turned_page_by_page(web):
    endpoints = [made(web)["id"] for _ in range(3)]
    first = web.get(f"{PATH}?limit=2").json()
    second = web.get(f"{PATH}?limit=2&cursor={first['next_cursor']}").json()
    assert [each["id"] for each in (*first["data"], *second["data"])][:3] == endpoints[::-1]


def test_a_revoked_key_changes_nothing_although_it_is_remembered(web):
    endpoint = made(web)
    headers = web.key("north")
    assert web.client.get(PATH, headers=headers).status_code == 200
    web.app.state.services.keys.revoke("north", headers["Authorization"].split("_")[1])
    path = f"{PATH}/{endpoint['id']}"
    answers = [
        web.client.delete(path, headers=headers),
        web.client.patch(path, json={}, headers={**headers, "If-Match": "*"}),
        web.client.post(f"{path}/replay", json={"delivery": "evt_1"}, headers=headers),
        web.client.post(f"{path}/test", json={}, headers={**headers, "Idempotency-Key": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4


def test_there_is_a_most(web, monkeypatch):
    headers = web.key("east")
    endpoints = web.app.state.services.webhook_endpoints
    monkeypatch.setattr(endpoints, "_around", replace(endpoints._around, pause=lambda _: None))
    for number in range(ENDPOINTS_MOST + 1):
        answer = web.client.post(
            PATH, json={"url": "http://localhost/"}, headers={**headers, "Idempotency-Key": str(number)}
        )
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_endpoints")


def test_outside_development_an_inside_address_is_refused():
    with webapp.on_sqlite() as strict:
        for url in ("http://localhost:9/", "https://127.0.0.1/", "https://[::1]/"):
            answer = strict.post(PATH, {"url": url}, **{"Idempotency-Key": url})
            assert answer.status_code == 422
