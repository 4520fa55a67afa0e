"""`/inbound` over HTTP: what proves itself is kept once and handled; nothing else has any effect."""

import base64
import gzip
import hashlib
import hmac
import json
import re
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import standardwebhooks

import databases
import webapp
from compensation_service.api.inbound import TRIES_PER_MINUTE
from compensation_service.domain.inbound_event import KEPT_FOR, TRIES_MOST
from compensation_service.domain.inbound_source import SOURCES_MOST
from compensation_service.services.inbound_handling import AT_ONCE
from compensation_service.services.inbound_receipt import PARTS_MOST
from compensation_service.settings import Settings
from compensation_service.webhooks.inbound.payload import BYTES_MOST
from compensation_service.worker import make_inbound

SECRET = "a-secret-of-the-sender"
TROUBLE = {
    "incident": {"reference": "T-1", "category": "late_delivery", "delay_hours": 72},
    "order": {"reference": "A-1", "currency": "EUR", "total": 10490},
    "customer": {"reference": "C-1", "locale": "en"},
}
_numbers = count(1)
_made = defaultdict(deque)
"""The sources that are there, by the service they are at; a merchant may have so many and no more."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def web(request, tmp_path_factory):
    made = (
        databases.fresh_sqlite(tmp_path_factory.mktemp("inbound"))
        if request.param == "sqlite"
        else databases.fresh_postgresql()
    )
    with made as url, webapp.running(url) as web:
        yield web


@pytest.fixture(scope="module")
def lite():
    """For what no database changes."""
    with webapp.on_sqlite() as web:
        yield web


def source(web, preset="github", merchant=None, **body):
    number = next(_numbers)
    body = {"name": f"Source {number}", "preset": preset, "secret": SECRET, **body}
    headers = {**(merchant or web.headers), "Idempotency-Key": f"source-{number}"}
    answer = web.client.post("/inbound-sources", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    _made[web].append((headers, made["id"]))
    if len(_made[web]) > SOURCES_MOST // 2:
        owner, oldest = _made[web].popleft()
        web.client.delete(f"/inbound-sources/{oldest}", headers=owner)
    return made


def trouble(reference, **more):
    return {**TROUBLE, "incident": {**TROUBLE["incident"], "reference": reference}, **more}


def github(body, secret=SECRET, **headers):
    return {"x-hub-signature-256": "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex(), **headers}


def send(web, made, body, headers=None, query=""):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = github(body) if headers is None else headers
    return web.client.post(f"/inbound/{made['id']}{query}", content=body, headers=headers)


def work(web, later=timedelta()):
    """What a worker does with what came."""
    store, clock = web.app.state.services.store, web.app.state.services.clock
    return make_inbound(Settings(public_base_url=webapp.BASE), store, lambda: clock() + later).handle()


def events(web, made, **wanted):
    return web.get(f"/inbound-sources/{made['id']}/events", params={"limit": 100, **wanted}).json()["data"]


def event(web, made):
    (found,) = events(web, made)
    return web.get(f"/inbound-sources/{made['id']}/events/{found['id']}").json()


def test_a_webhook_becomes_an_offer_where_its_source_decides(web):
    made = source(web, decide=True, language="bg")
    assert send(web, made, trouble("decided-1")).status_code == 202
    assert event(web, made)["status"] == "pending"
    assert work(web) == {"inbound_handled": 1}
    found = event(web, made)
    offer = web.get(f"/offers/{found['offer']}").json()
    assert (found["status"], offer["incident"]["reference"]) == ("handled", "decided-1")
    assert offer["incident"]["id"] == found["incident"]
    assert "лв" in offer["options"][0]["text"] or re.search("[а-я]", offer["options"][0]["text"])
    assert work(web) == {}


def test_a_webhook_becomes_an_open_incident_otherwise(web):
    made = source(web)
    send(web, made, trouble("open-1"))
    work(web)
    found = event(web, made)
    incident = web.get(f"/incidents/{found['incident']}").json()
    assert (incident["status"], incident["offers"], incident["events"][0]["by"]) == ("open", [], made["id"])
    decided = web.post(f"/incidents/{found['incident']}/decision", {})
    assert decided.status_code == 201


def test_what_cannot_be_decided_by_itself_waits_for_a_person(web):
    made = source(web, decide=True)
    body = trouble("too-little")
    del body["incident"]["delay_hours"]
    send(web, made, body)
    assert work(web) == {"inbound_handled": 1}
    found = event(web, made)
    assert found["reason"]["place"] == "/incident/delay_hours"
    assert web.get(f"/incidents/{found['incident']}").json()["status"] == "open"


def test_the_same_reference_again_is_nothing_new(web):
    made = source(web, decide=True)
    for delay in (72, 90):
        body = trouble("again-1")
        body["incident"]["delay_hours"] = delay
        assert send(web, made, body).status_code == 202
    assert work(web) == {"inbound_handled": 2}
    first, second = events(web, made)
    assert (first["offer"], first["incident"]) == (second["offer"], second["incident"])


def test_one_of_32_copies_at_once_has_an_effect_and_so_has_one_worker_of_four(web):
    made = source(web, decide=True)
    body = json.dumps(trouble("copies")).encode()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: send(web, made, body).status_code, range(32)))
        assert set(answers) <= {202, 503}
        assert len(events(web, made)) == 1
        done = list(pool.map(lambda _: work(web), range(4)))
    assert sum(each.get("inbound_handled", 0) for each in done) == 1
    assert (
        len(web.get("/offers", params={"order": "A-1", "incident": event(web, made)["incident"]}).json()["data"]) == 1
    )


def test_a_worker_that_dies_leaves_nothing_half_done(web):
    """It took the event in hand and is gone: another one has it once the lease is over."""
    made = source(web, decide=True)
    send(web, made, trouble("killed"))
    handling = make_inbound(Settings(public_base_url=webapp.BASE), web.app.state.services.store)
    (stale,) = handling._claim("north", made["id"])
    assert work(web) == {}
    assert work(web, later=timedelta(seconds=61)) == {"inbound_handled": 1}
    assert handling._handle("north", stale) == "taken_over"
    assert event(web, made)["status"] == "handled"


def test_what_is_our_fault_is_tried_a_few_times_and_then_shown(web):
    made = source(web)
    send(web, made, trouble("broken"))
    services = web.app.state.services
    for hours in range(TRIES_MOST):
        broken = make_inbound(Settings(), services.store, lambda hours=hours: services.clock() + timedelta(hours=hours))
        broken._reads = None
        assert broken.handle() == {"inbound_not_handled": 1}
    assert work(web, later=timedelta(hours=TRIES_MOST)) == {"inbound_failed": 1}
    assert event(web, made)["reason"]["code"] == "internal_error"
    assert web.post(f"/inbound-sources/{made['id']}/replay", {}).json() == {"replayed": 1}
    assert work(web) == {"inbound_handled": 1}


def test_what_does_not_map_is_kept_shown_and_replayed_once_the_mapping_is_mended(web):
    made = source(web, decide=True)
    payload = {"ticket": {"number": 7, "what": "late", "who": "C-7", "hours": 30, "paid": "104.90"}}
    send(web, made, payload)
    assert work(web) == {"inbound_failed": 1}
    (failed,) = events(web, made, status="failed")
    assert (failed["reason"]["place"], failed["reason"]["code"]) == ("/incident", "missing")
    assert event(web, made)["payload"] == payload
    mapping = {
        "incident": {
            "reference": {"at": "to_string(ticket.number)", "before": "desk-"},
            "category": {"at": "ticket.what", "words": {"late": "late_delivery"}},
            "delay_hours": "ticket.hours",
        },
        "order": {"currency": {"otherwise": "EUR"}, "total": {"at": "ticket.paid", "form": "minor"}},
        "customer": {"reference": "ticket.who"},
    }
    changed = web.client.patch(
        f"/inbound-sources/{made['id']}", json={"mapping": mapping}, headers={**web.headers, "If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert web.post(f"/inbound-sources/{made['id']}/replay", {}).json() == {"replayed": 1}
    assert work(web) == {"inbound_handled": 1}
    assert web.get(f"/offers/{event(web, made)['offer']}").json()["incident"]["reference"] == "desk-7"
    assert web.post(f"/inbound-sources/{made['id']}/replay", {"event": failed["id"]}).json() == {"replayed": 0}


def test_events_that_cannot_be_told_apart_are_kept_whole_until_they_can(web):
    mapping = {
        "items": "join(',', @)",
        "incident": {"reference": "incident.reference", "category": "incident.category"},
    }
    made = source(web, mapping={**mapping, "customer": {"reference": "customer.reference"}})
    send(web, made, {"all": [trouble("apart-1"), trouble("apart-2")]})
    assert work(web) == {"inbound_failed": 1}
    mended = {**mapping, "items": "all", "customer": {"reference": "customer.reference"}}
    headers = {**web.headers, "If-Match": "*"}
    assert web.client.patch(f"/inbound-sources/{made['id']}", json={"mapping": mended}, headers=headers).is_success
    web.post(f"/inbound-sources/{made['id']}/replay", {})
    assert work(web) == {"inbound_handled": 3}
    assert len({each["incident"] for each in events(web, made)} - {None}) == 2


def test_no_payload_tells_of_more_events_than_can_be_kept_at_once(lite):
    every = list(range(PARTS_MOST + 1))
    made = source(lite, mapping={"items": "all", "incident": {"reference": "r"}})
    answer = send(lite, made, {"all": every})
    assert (answer.status_code, answer.json()["code"]) == (400, "unusable_payload")
    assert events(lite, made) == []
    assert send(lite, made, {"all": every[1:]}).status_code == 202
    whole = source(lite, mapping={"items": "none", "incident": {"reference": "r"}})
    assert send(lite, whole, {"all": every}).status_code == 202
    mended = {"mapping": {"items": "all", "incident": {"reference": "r"}}}
    lite.client.patch(f"/inbound-sources/{whole['id']}", json=mended, headers={**lite.headers, "If-Match": "*"})
    lite.client.delete(f"/inbound-sources/{made['id']}", headers=lite.headers).raise_for_status()
    work(lite)
    assert event(lite, whole)["reason"]["code"] == "too_many_events"


def test_a_source_that_tells_of_much_holds_up_no_other(lite):
    work(lite)
    talkative = source(lite, mapping={"items": "all", "incident": {"reference": "r"}})
    brief = source(lite)
    send(lite, talkative, {"all": list(range(3 * AT_ONCE))})
    send(lite, brief, trouble("brief"))
    work(lite)
    finished = sorted(each["finished_at"] for each in events(lite, talkative))
    assert len(finished) == 3 * AT_ONCE
    assert event(lite, brief)["finished_at"] < finished[AT_ONCE]


def test_what_came_does_not_keep_a_worker_that_is_told_to_stop(lite):
    made = source(lite, mapping={"items": "all", "incident": {"reference": "r"}})
    send(lite, made, {"all": list(range(3 * AT_ONCE))})
    handling = make_inbound(Settings(public_base_url=webapp.BASE), lite.app.state.services.store)
    asked = iter([False, True])
    handling.handle(lambda: next(asked))
    assert len(events(lite, made, status="pending")) == 2 * AT_ONCE
    work(lite)
    assert events(lite, made, status="pending") == []


def test_an_unknown_topic_is_kept_aside(web):
    made = source(web, "zendesk")
    body = json.dumps({"id": "e-1", "type": "zen:event-type:ticket.deleted", "detail": {"id": "1"}}).encode()
    assert send(web, made, body, zendesk(body)).status_code == 202
    assert work(web) == {"inbound_aside": 1}
    assert event(web, made)["topic"] == "zen:event-type:ticket.deleted"


def zendesk(body, secret=SECRET, at=None, **headers):
    at = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64.b64encode(hmac.digest(secret.encode(), at.encode() + body, "sha256")).decode()
    return {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": at,
        "x-zendesk-webhook-invocation-id": f"inv-{hashlib.sha256(body).hexdigest()[:8]}",
        **headers,
    }


BODY = json.dumps(trouble("never")).encode()
HOSTILE = {
    "one byte changed": (BODY.replace(b"72", b"73"), github(BODY)),
    "wrong secret": (BODY, github(BODY, "another-secret")),
    "no signature": (BODY, {}),
    "half a signature": (BODY, {"x-hub-signature-256": "sha256=abcd"}),
    "no hexadecimal": (BODY, {"x-hub-signature-256": "sha256=" + "zz" * 32}),
    "a long header": (BODY, {"x-hub-signature-256": "sha256=" + "ab" * 3000}),
    "written anew": (json.dumps(json.loads(BODY), indent=1).encode(), github(BODY)),
    "malformed": (b'{"incident":', None),
    "two values": (b"{} {}", None),
    "not UTF-8": (b'{"incident": "\xff\xfe"}', None),
    "half a pair": (b'{"incident": "\\ud800"}', None),
    "NaN": (b'{"incident": NaN}', None),
    "empty": (b"", None),
    "deep": (b"[" * 40 + b"]" * 40, None),
    "very deep": (b"[" * 100_000 + b"]" * 100_000, None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_genuine_or_no_payload_is_refused_and_leaves_nothing(lite, name):
    body, headers = HOSTILE[name]
    made = source(lite)
    answer = send(lite, made, body, headers)
    assert answer.status_code == (400 if headers is None else 401)
    assert answer.json()["code"] in {"signature_refused", "unusable_payload", "empty_body"}
    assert answer.json()["errors"] == []
    assert events(lite, made) == []


@pytest.mark.parametrize("preset", ["github", "intercom", "shopify", "freshdesk", "stripe"])
def test_any_payload_that_is_genuine_is_kept_and_ends_in_order(lite, preset):
    made = source(lite, preset)
    bodies = [
        [],
        {},
        None,
        7,
        "text",
        {"incident": None},
        {"incident": {"reference": "\0"}},
        {"id": "\0" * 9},
    ]
    for body in bodies:
        sent = json.dumps(body).encode()
        assert send(lite, made, sent, SIGNED[preset](sent)).status_code in {200, 202}
    assert "inbound_not_handled" not in work(lite)
    kept = events(lite, made)
    assert len(kept) == len(bodies)
    assert {each["status"] for each in kept} <= {"failed", "aside"}


def stripe(body, secret=SECRET, at=None):
    at = int((at or datetime.now(UTC)).timestamp())
    return {"stripe-signature": f"t={at},v1={hmac.digest(secret.encode(), f'{at}.'.encode() + body, 'sha256').hex()}"}


SIGNED = {
    "github": github,
    "stripe": stripe,
    "zendesk": zendesk,
    "intercom": lambda body: {"x-hub-signature": "sha1=" + hmac.digest(SECRET.encode(), body, "sha1").hex()},
    "freshdesk": lambda _: {"x-webhook-token": SECRET},
    "shopify": lambda body: {
        "x-shopify-hmac-sha256": base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode(),
        "x-shopify-topic": "orders/updated",
        "x-shopify-event-id": hashlib.sha256(body).hexdigest(),
    },
}


@pytest.mark.parametrize("sign", [stripe, zendesk])
@pytest.mark.parametrize("away", [timedelta(seconds=-400), timedelta(seconds=400)])
def test_a_stale_signature_is_refused(lite, sign, away):
    made = source(lite, sign.__name__)
    assert send(lite, made, BODY, sign(BODY, at=datetime.now(UTC) + away)).status_code == 401
    assert send(lite, made, BODY, sign(BODY)).status_code == 202


def test_the_published_library_signs_as_it_is_verified(lite):
    made = source(lite, "standard-webhooks", secret=None)
    body = json.dumps({"id": "msg", "type": "trouble", **trouble("standard")})
    at = datetime.now(UTC)
    signature = standardwebhooks.Webhook(made["secret"]).sign("msg_1", at, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert send(lite, made, body.encode(), headers).status_code == 202
    assert send(lite, made, body.encode(), {**headers, "webhook-id": "msg_2"}).status_code == 401


def test_hubspot_signs_the_public_address_and_each_event_of_a_batch_counts_once(lite):
    made = source(lite, "hubspot-v3")
    batch = [
        {
            "eventId": number,
            "subscriptionId": 1,
            "portalId": 2,
            "objectId": number,
            "occurredAt": 1_772_704_800_000,
            "subscriptionType": "ticket.propertyChange",
            "propertyValue": "late",
            "attemptNumber": 0,
        }
        for number in range(3)
    ]
    for attempt in range(2):
        batch[0]["attemptNumber"] = attempt
        body = json.dumps(batch).encode()
        at = str(int(datetime.now(UTC).timestamp() * 1000))
        signed = b"POST" + made["url"].encode() + body + at.encode()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
        headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": at}
        assert send(lite, made, body, headers).status_code == 202
        assert len(events(lite, made)) == 3


def test_a_hubspot_ticket_that_was_mended_is_heard_again(lite):
    """Its workflow sends the ticket's number and nothing that tells one time from the other."""
    made = source(lite, "hubspot-v2", decide=True)
    ticket = {"objectId": 4821155, "delay_hours": 72, "order_currency": "EUR", "order_total": "104.90"}
    ticket["email"] = "customer@example.com"
    for told in (ticket, ticket, {**ticket, "category": "late"}):
        body = json.dumps(told).encode()
        signature = hashlib.sha256(f"{SECRET}POST{made['url']}".encode() + body).hexdigest()
        assert send(lite, made, body, {"x-hubspot-signature": signature}).status_code == 202
    work(lite)
    assert {each["status"]: bool(each["offer"]) for each in events(lite, made)} == {"failed": False, "handled": True}
    assert len(events(lite, made)) == 2


