"""The guides of docs/integrations: what they say to paste is sent as the vendor signs it, and becomes an incident."""

import base64
import hmac
import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import standardwebhooks

import webapp
from compensation_service.settings import Settings
from compensation_service.webhooks.inbound.mapping import body_of, items_of, read_mapping, told_of
from compensation_service.worker import make_inbound

GUIDES = {path.stem: path.read_text("utf-8") for path in (Path(__file__).parents[2] / "docs/integrations").glob("*.md")}
FILLED = {
    "ticket.id": "4821",
    "ticket.updated_at_with_timestamp": "2026-03-05T12:00:00Z",
    "ticket.created_at_with_timestamp": "2026-03-05T11:00:00Z",
    "ticket.tags | replace: ' ', ','": "vip,late",
    "ticket.ticket_field_1": "72",
    "ticket.ticket_field_2": "",
    "ticket.cf_grade": "",
    "ticket.ticket_field_4": "EUR",
    "ticket.ticket_field_5": "104.90",
    "ticket.requester.email": "customer@example.com",
    "ticket.requester.locale": "en-US",
    "ticket.cf_category": "Late",
    "ticket.cf_delay_hours": "72",
    "ticket.cf_currency": "EUR",
    "ticket.cf_total": "104.90",
}
"""What the vendors put in the place of their placeholders; words elsewhere."""
DECIDED = set(GUIDES) - {"e-commerce", "shopify"}


@pytest.fixture(scope="module")
def web():
    with webapp.on_sqlite() as web:
        yield web


def block(guide, name):
    (found,) = re.findall(rf"<!-- begin {name} -->\n```\w+\n(.*?)```", GUIDES[guide], re.DOTALL)
    return re.sub(r"\{\{(.*?)\}\}", lambda placeholder: FILLED.get(placeholder[1], "words"), found)


def signed(preset, url, secret, body):
    now = datetime.now(UTC)

    def digest(content, algorithm="sha256"):
        return hmac.digest(secret.encode(), content, algorithm)

    match preset:
        case "standard-webhooks":
            return {
                "webhook-id": "evt-1",
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": standardwebhooks.Webhook(secret).sign("evt-1", now, body.decode()),
            }
        case "zendesk":
            at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            return {
                "x-zendesk-webhook-signature": base64.b64encode(digest(at.encode() + body)).decode(),
                "x-zendesk-webhook-signature-timestamp": at,
            }
        case "intercom":
            return {"x-hub-signature": f"sha1={digest(body, 'sha1').hex()}"}
        case "shopify":
            signature = base64.b64encode(digest(body)).decode()
            return {"x-shopify-hmac-sha256": signature, "x-shopify-topic": "orders/updated"}
        case "hubspot-v2":
            return {"x-hubspot-signature": sha256(f"{secret}POST{url}".encode() + body).hexdigest()}
        case _:
            return {"x-webhook-token": secret}


@pytest.mark.parametrize("guide", sorted(set(GUIDES) - {"e-commerce"}))
def test_what_a_guide_says_to_paste_becomes_an_incident(web, guide):
    source = json.loads(block(guide, "source"))
    made = web.post("/inbound-sources", source, **{"Idempotency-Key": guide}).json()
    body = block(guide, "payload").encode()
    headers = signed(source["preset"], made["url"], made.get("secret") or source["secret"], body)
    assert web.client.post(f"/inbound/{made['id']}", content=body, headers=headers).is_success
    make_inbound(Settings(public_base_url=webapp.BASE), web.app.state.services.store).handle()
    (event,) = web.get(f"/inbound-sources/{made['id']}/events").json()["data"]
    assert (event["status"], event["reason"]) == ("handled", None)
    assert event["incident"]
    assert (event["offer"] is not None) == (guide in DECIDED)


def test_the_requests_of_the_shops_own_backend_are_taken(web):
    assert web.post("/offers", json.loads(block("e-commerce", "offer"))).status_code == 201
    assert web.post("/signals", json.loads(block("e-commerce", "signal"))).json()["outcome"] == "offered"


def test_the_example_of_a_mapping_works():
    mapping = read_mapping(json.loads(block("generic", "mapping")))
    event = {"uid": "1", "kind": "parcel.late", "parcel": 7, "hours": 30, "note": "<b>Late</b>", "order": "A"}
    event |= {"money": "EUR", "paid": "104.90", "buyer": "C"}
    (item,) = items_of(mapping, {"events": [event]})
    assert told_of(mapping, item) == ("1", "parcel.late")
    assert body_of(mapping, item, {"EUR": 2}) == {
        "incident": {"reference": "parcel-7", "category": "late_delivery", "delay_hours": 30, "summary": "Late"},
        "order": {"reference": "A", "currency": "EUR", "total": 10490},
        "customer": {"reference": "C"},
    }


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_calls_exists(web, guide):
    paths = {re.sub(r"\{\w+\}", "{id}", path) for path in web.app.openapi()["paths"]}
    for called in re.findall(r"(?:GET|POST|PATCH) (/[^\s`?]+)", GUIDES[guide]):
        assert called in paths
