"""What happens by itself when the time of an offer has run out, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count

import orjson
import pytest

import records
from compensation_service.domain.errors import Unavailable
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.services.due import DueService, Settled
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.store.offers import OfferFilter
from records import MERCHANT, NOON

PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC)
NOW = NOON
OTHER = "umbrella"
WAITING = {OfferStatus.PENDING_APPROVAL, OfferStatus.PART_ACCEPTED, OfferStatus.OPEN, OfferStatus.COUNTERED}


def services(store, now=NOW, most=100):
    numbers = count(1)
    moves = OfferMoveService(store, lambda: now, lambda prefix: f"{prefix}_new{next(numbers):05}")
    return DueService(store, moves, lambda: now, most)


def keep(store, *offers, merchant=MERCHANT):
    with store.writing(merchant) as unit:
        unit.merchants.add(Merchant(merchant, merchant, NOON))
        unit.incidents.add([records.incident(number, merchant) for number in range(len(offers))])
        unit.offers.add([records.offer(number, merchant, **changes) for number, changes in enumerate(offers)])
        unit.events.add([records.event(number) for number in range(len(offers))])


def found(store, number, merchant=MERCHANT):
    with store.reading(merchant) as unit:
        return unit.offers.get(f"off_{number:07}")


def told(store, number):
    with store.reading(MERCHANT) as unit:
        return [
            (event.sequence, event.type, orjson.loads(event.payload)) for event in unit.events.of(f"inc_{number:07}")
        ]


@pytest.mark.parametrize("stands", [True, False])
@pytest.mark.parametrize("status", OfferStatus)
def test_every_status_when_the_time_runs_out(store, status, stands):
    """Only what waits for somebody runs out: the default stands where nothing else was asked for.

    What was taken stays; the goodwill that waited for approval does not come.
    """
    changes = {"status": status, "default_stands": stands}
    keep(store, {**changes, "expires_at": PAST}, {**changes, "expires_at": FUTURE})
    waits = status in WAITING
    accepted = status is OfferStatus.PART_ACCEPTED or (stands and status is OfferStatus.OPEN)
    assert services(store).settle() == Settled(int(waits and not accepted), int(accepted), 0)
    after = found(store, 0).offer
    assert (after.status, after.version) == (
        (OfferStatus.ACCEPTED if accepted else OfferStatus.EXPIRED, 2) if waits else (status, 1)
    )
    assert found(store, 1).offer.status is status
    assert services(store).settle() == Settled(0, 0, 0)


def test_a_default_that_stands_is_promised_by_default(store):
    keep(store, {"expires_at": PAST, "default_stands": True}, {"expires_at": PAST})
    services(store).settle()
    accepted, expired = found(store, 0), found(store, 1)
    assert (accepted.offer.chosen_option, accepted.incident.status) == ("opt_1", "resolved")
    assert (expired.offer.chosen_option, expired.incident.status) == (None, "open")
    with store.reading(MERCHANT) as unit:
        moves = unit.moves.of([accepted.offer.id, expired.offer.id])
        promised = unit.remedies.of([accepted.offer.id, expired.offer.id])
    assert [(move.action, move.by) for move in moves[accepted.offer.id]] == [("accept", "default")]
    assert [(move.action, move.by) for move in moves[expired.offer.id]] == [("expire", "clock")]
    assert list(promised) == [accepted.offer.id]
    sequence, what, payload = told(store, 0)[1]
    assert (sequence, what, payload["by"], payload["option"]) == (2, "offer.accepted", "default", "opt_1")
    assert told(store, 1)[-1][1] == "offer.expired"


def test_what_is_owed_stands_though_nobody_judged_the_goodwill(store):
    """A promise that was published is kept; only what nobody agreed to is not."""
    waits = {"status": OfferStatus.PENDING_APPROVAL, "owed_remedies": 1}
    keep(store, {**waits, "expires_at": PAST, "default_stands": True}, {**waits, "expires_at": PAST})
    with store.reading(MERCHANT) as unit:
        late = [unit.offers.get(f"off_{n:07}").offer.status_at(NOW) for n in (0, 1)]
        listed = [len(unit.offers.page(OfferFilter(status=each, at=NOW), None, 9).items) for each in late]
    assert (late, listed) == (["pending_approval", "expired"], [1, 1])
    assert services(store).settle() == Settled(1, 1, 0)
    kept = found(store, 0)
    assert (kept.offer.status, kept.offer.goodwill_minor, kept.incident.status) == ("accepted", 0, "resolved")
    with store.reading(MERCHANT) as unit:
        assert unit.remedies.of([kept.offer.id])[kept.offer.id] == {1: RemedyStatus.PROMISED}
        moves = unit.moves.of([kept.offer.id])[kept.offer.id]
    assert [(move.action, move.by) for move in moves] == [("accept", "default"), ("expire", "clock")]


def test_every_merchant_has_its_turn_and_its_own_rows(store):
    keep(store, {"expires_at": PAST})
    keep(store, {"expires_at": PAST}, {"expires_at": FUTURE}, merchant=OTHER)
    assert services(store).settle() == Settled(2, 0, 0)
    assert [found(store, n, OTHER).offer.status for n in (0, 1)] == ["expired", "open"]


def test_more_than_one_look_up_is_settled(store):
    keep(store, *[{"expires_at": PAST}] * 5)
    assert services(store, most=2).settle() == Settled(5, 0, 0)


def test_an_offer_that_cannot_be_settled_holds_up_no_other(store):
    keep(store, {"expires_at": PAST, "default_stands": True, "default_option": "opt_9"}, {"expires_at": PAST})
    assert services(store).settle() == Settled(1, 0, 1)
    assert [found(store, n).offer.status for n in (0, 1)] == ["open", "expired"]


def test_the_databases_clock_decides_where_it_has_one(store, dialect):
    """A worker whose clock runs ahead by a century settles nothing early on PostgreSQL."""
    keep(store, {"expires_at": FUTURE})
    ahead = services(store, now=FUTURE)
    assert ahead.settle() == Settled(1 if dialect == "sqlite" else 0, 0, 0)


def test_many_workers_settle_an_offer_once(store):
    keep(store, *[{"expires_at": PAST, "default_stands": number % 2 == 0} for number in range(6)])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda worker: settle_all(store, worker), range(4)))
    for number in range(6):
        of_offers = [what for _, what, _ in told(store, number) if what.startswith("offer.")]
        assert of_offers == ["offer.created", "offer.expired" if number % 2 else "offer.accepted"]


def settle_all(store, worker):
    """Settle with ids of its own; a worker that finds the database busy comes back, as the next run of it would."""
    numbers = count(1)
    moves = OfferMoveService(store, lambda: NOW, lambda prefix: f"{prefix}_w{worker}_{next(numbers):05}")
    while True:
        try:
            return DueService(store, moves, lambda: NOW).settle()
        except Unavailable:
            continue
