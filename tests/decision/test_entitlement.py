from dataclasses import replace

import pytest

from compensation_service.decision.facts import Fault, Order, OrderLine, RemedyKind
from compensation_service.decision.reasons import Reason
from decision.cases import an_incident, decided

GONE = an_incident("not_received")


@pytest.mark.parametrize(
    ("order", "owed"),
    [
        (Order("EUR", 10_500, 500), 10_500),
        (Order("EUR", 10_500, 500, refunded=4_000), 6_500),
        (Order("EUR", 10_500, 500, lines=[OrderLine(3_000, 2, affected=True), OrderLine(4_000)]), 6_500),
        (Order("EUR", 5_000, 0, lines=[OrderLine(3_000, 2)]), 5_000),  # a discount: never more than was paid
        (Order("EUR", 10_500, 500, refunded=10_499), 1),
        (Order("EUR", 10_500, 500, refunded=10_500), None),
        (Order("EUR", 10_500, 500, refunded=11_000), None),
    ],
)
def test_what_was_not_had_is_paid_back_with_its_shipping_once(order, owed):
    assert [item.amount for item in decided(GONE, order=order).entitlements] == ([] if owed is None else [owed])


def test_how_it_is_owed():
    redelivery = frozenset({RemedyKind.REDELIVERY, RemedyKind.REPLACEMENT})
    [owed] = decided(replace(GONE, remediable=redelivery), order=Order("EUR", 10_500, 500, refunded=7)).entitlements
    assert (owed.scheme, owed.reference, owed.choice, owed.compensatory) == (
        "restitution",
        "default",
        "customer",
        False,
    )
    assert [remedy.kind for remedy in owed.remedies] == ["replacement", "redelivery", "full_refund"]
    assert owed.currency == "EUR"
    assert owed.reason == Reason("restitution", {"refunded": 7, "shipping": 500})
    assert (owed.outputs, owed.needs, owed.due_by) == ({}, (), None)


def test_not_for_what_is_kept_nor_for_the_customer_s_own_fault():
    assert decided().entitlements == ()
    assert decided(replace(GONE, fault=Fault.CUSTOMER)).entitlements == ()
