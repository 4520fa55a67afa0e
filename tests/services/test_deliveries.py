"""Deliveries from claim to settlement, with a clock of our own. The store's tests show both databases."""

from collections import Counter
from datetime import timedelta
from itertools import count

import orjson
import pytest

import records
from compensation_service.domain.delivery import KEPT_FOR, DeliveryStatus, NoticeType
from compensation_service.domain.event import EventType, Link
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.webhook_endpoint import EndpointStatus, PayloadFormat, Suspension
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.deliveries import GONE, LEASE, UNSEALABLE, DeliveryService
from compensation_service.services.letters import LetterService
from compensation_service.services.notices import announce
from compensation_service.services.webhook_payloads import BYTES_MOST
from compensation_service.store.store import open_store
from compensation_service.webhooks.schedule import AFTER_S
from compensation_service.webhooks.sealing import Seal
from compensation_service.webhooks.sender import Outcome
from records import MERCHANT, NOON, webhook_endpoint

BASE = "https://offers.example"
SEAL = Seal("k" * 32)
ENDPOINT, OTHER = "whe_0000001", "whe_0000002"
KEY = "abcdefgh2345"
DOCUMENT = {
    "mode": "kept",
    "default_option": "opt_1",
    "severity": {"score": "0.4"},
    "goodwill": {"exact": "1416.2"},
    "guards": [{"code": "abuse", "text": "secret"}],
    "approval": {"role": "lead", "reasons": []},
    "letter": {"text": "Dear Maria"},
    "links": {"self": "s", "customer": f"{BASE}/o/secret-token"},
    "entitlements": [{"scheme": "eu", "amount": {"amount": 1, "currency": "EUR"}, "outputs": {"inside": 1}}],
    "options": [
        {
            "id": "opt_1",
            "remedies": [{"kind": "gift", "value": {"amount": 5}, "cost": {"amount": 3}, "valid_until": None}],
            "worth": {"amount": 5},
            "cost": {"amount": 3},
            "text": "We give you a gift.",
        }
    ],
    "expires_at": "2026-03-19T12:00:00Z",
}