def test_intercom_pings_and_probes(lite):
    made = source(lite, "intercom")
    ping = json.dumps({"type": "notification_event", "topic": "ping", "id": "notif_1", "data": {}}).encode()
    assert send(lite, made, ping, SIGNED["intercom"](ping)).status_code == 200
    assert events(lite, made) == []
    assert lite.client.head(f"/inbound/{made['id']}").status_code == 200
    assert lite.client.head("/inbound/src_nobody").status_code == 404


SOAP = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
 <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">
  <OrganizationId>00D000000000001AAA</OrganizationId><ActionId>04k1</ActionId>
  <SessionId>00D-open-sesame</SessionId><EnterpriseUrl>https://x.example/</EnterpriseUrl>
  %s
 </notifications></soapenv:Body></soapenv:Envelope>"""
CASE = """<Notification><Id>04l%s</Id><sObject xsi:type="sf:Case" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>500x</sf:Id><sf:CaseNumber>0000102%s</sf:CaseNumber>
 <sf:Type>Late</sf:Type><sf:ContactEmail>jo@example.com</sf:ContactEmail></sObject></Notification>"""


def salesforce(web, **more):
    return source(web, "salesforce", expects={"OrganizationId": "00D000000000001AAA"}, **more)


def test_salesforce_is_acknowledged_in_soap_and_its_session_is_not_kept(lite):
    made = salesforce(lite)
    body = (SOAP % (CASE % (1, 1) + CASE % (2, 2))).encode()
    answer = send(lite, made, body, {"x-webhook-token": SECRET})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert "<Ack>true</Ack>" in answer.text
    assert send(lite, made, body, {"authorization": basic("u", SECRET)}).status_code == 200
    assert send(lite, made, body, {}, query=f"?token={SECRET}").status_code == 200
    assert len(events(lite, made)) == 2
    work(lite)
    assert {each["status"] for each in events(lite, made)} == {"handled"}
    assert not [payload for payload in lite.values("inbound_events", "payload") if payload and "sesame" in payload]


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (SOAP.replace("000001AAA", "000002AAA") % "", 401),
        (SOAP.replace("<OrganizationId>00D000000000001AAA</OrganizationId>", "") % "", 401),
        ("<a/>", 400),
        ("no XML", 400),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400),
        ("<a>" * 100_000, 400),
        ("<a>" * 10_000 + "</a>" * 10_000, 400),
        (SOAP % ("<Notification/>" * 30_000), 400),
        ("<a>\xff</a>".encode("latin-1"), 400),
    ],
)
def test_other_xml_is_refused(lite, body, status):
    made = salesforce(lite)
    sent = body if isinstance(body, bytes) else body.encode()
    assert send(lite, made, sent, {"x-webhook-token": SECRET}).status_code == status
    assert events(lite, made) == []


def shop(web, made, topic, body):
    sent = json.dumps(body).encode()
    return send(web, made, sent, {**SIGNED["shopify"](sent), "x-shopify-topic": topic})


def test_what_one_action_tells_under_two_topics_counts_under_both_and_once_each(lite):
    made = source(lite, "shopify", decide=True)
    order = {"id": 91, "tags": "lost", "currency": "EUR", "total_price": "104.90", "customer": {"id": 9100}}
    refund = {"id": 92, "order_id": 91, "note": "Never came."}
    for topic, body in [("refunds/create", refund), ("orders/updated", order), ("orders/updated", order)]:
        sent = json.dumps(body).encode()
        headers = {**SIGNED["shopify"](sent), "x-shopify-topic": topic, "x-shopify-event-id": "one-action"}
        assert send(lite, made, sent, headers).status_code == 200
    work(lite)
    told = sorted((each["topic"], bool(each["offer"])) for each in events(lite, made))
    assert told == [("orders/updated", True), ("refunds/create", False)], "and no copy"


def test_shopify_asks_to_forget_a_customer(web):
    made = source(web, "shopify", decide=True)
    order = {"id": 71, "tags": "late", "currency": "EUR", "total_price": "104.90", "customer": {"id": 7100}}
    order |= {"customer_locale": "en", "note": "Where is it?"}
    assert shop(web, made, "orders/updated", order).status_code == 200
    assert shop(web, made, "products/update", {"id": 1, "customer": {"id": 7100}}).status_code == 200
    assert shop(web, made, "orders/updated", {"id": 72, "tags": "?", "customer": {"id": 7100}}).status_code == 200
    work(web)
    (incident,) = {each["incident"] for each in events(web, made)} - {None}
    assert shop(
        web, made, "customers/redact", {"shop_id": 1, "customer": {"id": 7100, "email": "jo@example.com"}}
    ).is_success
    assert work(web) == {"inbound_handled": 1}
    assert {each["erased"] for each in events(web, made)} == {True}
    assert web.get(f"/incidents/{incident}").json()["customer"] != {"reference": "7100"}
    assert shop(web, made, "customers/data_request", {"shop_id": 1, "customer": {"id": 7100}}).is_success
    assert work(web) == {"inbound_aside": 1}


def test_shopify_asks_to_forget_everybody_it_told_of(web):
    made, other = source(web, "shopify", decide=True), source(web)
    for number in range(3):
        order = {"id": 80 + number, "tags": "late", "currency": "EUR", "total_price": "104.90"}
        shop(web, made, "orders/updated", {**order, "customer": {"id": 8000 + number % 2}})
    shop(web, made, "products/update", {"id": 1})
    send(web, other, trouble("another-source"))
    work(web)
    incidents = {each["incident"] for each in events(web, made)} - {None}
    assert len(incidents) == 3
    assert shop(web, made, "shop/redact", {"shop_id": 1, "shop_domain": "x.example"}).is_success
    assert work(web) == {"inbound_handled": 1}
    assert [each["erased"] for each in events(web, made)] == [True] * 5
    assert not event(web, other)["erased"]
    left = {web.get(f"/incidents/{incident}").json()["customer"]["reference"] for incident in incidents}
    assert len(left) == 2
    assert not left & {"8000", "8001"}


def test_payloads_are_forgotten_in_time(lite):
    made = source(lite)
    send(lite, made, trouble("forgotten"))
    work(lite)
    store, clock = lite.app.state.services.store, lite.app.state.services.clock
    assert make_inbound(Settings(), store, clock).forget() == 0
    assert make_inbound(Settings(), store, lambda: clock() + KEPT_FOR + timedelta(minutes=1)).forget() >= 1
    assert event(lite, made)["payload"] is None
    assert send(lite, made, trouble("forgotten")).status_code == 202
    assert len(events(lite, made)) == 1


def test_both_secrets_are_good_while_they_are_exchanged(lite):
    made = source(lite)
    headers = {**lite.headers, "If-Match": '"1"'}
    rotated = lite.client.post(f"/inbound-sources/{made['id']}/rotate", json={}, headers=headers).json()
    assert rotated["secret"] != SECRET
    for secret in (SECRET, rotated["secret"]):
        assert send(lite, made, BODY, github(BODY, secret)).status_code == 202
    headers = {**lite.headers, "If-Match": "*"}
    path = f"/inbound-sources/{made['id']}/rotate"
    body = {"overlap_hours": 0, "secret": "the-third-secret"}
    assert "secret" not in lite.client.post(path, json=body, headers=headers).json()
    assert [send(lite, made, BODY, github(BODY, each)).status_code for each in (rotated["secret"], body["secret"])] == [
        401,
        202,
    ]


def test_after_a_change_of_the_secret_key_one_rotation_mends_a_source(sqlite_url):
    with webapp.running(sqlite_url) as web:
        made = source(web)
    with webapp.running(sqlite_url, secret_key="another secret key of the service") as web:
        refused = send(web, made, BODY)
        path, body = f"/inbound-sources/{made['id']}/rotate", {"overlap_hours": 1, "secret": "the-second-secret"}
        rotated = web.post(path, body, **{"If-Match": "*"}).json()
        taken = send(web, made, BODY, github(BODY, body["secret"]))
    assert (refused.status_code, taken.status_code) == (401, 202)
    assert rotated["previous_secret_until"] is None


def test_a_packed_body_is_refused_and_says_so(lite):
    made = source(lite)
    packed = gzip.compress(BODY)
    for body in (packed, BODY):
        answer = send(lite, made, body, {**github(body), "Content-Encoding": "gzip"})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")
    assert send(lite, made, BODY, {**github(BODY), "Content-Encoding": "Identity"}).status_code == 202
    assert len(events(lite, made)) == 1


def test_too_large_a_body_is_refused_while_it_comes(lite):
    made = source(lite)
    assert send(lite, made, b" " * (BYTES_MOST + 1)).status_code == 413
    large = json.dumps({"padding": "x" * (BYTES_MOST - 20)}).encode()
    assert send(lite, made, large).status_code == 202


def test_whoever_fails_too_often_is_not_listened_to_for_a_while(lite):
    made, other = source(lite), source(lite)
    answers = [send(lite, made, BODY, {}).status_code for _ in range(TRIES_PER_MINUTE + 1)]
    assert set(answers[:-1]) == {401}
    assert answers[-1] == 429
    assert send(lite, other, BODY).status_code == 202


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"preset": "nobody"}, "/preset"),
        ({"mapping": {"incident": {"reference": "a ["}}}, "/mapping/incident/reference"),
        ({"mapping": {"incident": {"category": "a"}}}, "/mapping/incident/reference"),
        ({"mapping": {"incident": {"reference": "a"}, "more": 1}}, "/mapping/more"),
        ({"expects": {"a [": "b"}}, "/expects"),
        ({"preset": "standard-webhooks"}, "/secret"),
    ],
)
def test_a_source_that_could_not_work_is_refused_with_its_place(lite, body, pointer):
    whole = {"name": "Wrong", "preset": "github", "secret": "not-base64!", **body}
    answer = lite.post("/inbound-sources", whole, **{"Idempotency-Key": f"wrong-{next(_numbers)}"})
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


def test_a_source_is_kept_changed_and_removed(lite):
    made = source(lite, secret=None)
    assert re.fullmatch("[0-9a-f]{64}", made.pop("secret"))
    path = f"/inbound-sources/{made['id']}"
    assert made["url"] == f"{webapp.BASE}/inbound/{made['id']}"
    assert lite.get(path).json() == made
    assert made in lite.get("/inbound-sources", params={"limit": 100}).json()["data"]
    patch = {"decide": True, "name": "Desk", "language": "fa", "expects": {"shop": "7"}}
    assert lite.client.patch(path, json=patch, headers=lite.headers).status_code == 428
    assert lite.client.patch(path, json=patch, headers={**lite.headers, "If-Match": '"9"'}).status_code == 412
    changed = lite.client.patch(path, json=patch, headers={**lite.headers, "If-Match": '"1"'}).json()
    assert {name: changed[name] for name in patch} == patch
    assert lite.client.patch(path, json={"name": None}, headers={**lite.headers, "If-Match": "*"}).status_code == 422
    body = json.dumps(trouble("removed")).encode()
    assert send(lite, made, body, github(body)).status_code == 401
    assert lite.client.delete(path, headers=lite.headers).status_code == 204
    assert lite.get(path).status_code == 404
    assert send(lite, made, body).status_code == 404


def test_a_source_speaks_for_its_own_merchant(web):
    south = web.key("south")
    made = source(web, merchant=south, decide=True)
    send(web, made, trouble("souths"))
    work(web)
    assert web.get(f"/inbound-sources/{made['id']}/events").status_code == 404
    found = web.client.get(f"/inbound-sources/{made['id']}/events", headers=south).json()["data"][0]
    assert web.get(f"/offers/{found['offer']}").status_code == 404
    assert web.client.get(f"/offers/{found['offer']}", headers=south).status_code == 200


def test_secrets_are_sealed(lite):
    source(lite, secret="plain-to-see-secret")
    assert not [sealed for sealed in lite.values("inbound_sources", "secret") if "plain-to-see" in sealed]
