"""Moving offers from many threads at once, on both databases: one winner, one event, one answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest

import records
from compensation_service.domain.errors import IllegalMove, TooLate, Unavailable
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferAction
from compensation_service.domain.offer_move import AskedMove
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.store.offers import OfferFilter
from compensation_service.store.store import open_store
from records import MERCHANT, NOON, OFFER

THREADS = 32
KEY = "abcdefgh2345"
FAR = timedelta(days=36500)
DOCUMENT = '{"status":"open","options":[{"id":"opt_1","remedies":[{},{}]}],"carry_out_by":"2026-03-03T12:00:00Z"}'


@pytest.fixture
def kept(store):
    """One open offer whose time will not run out while the test runs."""
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.api_keys.add(records.api_key(KEY))
        unit.incidents.add([records.incident(0)])
        unit.offers.add([records.offer(0, expires_at=NOON + FAR, document=DOCUMENT)])
        unit.events.add([records.event(0)])
    return store


def service(store, now=NOON):
    numbers = count(1)
    return OfferMoveService(store, lambda: now, lambda prefix: f"{prefix}_{next(numbers):08}")


def race(moves, actions):
    """Do all actions at the same moment; what became of each. Who found the database busy repeats, as clients do."""
    barrier = Barrier(len(actions))

    def one(action):
        barrier.wait()
        while True:
            try:
                return action, moves.move(MERCHANT, OFFER.id, AskedMove(action), KEY).body
            except IllegalMove as refusal:
                return action, refusal.status
            except Unavailable:
                continue

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(one, actions))


def test_accept_against_decline_has_one_winner(kept):
    outcomes = race(service(kept), [OfferAction.ACCEPT, OfferAction.DECLINE] * (THREADS // 2))
    won = {action for action, answer in outcomes if isinstance(answer, bytes)}
    assert len(won) == 1
    status = {OfferAction.ACCEPT: "accepted", OfferAction.DECLINE: "declined"}[won.pop()]
    assert len({answer for _, answer in outcomes if isinstance(answer, bytes)}) == 1, "the same again: the same bytes"
    assert {answer for _, answer in outcomes if not isinstance(answer, bytes)} == {status}
    with kept.reading(MERCHANT) as unit:
        found = unit.offers.get(OFFER.id)
        events = unit.events.of(OFFER.incident_id)
        moves = unit.moves.of([OFFER.id])[OFFER.id]
        promised = unit.remedies.of([OFFER.id])
    assert (found.offer.status, found.offer.version) == (status, 2)
    told = ["offer.created", f"offer.{status}", *(["follow_up.planned"] if status == "accepted" else [])]
    assert [(event.sequence, event.type) for event in events] == list(enumerate(told, 1))
    assert len(moves) == 1
    assert bool(promised) == (status == "accepted")
    assert found.incident.status == ("resolved" if status == "accepted" else "open")


def test_events_of_one_incident_have_no_gaps_whoever_writes_them(kept):
    moves = service(kept)
    moves.move(MERCHANT, OFFER.id, AskedMove(OfferAction.COUNTER, words="More."), KEY)
    race(moves, [OfferAction.DECLINE, OfferAction.WITHDRAW] * 4)
    with kept.reading(MERCHANT) as unit:
        assert [event.sequence for event in unit.events.of(OFFER.incident_id)] == [1, 2, 3]


def test_time_runs_out_by_the_databases_clock_on_postgresql_and_by_ours_on_a_file(kept, dialect):
    """A server's clock that is wrong by a century accepts nothing late, where the database knows better."""
    late = service(kept, now=NOON + FAR)
    if dialect == "sqlite":
        with pytest.raises(TooLate):
            late.move(MERCHANT, OFFER.id, AskedMove(OfferAction.ACCEPT), KEY)
    else:
        late.move(MERCHANT, OFFER.id, AskedMove(OfferAction.ACCEPT), KEY)
    with kept.reading(MERCHANT) as unit:
        assert unit.offers.get(OFFER.id).offer.version == (1 if dialect == "sqlite" else 2)


def test_the_moment_of_a_move_is_not_the_begin_of_its_transaction(postgresql_url):
    """Who waited for the row until the time ran out is too late: the moment is read with the lock held."""
    store = open_store(postgresql_url)
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(0)])
        unit.offers.add([records.offer(0)])
    with store.writing(MERCHANT) as unit:
        found = unit.offers.get(OFFER.id).offer
        first = unit.offers.move(found, found.status, NOON)
        second = unit.offers.move(replace(found, version=first.version), found.status, NOON)
        assert second.at > first.at, "now() would be the same in one transaction"
        assert unit.offers.move(found, found.status, NOON) is None, "it is not as it was read"
    store.close()


def test_a_list_without_a_moment_asks_for_what_is_kept(kept):
    with kept.reading(MERCHANT) as unit:
        assert [each.offer.id for each in unit.offers.page(OfferFilter(status=OFFER.status), None, 10).items]
