"""The hot route against a stock twin: the same endpoint on FastAPI's own way must answer the same."""

import json
import re
from copy import deepcopy

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from compensation_service.api import errors, offers
from compensation_service.api.answers import OfferOut, PreviewOut
from compensation_service.api.offer_request import EXAMPLE
from compensation_service.api.routes import GuardedRoute, hot_routes
from compensation_service.api.telemetry import Telemetry
from compensation_service.clock import random_token
from webapp import BASE, JSON, case

AT = {"decided_at": "2026-03-05T12:00:00Z"}
GOOD = json.dumps({**EXAMPLE, **AT}).encode()
BODIES = [
    GOOD,
    GOOD.replace(b'"bg"', b'"fa"'),
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b"{}",
    GOOD.replace(b"72", b"72.5"),
    GOOD.replace(b"72", b"1e3"),
    GOOD.replace(b"72", b"NaN"),
    GOOD.replace(b"10490", b'"10490"'),
    GOOD.replace(b"10490", b"10490.0"),
    GOOD.replace(b"10490", b"true"),
    GOOD.replace(b"10490", b"9223372036854775808"),
    GOOD.replace(b'"company"', b'"Company"'),
    GOOD.replace(b'"company"', b"1"),
    GOOD.replace(b'"category"', b'"catgory"'),
    GOOD.replace(b"late_delivery", b"unheard_of"),
    GOOD.replace(b"2026-03-02T10:00:00Z", b"2026-03-02"),
    GOOD.replace(b'"lines": [', b'"lines": [1, '),
    GOOD.replace(b'"lines": [', b'"line": ['),
    GOOD.replace(b'"incident": {', b'"incident": {"attributes": {"a": [1.5, {}]}, '),
    GOOD + b"\xff",
    GOOD[:-1] + b', "order": null}',
]
HEADERS = [
    {},
    JSON,
    {**JSON, "Content-Encoding": "gzip"},
    {"Content-Type": "application/json; charset=utf-8"},
    {"Content-Type": "text/plain"},
    {**JSON, "Authorization": "Bearer nobody"},
    {**JSON, "Accept-Language": "ru"},
    {**JSON, "Content-Length": "999999"},
]


@pytest.fixture(scope="module")
def twin(web):
    """The hot operations as ordinary routes, in front of the same services."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    for path, endpoint in (("/offers/preview", offers.preview_offer), ("/offers", offers.make_offer)):
        app.router.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            route_class_override=GuardedRoute,
            response_model=None,
            openapi_extra={"parameters": [offers.LETTER]},
        )
    errors.install(app)
    app.state = web.app.state
    reveal = web.app.state.services.links.reveal
    app.add_middleware(Telemetry, hot={}, registry=CollectorRegistry(), random_bytes=random_token, reveal=reveal)
    client = TestClient(app, base_url=BASE)
    client.portal = web.client.portal  # one event loop for both: futures of the writer belong to it
    return client


def seen(answer):
    """An answer without what differs from request to request."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = answer.json()
    body.pop("trace_id", None)
    for error in body.get("errors", ()):
        error.pop("code"), error.pop("detail")  # FastAPI's parser names some types of numbers otherwise
    if "errors" in body:
        headers.pop("content-length")
    return answer.status_code, headers, body


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_bodies(web, twin, body):
    headers = {**web.headers, **JSON}
    hot = web.client.post("/offers/preview", content=body, headers=headers)
    assert seen(hot) == seen(twin.post("/offers/preview", content=body, headers=headers))
    assert (hot.status_code == 200) == (body in BODIES[:2])


PAST = {"category": "late_delivery", "occurred_at": "2026-02-01T10:00:00Z", "reference": "P-1"}
LEAN = {**EXAMPLE, "customer": {**EXAMPLE["customer"], "history": {"incidents": [PAST], "apologies_90d": 1}}}
FULL = deepcopy(LEAN)
FULL["incident"]["attributes"] = {"colour": "red", "paid": {"amount": 1, "currency": "EUR"}}
FULL["customer"]["history"]["soft_remedies_90d"] = {"gift": 1, "priority_support": 1}
WRITINGS = [
    json.dumps(LEAN),
    json.dumps(FULL),
    json.dumps(LEAN, separators=(",", ":")),
    json.dumps(LEAN, indent=1),
    *[json.dumps(LEAN).replace('"order":', f'"order"{blank}:') for blank in (" ", "\n", "\r", "\t")],
    json.dumps({**LEAN, "incident": {**EXAMPLE["incident"], "summary": ": :"}}),
]


