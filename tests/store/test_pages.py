"""Lists: filters, order, and pages that stay put while rows are added."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from compensation_service.decision.policy import Band
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.offers import OfferFilter
from records import MERCHANT, NOON, incident, offer, store_offers

FRESH = (f"merchant-{number}" for number in count())


# Without shrinking: each try costs a dozen commits, and the rows are few enough to read.
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.permutations(range(9)), st.integers(0, 9), st.integers(1, 4), st.integers(0, 2))
def test_each_row_is_shown_exactly_once_while_others_are_added(store, order, rows, limit, added):
    """Rows that were there at the beginning, written in any order; newer ones come in between the pages."""
    merchant = next(FRESH)
    newest = rows
    with store.writing(merchant) as unit:
        store_offers(unit, *(number for number in order if number < rows))
    seen: list[str] = []
    after = None
    for _ in range(20):
        with store.reading(merchant) as unit:
            page = unit.offers.page(OfferFilter(), after, limit)
        seen += [item.offer.id for item in page.items]
        after = page.next_after
        if after is None:
            break
        assert len(page.items) == limit
        with store.writing(merchant) as unit:
            store_offers(unit, *range(newest, newest + added))
        newest += added
    assert seen == [f"off_{number:07}" for number in reversed(range(rows))]


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_page_has_bounds(store, limit):
    with store.reading(MERCHANT) as unit, pytest.raises(ValueError, match="1 to 100"):
        unit.offers.page(OfferFilter(), None, limit)


INCIDENTS = [
    (IncidentFilter(), [1, 2, 3]),
    (IncidentFilter(status=IncidentStatus.CLOSED), [2]),
    (IncidentFilter(customer="customer-3"), [3]),
    (IncidentFilter(order="order-1"), [1]),
    (IncidentFilter(category="rude_staff"), [2]),
    (IncidentFilter(band=Band.CRITICAL), [3]),
    (IncidentFilter(verified=False), [2]),
    (IncidentFilter(verified=True), [1, 3]),
    (IncidentFilter(group="storm"), [3]),
    (IncidentFilter(reference="ZD-2"), [2]),
    (IncidentFilter(escalated=True), [2]),
    (IncidentFilter(escalated=False), [1, 3]),
    (IncidentFilter(occurred_from=NOON), [3]),
    (IncidentFilter(occurred_before=NOON), [1, 2]),
    (IncidentFilter(category="rude_staff", verified=True), []),
]
OFFERS = [
    (OfferFilter(), [1, 2, 3]),
    (OfferFilter(status=OfferStatus.EXPIRED), [2]),
    (OfferFilter(customer="customer-3"), [3]),
    (OfferFilter(order="order-1"), [1]),
    (OfferFilter(category="rude_staff"), [2]),
    (OfferFilter(band=Band.CRITICAL), [3]),
    (OfferFilter(currency="JPY"), [3]),
    (OfferFilter(incident="inc_0000002"), [2]),
    (OfferFilter(decided_from=NOON), [1, 2]),
    (OfferFilter(decided_before=NOON), [3]),
    (OfferFilter(decided_from=NOON - timedelta(days=1), decided_before=NOON), [3]),
]


@pytest.fixture
def filled(store):
    with store.writing(MERCHANT) as unit:
        unit.incidents.add(
            [
                incident(1),
                incident(2, status=IncidentStatus.CLOSED, category="rude_staff", verified=False, escalated_at=NOON),
                incident(3, band=Band.CRITICAL, group="storm", occurred_at=NOON),
            ]
        )
        unit.offers.add(
            [
                offer(1),
                offer(2, status=OfferStatus.EXPIRED),
                offer(3, currency="JPY", decided_at=NOON - timedelta(days=1)),
            ]
        )
    with store.writing("umbrella") as unit:
        store_offers(unit, 1, 2, 3)
    return store


def test_filters_of_incidents(filled):
    with filled.reading(MERCHANT) as unit:
        for wanted, numbers in INCIDENTS:
            page = unit.incidents.page(wanted, None, 100)
            assert [item.id for item in page.items] == [f"inc_{n:07}" for n in reversed(numbers)], wanted
            assert {item.merchant_id for item in page.items} <= {MERCHANT}


def test_filters_of_offers(filled):
    with filled.reading(MERCHANT) as unit:
        for wanted, numbers in OFFERS:
            page = unit.offers.page(wanted, None, 100)
            assert [item.offer.id for item in page.items] == [f"off_{n:07}" for n in reversed(numbers)], wanted
            assert all(item.incident.id == item.offer.incident_id for item in page.items)
            assert {item.incident.merchant_id for item in page.items} <= {MERCHANT}
