"""Limits that are counted over a customer and an order, where several offers are made or judged at the same time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier

import pytest

import records
from compensation_service.clock import random_id
from compensation_service.decision.facts import Customer, Facts, Fault, Incident, Order
from compensation_service.decision.policy import Role
from compensation_service.domain.errors import Unavailable
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferStatus
from compensation_service.policies.load import default_policy
from compensation_service.services.approvals import Given, authority_for
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.new_offers import Desk
from compensation_service.services.offers import OfferRequest, make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.failures import Contended, Taken
from compensation_service.store.offers import OfferFilter
from records import MERCHANT

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEY = "abcdefgh2345"
V = 10_000
AT_ONCE = 16


@pytest.fixture
def desk(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOW))
        unit.api_keys.add(records.api_key(KEY))
    base = "https://offers.example"
    return Desk(PolicyBook(store, lambda: NOW), lambda: NOW, random_id, base, CustomerLinks("secret", base), bytes)


def late(number, order):
    """Two days late, an order of 400.00 euro."""
    incident = Incident("late_delivery", f"ZD-{number}", delay_hours=Decimal(48), fault=Fault.COMPANY)
    facts = Facts(incident, Customer("C-1"), NOW, Order("EUR", 40_000, reference=order))
    return OfferRequest(facts, None, "en", KEY)


def made_at_once(store, desk, requests):
    """Make all offers at the same moment, each in a transaction of its own; what was made, first to last."""
    barrier = Barrier(len(requests))

    def one(request):
        barrier.wait()
        while True:
            try:
                with store.writing(MERCHANT) as unit:
                    return make_offers(unit, [request], desk)
            except (Unavailable, Contended, Taken):
                continue

    with ThreadPoolExecutor(len(requests)) as pool:
        list(pool.map(one, requests))
    with store.reading(MERCHANT) as unit:
        return sorted(
            (each.offer for each in unit.offers.page(OfferFilter(), None, 100).items), key=lambda offer: offer.version
        )


def test_offers_at_once_do_not_pass_the_cap_of_a_customer_together(store, desk):
    """Whichever comes first: what nobody was asked about is two V in 12 months at most, all together."""
    offers = made_at_once(store, desk, [late(number, f"order-{number}") for number in range(AT_ONCE)])
    assert len(offers) == AT_ONCE
    unasked = [offer.goodwill_minor for offer in offers if offer.status is OfferStatus.OPEN]
    assert sum(offer.goodwill_minor for offer in offers) > 2 * V, "it would have been more"
    assert max(unasked) < sum(unasked) <= 2 * V
    assert {offer.approval_role for offer in offers if offer.status is OfferStatus.PENDING_APPROVAL} == {Role.MANAGER}


def test_offers_at_once_do_not_pass_the_automatic_limit_of_an_order_together(store, desk):
    """T-SPLIT: an order in pieces gets no more unasked than in one piece, which is half a V."""
    offers = made_at_once(store, desk, [late(number, "one-order") for number in range(6)])
    unasked = [offer.goodwill_minor for offer in offers if offer.status is OfferStatus.OPEN]
    assert 0 < sum(unasked) <= V // 2 < sum(offer.goodwill_minor for offer in offers)
    assert sum(offer.goodwill_minor for offer in offers) <= V


@pytest.mark.parametrize(
    ("goodwill", "customer", "order", "role"),
    [
        (0, 0, 0, Role.AGENT),
        (V, 0, 0, Role.AGENT),
        (V + 1, 0, 0, Role.LEAD),
        (2 * V, 0, 0, Role.LEAD),
        (2 * V + 1, 0, 0, Role.MANAGER),
        (1, 0, V - 1, Role.AGENT),
        (1, 0, V, Role.LEAD),
        (V // 2, V + V // 2, 0, Role.AGENT),
        (V // 2, V + V // 2 + 1, 0, Role.MANAGER),
    ],
)
def test_the_least_role_that_may_give_so_much(goodwill, customer, order, role):
    assert authority_for(default_policy(), "EUR", goodwill, Given(customer, order)) is role


def test_the_limits_are_those_of_the_policy():
    policy = default_policy()
    strict = replace(policy, approval=replace(policy.approval, limits=[(Role.AGENT, Decimal(0)), (Role.MANAGER, None)]))
    assert authority_for(strict, "EUR", 1, Given(0, 0)) is Role.MANAGER
