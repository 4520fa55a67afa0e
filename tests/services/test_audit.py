"""Whoever owns the database can falsify it, and `verify` finds what they did and where."""

from random import Random

import pytest

import databases
import webapp
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.store import open_store
from forgery import KINDS, TIMES, forging, seal, verified
from lifecycle import offer_in

STATUSES = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.COUNTERED, OfferStatus.WITHDRAWN, OfferStatus.OPEN)


def live(web):
    """Offers in several statuses, one of them with a promise that was kept."""
    ids = [offer_in(web, status) for status in STATUSES]
    kept = web.post(f"/offers/{ids[0]}/remedies/1/fulfilled", {})
    assert kept.status_code == 200, kept.text
    return ids


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(request, tmp_path_factory):
    """A database with a history under two checkpoints; its URL, and the store on it."""
    folder = tmp_path_factory.mktemp("audit")
    made = databases.fresh_sqlite(folder) if request.param == "sqlite" else databases.fresh_postgresql()
    with made as url:
        store = open_store(url)
        with webapp.running(url) as web:
            live(web)
            seal(store, 1)
            live(web)
            seal(store, 2)
        yield url, store
        store.close()


def test_what_nobody_falsified_is_found_in_order(kept):
    _, store = kept
    found, count = verified(store)
    assert found == []
    assert (count.incidents, count.offers, count.erased, count.checkpoints) == (10, 10, 0, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_forgery_is_found_and_named(kept, kind):
    url, store = kept
    chance = Random(kind)
    with forging(url) as forger:
        for number in range(TIMES):
            forge = KINDS[kind][number % len(KINDS[kind])]
            place = forge(forger, chance)
            forger.commit()
            found, _ = verified(store)
            forger.undo()
            assert any(place in finding.place for finding in found), f"{forge.__name__} of {place}: {found}"
        assert verified(store)[0] == []
