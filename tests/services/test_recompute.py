"""Deciding again what is stored: the same, or exactly what differs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest

from compensation_service.clock import random_id
from compensation_service.decision.facts import Customer, Facts, Fault, Incident, Order
from compensation_service.domain.api_key import Role
from compensation_service.domain.errors import NotFound
from compensation_service.policies.load import default_policy, default_text, load_policy
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.keys import KeyService
from compensation_service.services.offers import Desk, OfferRequest, OfferService, make_offers
from compensation_service.services.policies import Author, PolicyService
from compensation_service.services.policy_book import PolicyBook
from compensation_service.services.recompute import recompute
from records import MERCHANT

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
GENEROUS = default_text().replace("share_max: 0.30", "share_max: 0.35", 1)


class Shop:
    """A merchant that makes offers, with a clock that is moved by hand."""

    def __init__(self, store):
        self.store, self.now = store, NOW
        self.book = PolicyBook(store, lambda: self.now)
        self.desk = Desk(
            self.book,
            lambda: self.now,
            iter_ids(),
            "https://offers.example",
            CustomerLinks("secret", "https://offers.example"),
            bytes,
        )
        self.key, _ = KeyService(store, lambda: NOW, bytes).create(MERCHANT, "key", Role.SERVICE, frozenset())
        self.offers = OfferService(store, None, self.desk)
        self.policies = PolicyService(store, self.book, lambda: self.now, random_id)

    def offer(self, reference):
        incident = Incident("late_delivery", reference, delay_hours=Decimal(72), fault=Fault.COMPANY)
        facts = Facts(incident, Customer("C-1"), self.now, Order("EUR", 10_000, reference=reference))
        request = OfferRequest(facts, None, "bg", self.key.id)
        with self.store.writing(MERCHANT) as unit:
            (answer,) = make_offers(unit, [request], self.desk)
        return orjson.loads(answer.body)

    def stored(self, offer_id):
        with self.store.reading(MERCHANT) as unit:
            return unit.offers.get(offer_id).offer


def iter_ids():
    numbers = iter(range(1, 1000))
    return lambda prefix: f"{prefix}_{next(numbers):08}"


@pytest.fixture
def shop(store):
    return Shop(store)


def test_each_offer_is_decided_again_by_the_version_that_decided_it(shop):
    before = shop.offer("ZD-1")
    shop.policies.create(MERCHANT, GENEROUS, Author("anna"))
    shop.now += timedelta(hours=1)
    shop.policies.activate(MERCHANT, 2, Author("boris"))
    after = shop.offer("ZD-2")
    assert [made["policy"] for made in (before, after)] == [
        {"name": "default", "version": 1},
        {"name": "default", "version": 2},
    ]
    assert before["goodwill"]["amount"]["amount"] < after["goodwill"]["amount"]["amount"]
    for made in (before, after):
        assert shop.offers.recompute(MERCHANT, made["id"]) == {
            "offer": made["id"],
            "policy": made["policy"],
            "same": True,
            "differences": [],
            "reworded": False,
        }


def test_exactly_what_differs_is_told(shop):
    stored = shop.stored(shop.offer("ZD-1")["id"])
    document = orjson.loads(stored.document)
    document["goodwill"]["amount"]["amount"] = 1500
    document["options"][0]["remedies"][0]["kind"] = "gift"
    document["options"][0]["text"] = "otherwise"
    found = recompute(replace(stored, document=orjson.dumps(document).decode()), default_policy())
    assert not found["same"]
    assert found["reworded"]
    assert found["differences"] == [
        {"field": "/goodwill/amount/amount", "old": 1500, "new": 1450},
        {"field": "/options/0/remedies/0/kind", "old": "gift", "new": "apology"},
    ]


def test_other_words_alone_are_the_same_decision(shop):
    stored = shop.stored(shop.offer("ZD-1")["id"])
    found = recompute(replace(stored, language="ru"), default_policy())
    assert (found["same"], found["reworded"]) == (True, True)


def test_what_later_releases_add_is_no_difference(shop):
    stored = shop.stored(shop.offer("ZD-1")["id"])
    document = orjson.loads(stored.document)
    del document["guards"]
    assert recompute(replace(stored, document=orjson.dumps(document).decode()), default_policy())["same"]


def test_a_policy_that_cannot_decide_it_differs(shop):
    stored = shop.stored(shop.offer("ZD-1")["id"])
    text = default_text()
    start, end = text.index("  EUR:"), text.index("  USD:")
    found = recompute(stored, load_policy(text[:start] + text[end:]))
    assert found["differences"] == [{"field": "", "old": "decided", "new": "currency_without_reference"}]


def test_another_merchants_offer_is_not_there(shop):
    made = shop.offer("ZD-1")
    with pytest.raises(NotFound):
        shop.offers.recompute("other", made["id"])
