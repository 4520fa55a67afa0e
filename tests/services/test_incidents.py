"""Many at once on one incident, on both databases: one offer, one re-opening, one outcome, and a story without gaps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from threading import Barrier

import orjson
import pytest

import databases
import records
from compensation_service.decision.facts import Customer, Facts, Fault, Incident, Order
from compensation_service.domain.errors import ChangedMeanwhile, CompensationError, IllegalMove, Unavailable
from compensation_service.domain.follow_up import Finding, FollowUpStatus, Outcome
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.message import Direction, Message, MessageChannel
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.follow_ups import FollowUpService
from compensation_service.services.idempotency import Answer, Idempotency
from compensation_service.services.incident_file import IncidentFileService
from compensation_service.services.incidents import Filing, IncidentIsAnother, IncidentService, Known
from compensation_service.services.new_offers import Desk
from compensation_service.services.offers import OfferRequest, make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.failures import Contended, Taken
from compensation_service.store.store import open_store
from records import MERCHANT, NOON

KEY = "abcdefgh2345"
THREADS = 8
KNOWN = Known(
    reference="ZD-1",
    category="late_delivery",
    fault=Fault.COMPANY,
    verified=True,
    group=None,
    customer_reference="C-1",
    order_reference="order-1",
    currency="EUR",
    affected_minor=10_000,
    summary=None,
    occurred_at=None,
    reported_at=None,
    told="{}",
)


_numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request, tmp_path_factory):
    """One database of each kind for all tests of this file; each uses an incident of its own."""
    made = (
        databases.fresh_sqlite(tmp_path_factory.mktemp("incidents"))
        if request.param == "sqlite"
        else databases.fresh_postgresql()
    )
    with made as url:
        opened = open_store(url)
        with opened.writing(MERCHANT) as unit:
            unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
            unit.api_keys.add(records.api_key(KEY))
        yield opened
        opened.close()


@pytest.fixture
def ids():
    return lambda prefix: f"{prefix}_x{next(_numbers):07}"


@pytest.fixture
def incidents(store, ids):
    return IncidentService(store, lambda: NOON, ids, bytes)


@pytest.fixture
def follow_ups(store, ids):
    return FollowUpService(store, lambda: NOON + timedelta(days=8), ids)


@pytest.fixture
def recorded(incidents):
    """The id of an incident about which nothing is decided."""
    return orjson.loads(record(incidents, f"ZD-{next(_numbers)}").body)["id"]


def record(incidents, reference):
    known = replace(KNOWN, reference=reference, customer_reference=f"C-{reference}", order_reference=f"O-{reference}")
    return incidents.record(MERCHANT, known, Filing(), KEY, fingerprint="f" * 64)


def together(work, many=THREADS):
    """What became of the same work done at one moment; who found the database busy does it again, as clients do."""
    barrier = Barrier(many)

    def one(number):
        barrier.wait()
        while True:
            try:
                return work(number)
            except (Contended, Taken, Unavailable):
                continue
            except CompensationError as refusal:
                return refusal

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))


def story(store, incident_id):
    with store.reading(MERCHANT) as unit:
        events = unit.events.of(incident_id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    return [event.type.value for event in events]


def test_an_incident_is_recorded_once(store, incidents):
    answers = together(lambda _: record(incidents, "ZD-once"))
    assert sorted(answer.status_code for answer in answers) == [200] * (THREADS - 1) + [201]
    assert len({orjson.loads(answer.body)["id"] for answer in answers}) == 1
    assert story(store, orjson.loads(answers[0].body)["id"]) == ["incident.recorded"]
    with pytest.raises(IncidentIsAnother):
        incidents.record(
            MERCHANT, replace(KNOWN, reference="ZD-once"), Filing(owner="Elena"), KEY, fingerprint="0" * 64
        )


def test_an_incident_is_decided_once(store, ids, recorded):
    links = CustomerLinks("secret", "https://offers.example")
    desk = Desk(PolicyBook(store, lambda: NOON), lambda: NOON, ids, "https://offers.example", links, bytes)
    with store.reading(MERCHANT) as unit:
        read = unit.incidents.get(recorded)

    def decide(_):
        with store.writing(MERCHANT) as unit:
            return make_offers(unit, [asked(read)], desk)[0]

    outcomes = together(decide)
    assert [outcome.status_code for outcome in outcomes if isinstance(outcome, Answer)] == [201]
    assert {type(outcome) for outcome in outcomes} == {Answer, ChangedMeanwhile}
    assert story(store, recorded) == ["incident.recorded", "offer.created"]
    with store.reading(MERCHANT) as unit:
        assert len(unit.incidents.offers_of(recorded)) == 1
        assert unit.incidents.get(recorded).status is IncidentStatus.OFFERED


def asked(incident):
    facts = Facts(
        Incident("late_delivery", incident.reference, delay_hours=Decimal(72), fault=Fault.COMPANY),
        Customer(incident.customer_reference),
        NOON,
        Order("EUR", 10_000, reference=incident.order_reference),
    )
    return OfferRequest(facts, None, "en", KEY, told=incident.told, recorded=incident)


def test_everybody_who_writes_is_heard_and_counted(store, ids, incidents, recorded):
    """Papers and changes of one incident, at one moment: all of them are in the story, one after the other."""
    file = IncidentFileService(store, lambda: NOON, ids)

    def write(number):
        if number % 2:
            return incidents.change(
                MERCHANT, recorded, lambda found: replace(found, owner=f"Owner {number}"), KEY, version=None
            )
        return file.add(
            MERCHANT,
            recorded,
            Message,
            lambda name, by, now: Message(
                name, recorded, Direction.IN, MessageChannel.CHAT, f"Words {number}", by, now, now
            ),
            KEY,
            Idempotency("/messages", f"key-{number}", "f"),
        )

    answers = together(write)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert sorted(story(store, recorded)) == sorted(
        ["incident.recorded", *["message.added", "incident.changed"] * (THREADS // 2)]
    )


def test_of_changes_to_what_was_read_one_wins(incidents, recorded):
    outcomes = together(
        lambda number: incidents.change(
            MERCHANT, recorded, lambda found: replace(found, owner=f"Owner {number}"), KEY, version="1"
        )
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    assert len(won) == 1
    assert {type(outcome) for outcome in outcomes} == {Answer, ChangedMeanwhile}
    assert incidents.known(MERCHANT, recorded).owner == orjson.loads(won[0].body)["owner"]


def followed(store, **changes):
    """The follow-up of an accepted offer; its incident is resolved."""
    number = next(_numbers)
    follow_up = records.follow_up(number, **changes)
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(number, status=IncidentStatus.RESOLVED)])
        unit.offers.add([records.offer(number, status=OfferStatus.ACCEPTED)])
        unit.events.add([records.event(number)])
        unit.follow_ups.add([follow_up])
    return follow_up


def test_of_two_outcomes_the_first_one_stands(store, follow_ups):
    follow_up = followed(store)
    said = [Outcome.SOLVED, Outcome.UNSOLVED]
    outcomes = together(
        lambda number: follow_ups.complete(MERCHANT, follow_up.id, Finding(said[number % 2], rating=3), KEY)
    )
    won = {orjson.loads(outcome.body)["outcome"] for outcome in outcomes if isinstance(outcome, Answer)}
    assert len(won) == 1
    assert {type(outcome) for outcome in outcomes} == {Answer, IllegalMove}
    reopened = won == {"unsolved"}
    after = ["incident.reopened", "incident.escalated"] if reopened else []
    assert story(store, follow_up.incident_id)[1:] == ["follow_up.done", *after]
    with store.reading(MERCHANT) as unit:
        assert unit.incidents.get(follow_up.incident_id).reopened == int(reopened)


def test_many_workers_let_a_follow_up_fall_due_once(store, follow_ups):
    follow_up = followed(store)
    assert sum(together(lambda _: follow_ups.remind())) == 1
    assert story(store, follow_up.incident_id)[1:] == ["follow_up.due"]
    with store.reading(MERCHANT) as unit:
        assert unit.follow_ups.get(follow_up.id).follow_up.status is FollowUpStatus.DUE


def test_nothing_falls_due_early(store, ids):
    follow_up = followed(store, due_at=NOON + timedelta(days=100))
    early = FollowUpService(store, lambda: follow_up.due_at - timedelta(microseconds=1), ids)
    assert early.remind() == 0
