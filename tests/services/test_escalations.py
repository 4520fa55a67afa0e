"""Broken clocks are told of, once for each deadline, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count, product

import orjson
import pytest

import records
from compensation_service.decision.policy import Band
from compensation_service.domain.event import EventType
from compensation_service.domain.incident import IncidentStatus, Reopening
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.message import Direction, Message, MessageChannel
from compensation_service.domain.offer import OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.services.escalations import EscalationService
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.incidents import IncidentFilter
from records import MERCHANT, NOON

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
WAITING = {OfferStatus.PENDING_APPROVAL, OfferStatus.COUNTERED}
TAKEN_BACK = {OfferStatus.REJECTED, OfferStatus.WITHDRAWN}
HOURS_OF_ITS_BAND = (1, 12)
"""To acknowledge and to decide, in the band of the incidents here."""
CARRIED_OUT_BY = NOON + 48 * HOUR
TAKEN = {OfferStatus.PART_ACCEPTED, OfferStatus.ACCEPTED}


def service(store, now, most=100):
    numbers = count(1)
    book = PolicyBook(store, lambda: now)
    return EscalationService(store, book, lambda: now, lambda prefix: f"{prefix}_{now:%H%M%S}{next(numbers):05}", most)


def keep(store, *offers):
    """Offers that should have been answered at NOON, each with the status of its incident."""
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, MERCHANT, NOON))
        unit.incidents.add([records.incident(number, status=status) for number, (_, status) in enumerate(offers)])
        unit.offers.add([records.offer(n, respond_by=NOON, status=status) for n, (status, _) in enumerate(offers)])
        unit.events.add([records.event(number) for number in range(len(offers))])


def record(store, *each):
    """Incidents that were reported at NOON, with nothing decided; how each differs from that."""
    undecided = {"status": IncidentStatus.OPEN, "band": None, "severity": None, "reported_at": NOON}
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, MERCHANT, NOON))
        unit.incidents.add([records.incident(n, **{**undecided, **differs}) for n, differs in enumerate(each)])


def promise(store, *each):
    """Offers that were taken at NOON: what each is, and its incident; the first of all was carried out long ago."""
    keep(store, (OfferStatus.FULFILLED, IncidentStatus.CLOSED), *each)
    with store.writing(MERCHANT) as unit:
        for number, (status, _) in enumerate(each, 1):
            offer = unit.offers.get(f"off_{number:07}").offer
            unit.remedies.promise(offer.id, "opt_1")
            unit.offers.confirm_by(offer.id, CARRIED_OUT_BY)
            unit.offers.confirm_by(offer.id, CARRIED_OUT_BY + HOUR)  # more of it is promised later
            assert unit.offers.move(offer, status, NOON, "opt_1")


def confirm(store, number, *statuses):
    """What became of the remedies of an offer that was taken."""
    with store.writing(MERCHANT) as unit:
        for position, status in enumerate(statuses, 1):
            assert unit.remedies.confirm(f"off_{number:07}", "opt_1", position, RemedyStatus.PROMISED, status)


def write_to(store, number, direction, at):
    with store.writing(MERCHANT) as unit:
        message_id = f"msg_{number}{direction}{at:%d%H}"
        written = Message(message_id, f"inc_{number:07}", direction, MessageChannel.EMAIL, "Hello.", "me", at, at)
        unit.file.add(written)


def told(store, number):
    with store.reading(MERCHANT) as unit:
        return [each for each in unit.events.of(f"inc_{number:07}") if each.type is EventType.INCIDENT_ESCALATED]


def clocks(store, number):
    return [orjson.loads(each.payload)["clock"] for each in told(store, number)]


def listed(store):
    """The incidents, first to last."""
    with store.reading(MERCHANT) as unit:
        return unit.incidents.page(IncidentFilter(), None, 100).items[::-1]


def reopen(store, number, again, at, **differs):
    """An incident that is opened again, as it is kept then."""
    incident_id = f"inc_{number:07}"
    with store.writing(MERCHANT) as unit:
        incident = replace(unit.incidents.get(incident_id), status=IncidentStatus.OPEN, reopened=again, **differs)
        assert unit.incidents.change(incident)
        unit.incidents.reopen(Reopening(incident_id, again, None, "key", at))


def test_who_waits_for_the_merchant_is_told_of_once(store):
    every = list(product(OfferStatus, (IncidentStatus.OFFERED, IncidentStatus.OPEN)))
    keep(store, *every)
    waits = [offer in WAITING or (offer in TAKEN_BACK and incident is IncidentStatus.OPEN) for offer, incident in every]
    assert service(store, NOON - HOUR).escalate() == 0
    assert service(store, NOON, most=2).escalate() == sum(waits) == 6
    assert service(store, NOON + HOUR).escalate() == 0
    assert [bool(told(store, number)) for number in range(len(every))] == waits


def test_whoever_tells_it_is_told_once(store):
    keep(store, *[(OfferStatus.PENDING_APPROVAL, IncidentStatus.OFFERED)] * 7)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda number: service(store, NOON + number * HOUR, most=2).escalate(), range(3)))
    assert sum(done) == 7
    assert [len(told(store, number)) for number in range(7)] == [1] * 7


def test_incidents_without_an_offer_are_told_of_once_their_first_answer_is_late(store):
    record(store, {}, {"reported_at": None, "recorded_at": NOON + HOUR}, {"status": IncidentStatus.CLOSED}, {})
    write_to(store, 3, Direction.OUT, NOON + HOUR / 2)
    assert service(store, NOON + HOUR - MOMENT).escalate() == 0
    assert service(store, NOON + HOUR).escalate() == 1
    assert service(store, NOON + 2 * HOUR, most=1).escalate() == 1
    assert service(store, NOON + 3 * HOUR).escalate() == 0
    assert [len(told(store, number)) for number in range(4)] == [1, 1, 0, 0]


def test_incidents_that_were_answered_are_told_of_once_a_decision_is_late_for_every_band(store):
    record(store, {}, {})
    write_to(store, 0, Direction.OUT, NOON)
    write_to(store, 1, Direction.IN, NOON)
    assert service(store, NOON + HOUR).escalate() == 1, "what the customer wrote is no answer"
    assert service(store, NOON + 24 * HOUR - MOMENT).escalate() == 0
    assert service(store, NOON + 24 * HOUR).escalate() == 2
    assert service(store, NOON + 99 * HOUR).escalate() == 0
    assert clocks(store, 0) == ["decide"]
    assert clocks(store, 1) == ["acknowledge", "decide"]


def test_what_is_opened_again_waits_from_then_on(store):
    record(store, {})
    assert service(store, NOON + HOUR).escalate() == 1
    reopen(store, 0, 1, NOON + 50 * HOUR)
    assert service(store, NOON + 51 * HOUR - MOMENT).escalate() == 0
    assert service(store, NOON + 51 * HOUR).escalate() == 1
    assert service(store, NOON + 73 * HOUR).escalate() == 0


def test_what_was_decided_and_is_opened_again_has_the_clocks_of_its_band_anew_each_time(store):
    keep(store, *[(OfferStatus.FULFILLED, IncidentStatus.RESOLVED)] * 2)
    for again, begin in enumerate((NOON + 100 * HOUR, NOON + 200 * HOUR), 1):
        assert service(store, begin).escalate() == 0
        reopen(store, 0, again, begin)
        write_to(store, 0, Direction.IN, begin)
        acknowledge, decide = (timedelta(hours=hours) for hours in HOURS_OF_ITS_BAND)
        assert service(store, begin + acknowledge - MOMENT).escalate() == 0
        assert service(store, begin + acknowledge).escalate() == 1
        assert service(store, begin + decide - MOMENT).escalate() == 0
        assert service(store, begin + decide).escalate() == 1
        assert service(store, begin + 99 * HOUR).escalate() == 0
    assert clocks(store, 0) == ["acknowledge", "decide"] * 2
    assert told(store, 1) == []


@pytest.mark.parametrize("status", OfferStatus)
def test_what_is_decided_anew_waits_from_the_reopening_on(store, status):
    """However long ago it was reported, and whatever was taken back before."""
    keep(store, (OfferStatus.WITHDRAWN, IncidentStatus.CLOSED))
    begin, late = NOON + 100 * HOUR, timedelta(hours=HOURS_OF_ITS_BAND[1])
    reopen(store, 0, 1, begin)
    with store.writing(MERCHANT) as unit:
        unit.offers.add([records.offer(1, incident_id="inc_0000000", respond_by=NOON, status=status, decided_at=begin)])
    assert service(store, begin + late - MOMENT).escalate() == 0
    waits = status in WAITING | TAKEN_BACK
    assert service(store, begin + late).escalate() == waits
    assert service(store, begin + 99 * HOUR).escalate() == 0
    assert clocks(store, 0) == ["decide"] * waits


def test_what_was_promised_and_is_not_confirmed_in_time_is_told_of_once(store):
    promise(store, *product(OfferStatus, IncidentStatus))
    every = list(enumerate(product(OfferStatus, IncidentStatus), 1))
    ours = {n for n, (offer, incident) in every if offer in TAKEN and incident is not IncidentStatus.CLOSED}
    service(store, NOON + 47 * HOUR).escalate()
    assert not any("carry_out" in clocks(store, number) for number, _ in every)
    assert service(store, CARRIED_OUT_BY - MOMENT).escalate() == 0
    assert service(store, CARRIED_OUT_BY, most=2).escalate() == len(ours) == 6
    assert service(store, CARRIED_OUT_BY + 99 * HOUR).escalate() == 0
    assert {number for number, _ in every if "carry_out" in clocks(store, number)} == ours
    assert orjson.loads(told(store, min(ours))[-1].payload)["offer"] == f"off_{min(ours):07}"
    assert listed(store)[min(ours)].escalated_at == CARRIED_OUT_BY


def test_what_somebody_spoke_of_is_not_told_of(store):
    """Not what reached the customer, and not what failed, which was told of then; but what else was promised is."""
    promise(store, *[(OfferStatus.ACCEPTED, IncidentStatus.RESOLVED)] * 3)
    confirm(store, 1, RemedyStatus.FULFILLED, RemedyStatus.FAILED)
    confirm(store, 2, RemedyStatus.FAILED)
    assert service(store, CARRIED_OUT_BY).escalate() == 2
    assert [clocks(store, number) for number in (1, 2, 3)] == [[], ["carry_out"], ["carry_out"]]


def test_shops_that_do_not_confirm_are_not_told_that_nothing_is_confirmed(store):
    """What was offered before they began to is not either."""
    promise(store, *[(OfferStatus.ACCEPTED, IncidentStatus.RESOLVED)] * 3)
    with store.writing(MERCHANT) as unit:
        first = unit.offers.get("off_0000000").offer
        assert unit.offers.move(first, OfferStatus.ACCEPTED, NOON)
    assert service(store, CARRIED_OUT_BY).escalate() == 0
    with store.writing(MERCHANT) as unit:
        assert unit.offers.move(unit.offers.get("off_0000002").offer, OfferStatus.FULFILLED, NOON)
    assert service(store, CARRIED_OUT_BY).escalate() == 1
    assert [clocks(store, number) for number in (1, 2, 3)] == [[], [], ["carry_out"]]


def test_a_promise_is_told_of_by_one_worker(store):
    promise(store, *[(OfferStatus.ACCEPTED, IncidentStatus.RESOLVED)] * 5)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda n: service(store, CARRIED_OUT_BY + n * HOUR, most=2).escalate(), range(3)))
    assert sum(done) == 5
    assert [clocks(store, number) for number in range(1, 6)] == [["carry_out"]] * 5


def test_it_is_kept_when_an_incident_was_told_of_last(store):
    record(store, {}, {})
    write_to(store, 1, Direction.OUT, NOON)
    service(store, NOON + HOUR).escalate()
    assert [each.escalated_at for each in listed(store)] == [NOON + HOUR, None]
    service(store, NOON + 24 * HOUR).escalate()
    assert [each.escalated_at for each in listed(store)] == [NOON + 24 * HOUR] * 2
    assert [each.version for each in listed(store)] == [1, 1], "nobody who edits it is in the way"


def test_an_incident_is_told_of_by_one_worker(store):
    record(store, *[{}] * 7)
    for number in (3, 5, 6):
        reopen(store, number, 1, NOON, band=Band.MODERATE)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda n: service(store, NOON + (n + 1) * HOUR, most=2).escalate(), range(3)))
    assert sum(done) == 7
    assert [len(told(store, number)) for number in range(7)] == [1] * 7