class Hands:
    """A clock that we move."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def store(sqlite_url):
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def service(store, clock):
    numbers = count(1)
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.api_keys.add(records.api_key(KEY))
        unit.webhook_endpoints.add([webhook_endpoint(secret=SEAL.close("whsec_bmV3"))])
    return serving(store, clock, lambda prefix: f"{prefix}_x{next(numbers):07}")


def serving(store, clock, ids, seal=SEAL):
    links = CustomerLinks("k" * 32, BASE)
    return DeliveryService(store, clock, ids, LetterService(store, clock, ids, links), links, seal, BASE, lambda: 0.5)


def happen(store, *numbers, document=DOCUMENT, kind=EventType.OFFER_ACCEPTED, payload=None):
    """One event of an offer for each number."""
    told = {"offer": "", "status": "accepted", "version": 2, "option": "opt_1", "by": "key", "secret": 1}
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(number) for number in numbers])
        text = orjson.dumps(document).decode()
        unit.offers.add([records.offer(number, document=text) for number in numbers])
        unit.events.add([event_of(number, 1, kind, {**told, **(payload or {})}) for number in numbers])


def event_of(number, sequence, kind, payload):
    made = records.event(number, MERCHANT, Link(sequence - 1, ""))
    if "offer" in payload:
        payload = {**payload, "offer": f"off_{number:07}"}
    values = {name: getattr(made, name) for name in made.__dataclass_fields__}
    return type(made)(**{**values, "type": kind, "payload": orjson.dumps(payload).decode()})


def endpoint(store, endpoint_id=ENDPOINT):
    with store.reading(MERCHANT) as unit:
        return unit.webhook_endpoints.get(endpoint_id)


def one(service, endpoint_id=ENDPOINT):
    (parcel,) = service.claim(MERCHANT, endpoint_id, 1)
    return parcel


def settle(service, parcel, outcome, clock):
    return service.settle(parcel, outcome, clock.now)


def test_the_schedule_is_kept_and_then_it_is_exhausted(service, store, clock):
    happen(store, 1)
    waits = []
    while service.waiting():
        parcel = one(service)
        began = clock.now
        status = settle(service, parcel, Outcome(503, answer="No."), clock)
        if status is not DeliveryStatus.PENDING:
            break
        shown = service.get(MERCHANT, ENDPOINT, parcel.delivery.message_id)
        clock.now = began + timedelta(seconds=AFTER_S[len(waits) + 1]) - timedelta(seconds=1)
        assert service.waiting() == []
        clock.now += timedelta(seconds=1)
        waits.append((clock.now - began).total_seconds())
        assert shown["next_attempt_at"] == clock.now.isoformat()[:-6] + "Z"
    assert waits == list(AFTER_S[1:])
    shown = service.get(MERCHANT, ENDPOINT, parcel.delivery.message_id)
    assert (shown["status"], shown["attempts"], len(shown["attempts_made"])) == ("exhausted", 10, 10)
    assert shown["attempts_made"][0]["answer"] == "No."
    assert service.replay(MERCHANT, ENDPOINT, None, NOON, KEY) == 1
    assert settle(service, one(service), Outcome(200), clock) is DeliveryStatus.DELIVERED


def test_what_the_receiver_asks_for_is_kept(service, store, clock):
    happen(store, 1)
    settle(service, one(service), Outcome(429, retry_after=timedelta(hours=2)), clock)
    clock.now += timedelta(hours=1, minutes=59)
    assert service.waiting() == []
    clock.now += timedelta(minutes=1)
    assert service.waiting() == [(MERCHANT, ENDPOINT)]


def test_a_worker_that_dies_loses_nothing_and_one_that_comes_back_late_changes_nothing(service, store, clock):
    happen(store, 1)
    late = one(service)
    assert service.claim(MERCHANT, ENDPOINT, 1) == []
    clock.now += LEASE
    again = one(service)
    assert again.delivery.message_id == late.delivery.message_id
    assert settle(service, late, Outcome(500), clock) is None
    assert settle(service, again, Outcome(200), clock) is DeliveryStatus.DELIVERED
    assert settle(service, again, Outcome(200), clock) is None


def test_410_suspends_at_once_and_keeps_what_was_to_be_sent(service, store, clock):
    with store.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([webhook_endpoint(2, secret=SEAL.close("whsec_bmV3"))])
    happen(store, 1, 2)
    parcels = service.claim(MERCHANT, ENDPOINT, 4)
    for parcel in parcels:
        assert settle(service, parcel, Outcome(410), clock) is DeliveryStatus.PENDING
    found = endpoint(store)
    assert (found.status, found.suspended_for) == (EndpointStatus.SUSPENDED, Suspension.GONE)
    assert service.claim(MERCHANT, ENDPOINT, 4) == []
    told = [orjson.loads(each.body) for each in service.claim(MERCHANT, OTHER, 9)]
    (suspended,) = [each for each in told if each["type"] == NoticeType.ENDPOINT_SUSPENDED]
    assert suspended["data"] == {"endpoint": ENDPOINT, "reason": "gone"}, "the others hear of it, once"


def test_five_days_of_failures_suspend_and_one_success_begins_anew(service, store, clock):
    happen(store, *range(20))
    for _ in range(20):
        if endpoint(store).status is not EndpointStatus.ENABLED:
            break
        settle(service, one(service), Outcome(error="timeout"), clock)
        clock.now += timedelta(hours=8)
    found = endpoint(store)
    assert (found.status, found.suspended_for) == (EndpointStatus.SUSPENDED, Suspension.FAILING)
    assert clock.now - timedelta(hours=8) - NOON == timedelta(days=5)


def test_a_success_ends_the_count_of_failures(service, store, clock):
    happen(store, 1, 2, 3)
    settle(service, one(service), Outcome(500), clock)
    settle(service, one(service), Outcome(500), clock)
    assert endpoint(store).failures == 2
    settle(service, one(service), Outcome(200), clock)
    assert (endpoint(store).failures, endpoint(store).failing_since, endpoint(store).version) == (0, None, 1)


def test_a_payload_holds_what_is_listed_and_nothing_else(service, store):
    happen(store, 1)
    parcel = one(service)
    body = orjson.loads(parcel.body)
    assert body == {
        "type": "offer.accepted",
        "timestamp": "2026-03-01T12:00:00Z",
        "id": "evt_0000001_1",
        "sequence": 1,
        "data": {
            "incident": {
                "id": "inc_0000001",
                "reference": "ZD-1",
                "category": "late_delivery",
                "customer": {"reference": "customer-1"},
                "order": {"reference": "order-1"},
                "url": f"{BASE}/incidents/inc_0000001",
            },
            "offer": {
                "id": "off_0000001",
                "url": f"{BASE}/offers/off_0000001",
                "status": "accepted",
                "version": 2,
                "policy": {"name": "default", "version": 1},
                "currency": "EUR",
                "mode": "kept",
                "default_option": "opt_1",
                "decided_at": None,
                "respond_by": None,
                "carry_out_by": None,
                "follow_up_at": None,
                "expires_at": "2026-03-19T12:00:00Z",
                "entitlements": [
                    {
                        "scheme": "eu",
                        "reference": None,
                        "choice": None,
                        "amount": {"amount": 1, "currency": "EUR"},
                        "due_by": None,
                        "text": None,
                    }
                ],
                "options": [
                    {
                        "id": "opt_1",
                        "remedies": [{"kind": "gift", "value": {"amount": 5}, "valid_until": None}],
                        "worth": {"amount": 5},
                        "text": "We give you a gift.",
                    }
                ],
                "chosen_option": "opt_1",
                "letter": None,
            },
            "change": {"status": "accepted", "version": 2, "option": "opt_1"},
        },
    }
    for inside in (
        b"cost",
        b"secret",
        b"guards",
        b"Maria",
        b"severity",
        b"exact",
        b"approval",
        b"outputs",
        b'by":"key',
    ):
        assert inside not in parcel.body


def test_a_payload_is_the_same_at_every_attempt(service, store, clock):
    happen(store, 1)
    bodies = set()
    for _ in range(3):
        parcel = one(service)
        bodies.add(parcel.body)
        assert parcel.headers(clock.now)["webhook-id"] == "evt_0000001_1"
        clock.now += LEASE
    assert len(bodies) == 1


@pytest.mark.parametrize("form", PayloadFormat)
def test_a_payload_that_would_be_too_large_is_shortened_to_names(service, store, form):
    with store.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([webhook_endpoint(2, format=form, secret=SEAL.close("whsec_bmV3"))])
    long = {**DOCUMENT["options"][0], "text": "ы" * 3000}
    happen(store, 1, document={**DOCUMENT, "options": [long] * 5})
    body = one(service, OTHER).body
    assert len(body) < BYTES_MOST
    data = orjson.loads(body)["data"]
    assert data["shortened"]
    assert data["offer"] == {
        "id": "off_0000001",
        "url": f"{BASE}/offers/off_0000001",
        "status": "accepted",
        "version": 2,
        "letter": None,
    }


@pytest.mark.parametrize(("words", "left"), [(3_000, True), (10_000, False)])
def test_the_letter_stays_in_what_is_shortened_if_it_fits(service, store, words, left):
    long = {**DOCUMENT["options"][0], "text": "ы" * 3000}
    told = {"status": "open", "version": 1}
    happen(store, 1, document={**DOCUMENT, "options": [long] * 5}, kind=EventType.OFFER_CREATED, payload=told)
    letter = records.letter(1, text="ы" * words)
    with store.writing(MERCHANT) as unit:
        unit.letters.add(letter)
    body = one(service).body
    assert len(body) < BYTES_MOST
    data = orjson.loads(body)["data"]
    assert data["shortened"]
    said = {"locale": "en", "subject": letter.subject, "text": letter.text, "html": letter.html}
    assert data["offer"].get("letter") == (said if left else None)


def test_cloudevents(service, store):
    with store.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add(
            [webhook_endpoint(2, format=PayloadFormat.CLOUDEVENTS, secret=SEAL.close("whsec_bmV3"))]
        )
    happen(store, 1)
    parcel = one(service, OTHER)
    body = orjson.loads(parcel.body)
    assert parcel.media_type == "application/cloudevents+json"
    assert {name: value for name, value in body.items() if name != "data"} == {
        "specversion": "1.0",
        "id": "evt_0000001_1",
        "source": BASE,
        "type": "offer.accepted",
        "subject": "inc_0000001",
        "time": "2026-03-01T12:00:00Z",
        "sequence": "0000000000000000001",
        "datacontenttype": "application/json",
    }
    assert body["data"] == orjson.loads(one(service).body)["data"]


def test_what_belongs_to_no_incident_is_told_with_all_its_payload(service, store):
    with store.writing(MERCHANT) as unit:
        announce(unit, lambda prefix: f"{prefix}_n1", NoticeType.BUDGET_LOW, NOON, {"budget": "bud_1", "percent": 8})
    body = orjson.loads(one(service).body)
    assert (body["type"], body["id"], body["data"]) == ("budget.low", "evt_n1", {"budget": "bud_1", "percent": 8})


def test_a_secret_that_cannot_be_read_is_a_failure_that_is_told(service, store, clock):
    stranger = serving(store, clock, lambda prefix: prefix, Seal("l" * 32))
    happen(store, 1)
    parcel = one(stranger)
    assert (parcel.trouble, parcel.secrets) == (UNSEALABLE, ())
    settle(stranger, parcel, Outcome(error=parcel.trouble), clock)
    assert service.get(MERCHANT, ENDPOINT, parcel.delivery.message_id)["attempts_made"][0]["error"] == UNSEALABLE


def test_a_message_that_is_not_kept_any_more_is_given_up(service, store, clock):
    with store.writing(MERCHANT) as unit:
        unit.deliveries.add_for(ENDPOINT, unit.notices.keep(records.notice(1)))
        unit.deliveries.add_for(ENDPOINT, type(unit.notices.keep(records.notice(2)))("evt_0", "s", 1, "x.y", NOON))
    troubles = Counter()
    for parcel in service.claim(MERCHANT, ENDPOINT, 9):
        troubles[parcel.trouble] += 1
        if parcel.trouble:
            assert settle(service, parcel, Outcome(error=parcel.trouble), clock) is DeliveryStatus.EXHAUSTED
    assert troubles == {None: 1, GONE: 1}


def test_what_is_old_is_forgotten(service, store, clock):
    happen(store, 1)
    settle(service, one(service), Outcome(200), clock)
    assert service.forget() == 0
    clock.now += KEPT_FOR + timedelta(seconds=1)
    assert service.forget() == 1
    assert service.page(MERCHANT, {"endpoint_id": ENDPOINT}, None, 10) == ([], None)
