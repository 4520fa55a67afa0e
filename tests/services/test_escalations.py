"""Broken clocks are told of, once for each deadline, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count, product

import records
from compensation_service.domain.event import EventType
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.escalations import EscalationService
from records import MERCHANT, NOON

HOUR = timedelta(hours=1)
WAITING = {OfferStatus.PENDING_APPROVAL, OfferStatus.COUNTERED}
TAKEN_BACK = {OfferStatus.REJECTED, OfferStatus.WITHDRAWN}


def service(store, now, most=100):
    numbers = count(1)
    return EscalationService(store, lambda: now, lambda prefix: f"{prefix}_{now:%H%M%S}{next(numbers):05}", most)


def keep(store, *offers):
    """Offers that should have been answered at NOON, each with the status of its incident."""
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, MERCHANT, NOON))
        unit.incidents.add([records.incident(number, status=status) for number, (_, status) in enumerate(offers)])
        unit.offers.add([records.offer(n, respond_by=NOON, status=status) for n, (status, _) in enumerate(offers)])
        unit.events.add([records.event(number) for number in range(len(offers))])


def told(store, number):
    with store.reading(MERCHANT) as unit:
        return [each for each in unit.events.of(f"inc_{number:07}") if each.type is EventType.INCIDENT_ESCALATED]


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
