"""Checkpoints: each chain that went on comes under one, once, whoever makes them and whatever breaks off."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import records
from compensation_service.domain.merchant import Merchant
from compensation_service.services.checkpoints import LATE_MOST, PAUSE, CheckpointService, Signer, is_signed
from forgery import connected
from records import MERCHANT, NOON, event, store_offers

SIGNER = Signer("a secret of this test")


def service(store, now=NOON):
    return CheckpointService(store, lambda: now, SIGNER)


@pytest.fixture
def kept(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        store_offers(unit, *range(3))
    return store


def go_on(store, number):
    """Let something happen to an incident."""
    with store.writing(MERCHANT) as unit:
        last = unit.events.last(f"inc_{number:07}")
        unit.events.add([event(number, last=last)])


def test_a_checkpoint_counts_and_follows_and_is_signed(kept):
    (first,) = service(kept).seal(MERCHANT)
    assert (first.number, first.events, first.incidents, first.heads) == (1, 3, 3, 3)
    go_on(kept, 1)
    (second,) = service(kept).seal(MERCHANT)
    assert (second.number, second.events, second.incidents, second.heads) == (2, 4, 3, 1)
    assert second.previous == first.digest(MERCHANT)
    assert is_signed(first, MERCHANT)
    assert is_signed(second, MERCHANT)
    assert not is_signed(second, "umbrella")
    assert service(kept).seal(MERCHANT) == []


def test_the_key_follows_from_the_secret_alone():
    assert Signer("one").public_key == Signer("one").public_key != Signer("other").public_key


def test_there_is_a_pause_between_rounds(kept):
    assert service(kept).seal_all() == 1
    go_on(kept, 1)
    assert service(kept, NOON + PAUSE - timedelta(seconds=1)).seal_all() == 0
    assert service(kept, NOON + PAUSE).seal_all() == 1


def test_a_round_of_many_chains_takes_several(kept):
    made = CheckpointService(kept, lambda: NOON, SIGNER, most=2).seal(MERCHANT)
    assert [each.heads for each in made] == [2, 1]
    assert [each.newest for each in made] == ["", "evt_0000002_1"], "what is not looked at yet is looked at again"


def test_what_comes_late_is_found_by_who_looks_at_everything(kept):
    assert len(service(kept).seal(MERCHANT)) == 1
    with kept.writing(MERCHANT) as unit:
        unit.incidents.add([records.incident(7)])
        late = records.event(7)
        unit.events.add([type(late)("evt_00", *[getattr(late, name) for name in late.__slots__[1:]])])
    soon, later = NOON + PAUSE, NOON + LATE_MOST
    assert service(kept, later).seal(MERCHANT) == []
    assert len(service(kept, soon).seal(MERCHANT)) == 1
    assert service(kept, later).seal(MERCHANT, everything=True) == []


def test_many_workers_make_each_checkpoint_once(kept):
    with ThreadPoolExecutor(8) as threads:
        made = [each for found in threads.map(lambda _: service(kept).seal(MERCHANT), range(8)) for each in found]
    assert Counter(each.number for each in made) == {1: 1}


def test_the_database_refuses_to_change_what_lasts(kept, database_url):
    service(kept).seal(MERCHANT)
    for table in ("events", "checkpoints", "checkpoint_heads"):
        for change in (f"UPDATE {table} SET merchant_id = merchant_id", f"DELETE FROM {table}"):
            with connected(database_url) as connection, pytest.raises(IntegrityError, match="never changed"):
                connection.execute(text(change))
