"""Deliveries in the store: in line with the event, in the order of its stream, in one worker's hands at a time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event

import records
from compensation_service.domain.delivery import DeliveryStatus
from compensation_service.domain.event import EventType, Link
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.webhook_endpoint import EndpointStatus
from compensation_service.store.deliveries import LOOKED_AT
from compensation_service.store.failures import Taken
from compensation_service.store.silence import QUIET_S, Silence
from compensation_service.store.store import open_store
from records import MERCHANT, NOON, attempt, notice, store_offers, webhook_endpoint

LATER, MINUTE = NOON + timedelta(hours=1), timedelta(minutes=1)
ENDPOINT = "whe_0000001"


@pytest.fixture
def kept(store):
    """A merchant with one endpoint that wants everything."""
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.webhook_endpoints.add([webhook_endpoint()])
    return store


def more_events(unit, number, *sequences, kind=EventType.OFFER_ACCEPTED):
    unit.events.add([replace(records.event(number, MERCHANT, Link(each - 1, "")), type=kind) for each in sequences])


def claim(store, now=LATER, most=10, endpoint=ENDPOINT):
    with store.writing(MERCHANT) as unit:
        return unit.deliveries.claim(endpoint, now, now + MINUTE, most)


def settle(store, delivery, status=DeliveryStatus.DELIVERED, at=LATER):
    done = status is not DeliveryStatus.PENDING
    with store.writing(MERCHANT) as unit:
        return unit.deliveries.settle(replace(delivery, status=status, next_at=at, finished_at=at if done else None))


def lined_up(store, endpoint=ENDPOINT):
    with store.reading(MERCHANT) as unit:
        return {each.message_id for each in unit.deliveries.page(endpoint, None, None, None, 100).items}


def test_what_is_rolled_back_is_told_to_nobody(kept):
    with pytest.raises(Taken), kept.writing(MERCHANT) as unit:
        store_offers(unit, 1, 1)
    assert lined_up(kept) == set()
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1, 2)
        unit.notices.add([notice(1)])
    assert lined_up(kept) == {"evt_0000001_1", "evt_0000002_1", "evt_n0000001"}


@pytest.mark.parametrize(
    ("wants", "told"),
    [
        ("", {"offer.created", "follow_up.due", "budget.low"}),
        (" offer.created ", {"offer.created"}),
        (" offer.* ", {"offer.created"}),
        (" budget.low follow_up.* ", {"follow_up.due", "budget.low"}),
        (" offer.accepted ", set()),
        (" offer ", set()),
    ],
)
def test_an_endpoint_is_told_what_it_wants(kept, wants, told):
    with kept.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([webhook_endpoint(2, wants=wants)])
        store_offers(unit, 1)
        more_events(unit, 1, 2, kind=EventType.FOLLOW_UP_DUE)
        unit.notices.add([notice(1)])
    with kept.reading(MERCHANT) as unit:
        assert {each.type for each in unit.deliveries.page("whe_0000002", None, None, None, 9).items} == told


@pytest.mark.parametrize("status", EndpointStatus)
def test_what_happens_is_kept_for_all_but_those_that_were_switched_off(kept, status):
    with kept.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([webhook_endpoint(2, status=status)])
        store_offers(unit, 1)
    assert bool(lined_up(kept, "whe_0000002")) == (status is not EndpointStatus.DISABLED)


def test_another_merchants_events_are_not_told(kept):
    with kept.writing("umbrella") as unit:
        unit.merchants.add(Merchant("umbrella", "Umbrella", NOON))
        store_offers(unit, 1)
    assert lined_up(kept) == set()


def test_a_later_event_waits_for_the_ones_before_and_other_streams_do_not(kept):
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1, 2)
        more_events(unit, 1, 2, 3)
    first = {each.message_id: each for each in claim(kept)}
    assert set(first) == {"evt_0000001_1", "evt_0000002_1"}
    assert claim(kept) == []
    assert all(settle(kept, each) for each in first.values())
    (second,) = claim(kept)
    assert second.message_id == "evt_0000001_2"
    settle(kept, second, DeliveryStatus.PENDING, LATER + MINUTE)
    assert claim(kept) == [], "the one behind waits as long as it does"
    (again,) = claim(kept, LATER + MINUTE)
    assert (again.message_id, again.token) == ("evt_0000001_2", 2)
    settle(kept, again, DeliveryStatus.EXHAUSTED, LATER + MINUTE)
    assert [each.message_id for each in claim(kept, LATER + MINUTE)] == ["evt_0000001_3"]


def test_what_must_wait_does_not_hide_what_is_due(kept):
    """Many behind one that is tried again much later do not keep a worker from finding what can be sent."""
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1)
    (first,) = claim(kept)
    settle(kept, first, DeliveryStatus.PENDING, LATER + 60 * MINUTE)
    with kept.writing(MERCHANT) as unit:
        more_events(unit, 1, *range(2, 2 + 3 * LOOKED_AT))
        store_offers(unit, 2)
    (other,) = claim(kept)
    assert other.message_id == "evt_0000002_1"
    assert settle(kept, other)
    assert kept.waiting_endpoints(LATER) == [], "nor are they looked at again before"
    (again,) = claim(kept, LATER + 60 * MINUTE)
    assert again.message_id == "evt_0000001_1"
    settle(kept, again, at=LATER + 60 * MINUTE)
    assert [each.message_id for each in claim(kept, LATER + 60 * MINUTE)] == ["evt_0000001_2"]


def test_only_who_has_it_in_hand_may_settle_it(kept):
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1)
    (slow,) = claim(kept)
    (quick,) = claim(kept, LATER + MINUTE)
    assert (slow.token, quick.token) == (1, 2)
    assert not settle(kept, slow, DeliveryStatus.EXHAUSTED)
    assert settle(kept, quick)
    assert not settle(kept, quick), "settled once"


def test_many_workers_share_without_meeting(kept):
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, *range(40))
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: claim(kept, most=5), range(12)))
    ids = [each.message_id for batch in taken for each in batch]
    assert len(ids) == len(set(ids)) == 40


def test_the_store_names_endpoints_with_something_due_whosever_they_are(kept):
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1)
    assert kept.waiting_endpoints(NOON - MINUTE) == []
    assert kept.waiting_endpoints(LATER) == [(MERCHANT, ENDPOINT)]
    claim(kept)
    assert kept.waiting_endpoints(LATER) == [], "leased"
    assert kept.waiting_endpoints(LATER + MINUTE) == [(MERCHANT, ENDPOINT)]
    with kept.writing(MERCHANT) as unit:
        unit.webhook_endpoints.change(replace(webhook_endpoint(), status=EndpointStatus.SUSPENDED))
    assert kept.waiting_endpoints(LATER + MINUTE) == []


def test_replays(kept):
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1, 2, 3)
    for each, status in zip(claim(kept), ("delivered", "exhausted", "exhausted"), strict=True):
        settle(kept, each, DeliveryStatus(status))
    with kept.writing(MERCHANT) as unit:
        assert unit.deliveries.replay_failed(ENDPOINT, NOON + MINUTE, LATER) == 0
        assert unit.deliveries.replay_failed(ENDPOINT, NOON, LATER) == 2
        assert unit.deliveries.replay(ENDPOINT, "evt_0000001_1", LATER) == 1
        assert unit.deliveries.replay(ENDPOINT, "evt_9", LATER) == 0
    assert {(each.attempts, each.token) for each in claim(kept)} == {(0, 2)}


def test_what_is_old_is_removed_with_its_attempts(kept):
    with kept.writing(MERCHANT) as unit:
        store_offers(unit, 1, 2)
        unit.deliveries.note(attempt("evt_0000001_1"))
        assert unit.deliveries.forget(ENDPOINT, NOON, 10) == 0
        assert unit.deliveries.forget(ENDPOINT, LATER, 1) == 1
    assert lined_up(kept) == {"evt_0000002_1"}


def statements(store):
    """The statements that are sent from here on."""
    seen = []
    sqlalchemy_event.listen(
        store._engines.writer, "before_cursor_execute", lambda *given: seen.append(given[2].split(None, 3)[:3])
    )
    return seen


def test_a_batch_costs_one_statement_and_nothing_where_nobody_listens(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        store_offers(unit, 1)  # found that nobody listens
        seen = statements(store)
        more_events(unit, 1, 2, 3)
        assert [each[2] for each in seen if each[0] == "INSERT"] == ["events"]
    store._silence._until.clear()
    with store.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([webhook_endpoint()])
        seen.clear()
        more_events(unit, 1, *range(4, 8))
        assert [each[2] for each in seen] == ["events", "deliveries"]
    assert len(lined_up(store)) == 4


def test_that_nobody_listens_is_believed_for_a_moment_only(database_url):
    """Another process began to listen: after QUIET_S nothing that happens here passes it by."""
    passed = [0.0]
    here, there = open_store(database_url), open_store(database_url)
    here._silence = Silence(lambda: passed[0])
    with here.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        store_offers(unit, 1)
    with there.writing(MERCHANT) as unit:
        unit.webhook_endpoints.add([webhook_endpoint()])
    for seconds, told in ((QUIET_S * 0.9, 0), (QUIET_S, 1)):
        passed[0] = seconds
        with here.writing(MERCHANT) as unit:
            more_events(unit, 1, 2 + told)
        assert len(lined_up(here)) == told
    here.close()
    there.close()


def test_what_was_kept_meanwhile_is_sent_oldest_first(kept):
    """What was tried before it was suspended is the oldest of it."""
    with kept.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(number) for number in range(1, 7)])
        for number in range(1, 7):
            made = replace(records.event(number), occurred_at=NOON + number * MINUTE)
            unit.events.add([made])
    first, second = claim(kept, NOON + 2 * MINUTE)
    settle(kept, first, DeliveryStatus.PENDING, at=LATER)
    settle(kept, second, DeliveryStatus.PENDING, at=LATER + MINUTE)
    with kept.writing(MERCHANT) as unit:
        unit.deliveries.resume(ENDPOINT)
    taken = [claim(kept, most=1)[0].message_id for _ in range(6)]
    assert taken == [f"evt_{number:07}_1" for number in range(1, 7)]
