"""What a decision looks back on."""

from dataclasses import replace
from datetime import timedelta

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.domain.offer import GAVE_NOTHING, OfferStatus
from compensation_service.domain.remedy import Option, Remedy, RemedyStatus
from compensation_service.store.history import CustomerPast, OrderPast, PastIncident, PastOffer
from compensation_service.store.offers import NewOffer
from records import MERCHANT, NOON, OPTION, incident, offer, store_offers

YEAR = timedelta(days=365)


def test_a_customer_without_a_past_has_an_empty_one(store):
    with store.reading(MERCHANT) as unit:
        assert unit.history.of({"nobody": NOON - YEAR}) == {"nobody": CustomerPast()}
        assert unit.history.of({}) == {}
        assert unit.history.orders([]) == {}


def test_incidents_come_with_their_offers_oldest_first_and_others_stay_out(store):
    with store.writing(MERCHANT) as unit:
        store_offers(unit, 1, 2)
        unit.incidents.add(
            [
                incident(4, customer_reference="customer-1", category="rude_staff", verified=False),
                incident(3, customer_reference="customer-1", recorded_at=NOON - 2 * YEAR),
            ]
        )
    with store.reading(MERCHANT) as unit:
        past = unit.history.of({"customer-1": NOON - YEAR})["customer-1"]
    made = PastOffer("off_0000001", NOON, OfferStatus.OPEN, "EUR", 1450, (RemedyKind.STORE_CREDIT, RemedyKind.APOLOGY))
    first, second = past.incidents
    assert first == PastIncident(
        id="inc_0000001",
        reference="ZD-1",
        category="late_delivery",
        occurred_at=NOON - timedelta(days=1),
        verified=True,
        fault=Fault.COMPANY,
        recovery_failed=False,
        offers=(made,),
    )
    assert (second.id, second.category, second.verified, second.offers) == ("inc_0000004", "rude_staff", False, ())


def test_the_remedies_are_those_chosen_or_those_of_the_default_option(store):
    chosen = Option("opt_2", 1450, 1450, (Remedy(RemedyKind.PARTIAL_REFUND, 1450, 1450, status=RemedyStatus.FAILED),))
    with store.writing(MERCHANT) as unit:
        unit.incidents.add([incident(1)])
        unit.offers.add([NewOffer(offer(1, status=OfferStatus.ACCEPTED).offer, (OPTION, chosen))])
    with store.reading(MERCHANT) as unit:
        (past,) = unit.history.of({"customer-1": NOON - YEAR})["customer-1"].incidents
    assert past.offers[0].remedies == (RemedyKind.PARTIAL_REFUND,)
    assert past.recovery_failed


def test_the_goodwill_of_an_order_counts_what_was_not_taken_back(store):
    with store.writing(MERCHANT) as unit:
        for number, status in enumerate(OfferStatus):
            unit.incidents.add([incident(number, order_reference="order-1")])
            unit.offers.add([offer(number, status=status, goodwill_minor=2**number)])
        unit.incidents.add([incident(50, order_reference="order-1", currency="USD"), incident(51)])
        unit.offers.add([offer(50, currency="USD", goodwill_minor=7), offer(51)])
    counted = sum(2**number for number, status in enumerate(OfferStatus) if status not in GAVE_NOTHING)
    with store.reading(MERCHANT) as unit:
        given = unit.history.orders(["order-1", "order-2"])
    assert given == {("order-1", "EUR"): OrderPast(counted), ("order-1", "USD"): OrderPast(7)}


def test_the_money_back_of_an_order_is_that_chosen_or_the_most_that_can_be(store):
    def option(name: str, status: RemedyStatus | None = None, *values: int) -> Option:
        return Option(
            name, 0, 0, tuple(Remedy(RemedyKind.PARTIAL_REFUND, value, value, None, status) for value in values)
        )

    help_ = Option("opt_3", 0, 0, (Remedy(RemedyKind.REPLACEMENT, 500, 350, None, RemedyStatus.PROMISED),))
    made = {
        (OfferStatus.OPEN, 1): (option("opt_1", None, 1, 2), option("opt_2", None, 10)),
        (OfferStatus.ACCEPTED, 2): (option("opt_1", RemedyStatus.PROMISED, 100), option("opt_2", None, 1000)),
        (OfferStatus.FULFILLED, 3): (option("opt_1", None, 10_000), help_),
        (OfferStatus.DECLINED, 4): (option("opt_1", None, 100_000),),
    }
    with store.writing(MERCHANT) as unit:
        for (status, number), options in made.items():
            unit.incidents.add([incident(number, order_reference="order-1")])
            unit.offers.add([NewOffer(offer(number, status=status, goodwill_minor=0).offer, options)])
    with store.reading(MERCHANT) as unit:
        assert unit.history.orders(["order-1"]) == {("order-1", "EUR"): OrderPast(0, 10 + 100)}


def test_an_incident_is_found_by_its_reference_with_its_live_offer(store):
    with store.writing(MERCHANT) as unit:
        store_offers(unit, 1, 2)
        unit.incidents.add([incident(3)])
        unit.offers.add([offer(3, status=OfferStatus.SUPERSEDED)])
        unit.offers.add([NewOffer(replace(offer(4).offer, incident_id="inc_0000003"), (OPTION,))])
    with store.reading(MERCHANT) as unit:
        found = unit.incidents.by_reference(["ZD-1", "ZD-3", "ZD-9"])
        assert found == {
            "ZD-1": (incident(1), offer(1).offer),
            "ZD-3": (incident(3), replace(offer(4).offer, incident_id="inc_0000003")),
        }
        assert unit.offers.options("off_0000001") == (OPTION,)
        assert unit.incidents.get("inc_0000009") is None
        assert unit.offers.get("off_0000009") is None