@pytest.mark.parametrize("text", WRITINGS, ids=range(len(WRITINGS)))
def test_a_key_that_is_there_twice_is_found_wherever_it_stands_and_however_it_is_written(web, text):
    assert web.post("/offers/preview", text.encode()).status_code == 200
    for key in re.finditer(r'"\w+"\s*:', text):
        doubled = f"{text[: key.start()]}{key[0]} null, {text[key.start() :]}"
        answer = web.post("/offers/preview", doubled.encode())
        assert answer.status_code == 400, key
        assert answer.json()["code"] == "duplicate_key"


@pytest.mark.parametrize("headers", HEADERS, ids=range(len(HEADERS)))
def test_headers(web, twin, headers):
    headers = {**web.headers, **headers}
    hot = web.client.post("/offers/preview", content=GOOD, headers=headers)
    assert seen(hot) == seen(twin.post("/offers/preview", content=GOOD, headers=headers))


@pytest.mark.parametrize("query", ["?x=1", "?", "?%FF", "?limit=1"])
def test_queries(web, twin, query):
    path = f"/offers/preview{query}"
    headers = {**web.headers, **JSON}
    hot = web.client.post(path, content=GOOD, headers=headers)
    assert seen(hot) == seen(twin.post(path, content=GOOD, headers=headers))


def test_offers_are_found_again_on_either_way(web, twin):
    """The idempotency fingerprint, the key and the replay header come out the same."""
    keyed = {**web.headers, "Idempotency-Key": "twin"}
    for first, second, reference in ((web.client, twin, "twin-1"), (twin, web.client, "twin-2")):
        made = first.post("/offers", json=case(reference), headers=web.headers)
        again = second.post("/offers", json=case(reference), headers=web.headers)
        assert (made.status_code, again.status_code) == (201, 200)
        assert made.json() == again.json()
        assert "idempotent-replayed" not in made.headers
        assert again.headers["idempotent-replayed"] == "true"
    made = web.client.post("/offers", json=case("twin-3"), headers=keyed)
    again = twin.post("/offers", content=json.dumps(case("twin-3"), indent=1), headers={**keyed, **JSON})
    assert (made.status_code, again.status_code, made.content) == (201, 201, again.content)


def test_answers_have_the_shapes_they_say(web):
    PreviewOut.model_validate(web.post("/offers/preview", {**EXAMPLE, **AT}).json())
    offer = web.offer("shape")
    OfferOut.model_validate(offer)
    assert offer["links"]["self"] == f"{BASE}/offers/{offer['id']}"
    assert web.get(f"/offers/{offer['id']}").json() == offer


def test_only_the_two_operations_that_carry_the_load_are_hot(web):
    assert set(hot_routes(web.app)) == {("POST", "/offers"), ("POST", "/offers/preview")}


@pytest.mark.parametrize(
    ("wish", "locale", "language"),
    [("ru", None, "ru"), ("ru", "bg-BG", "ru"), ("", "bg-BG", "bg"), ("xx", None, "en"), ("fa;q=0.5, en", None, "en")],
)
def test_the_language_asked_for_comes_first_then_the_customers(web, wish, locale, language):
    body = {**EXAMPLE, **AT, "customer": {}}
    if locale:
        body["customer"] = {"locale": locale}
    said = web.post("/offers/preview", body, **{"Accept-Language": wish}).json()["severity"]["factors"][0]["text"]
    wanted = web.post("/offers/preview", body, **{"Accept-Language": language}).json()
    assert said == wanted["severity"]["factors"][0]["text"]


def test_an_answer_is_read_by_a_client_that_leaves(web):
    """A client that goes away in the middle of its body gets nothing, and nothing is logged as a failure."""

    async def receive():
        return {"type": "http.disconnect"}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/offers",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in {**web.headers, **JSON}.items()],
    }
    web.client.portal.call(web.app, scope, receive, send)
    assert sent == []
