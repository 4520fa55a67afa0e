"""An offer in the place of another while others move the old one, and what budgets hold of both, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import Barrier

import orjson
import pytest

import records
from compensation_service.clock import random_id
from compensation_service.decision.facts import Customer, Facts, Fault, Incident, Order
from compensation_service.domain.api_key import Role
from compensation_service.domain.budget import Budget
from compensation_service.domain.errors import BudgetExhausted, IllegalMove, Unavailable
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferAction, OfferStatus
from compensation_service.domain.offer_move import AskedMove
from compensation_service.domain.override import Override
from compensation_service.services.audit import AuditService, Count, Trust
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.new_offers import Desk
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offers import OfferRequest, make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.services.replacements import ReplacementService
from compensation_service.store.offers import OfferFilter
from records import MERCHANT

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = "abcdefgh2345"
BASE = "https://offers.example"
BUDGET = Budget("bud_1", MERCHANT, "all", "EUR", None, NOW, NOW + timedelta(days=30), 10_000, 0, NOW, "x", NOW, "x")
_numbers = count()


@pytest.fixture
def desk(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOW))
        unit.api_keys.add(records.api_key(KEY, role=Role.MANAGER))
        unit.budgets.add(BUDGET)
    return Desk(PolicyBook(store, lambda: NOW), lambda: NOW, random_id, BASE, CustomerLinks("secret", BASE), bytes)


LATE = {"category": "late_delivery", "delay_hours": Decimal(72)}
UNSAFE = {"category": "defective_item", "grade": "unsafe"}


def made(store, desk, trouble=LATE):
    """The id of a new offer; late, it is 14.50 euro and costs 14.50 at most."""
    number = next(_numbers)
    incident = Incident(reference=f"ZD-{number}", fault=Fault.COMPANY, **trouble)
    facts = Facts(incident, Customer(f"C-{number}"), NOW, Order("EUR", 10_000, reference=f"order-{number}"))
    with store.writing(MERCHANT) as unit:
        (answer,) = make_offers(unit, [OfferRequest(facts, None, "en", KEY)], desk)
    return orjson.loads(answer.body)["id"]


def services(store, desk):
    moves = OfferMoveService(store, desk.clock, desk.ids, desk.book)
    return moves, ReplacementService(store, desk, moves)


def budget(store):
    with store.reading(MERCHANT) as unit:
        found = unit.budgets.get(BUDGET.id)
    return found.reserved_minor, found.spent_minor


def test_a_reservation_goes_with_the_offer_that_has_it(store, desk):
    _, replacements = services(store, desk)
    offer_id = made(store, desk)
    assert budget(store) == (1450, 0)
    answer = replacements.override(MERCHANT, offer_id, Override("More.", goodwill_minor=9_000), KEY)
    new = orjson.loads(answer.body)
    cost = max(option["cost"]["amount"] for option in new["options"])
    assert budget(store) == (cost, 0)
    moves, _ = services(store, desk)
    moves.move(MERCHANT, new["id"], AskedMove(OfferAction.DECLINE), KEY)
    assert budget(store) == (0, 0)


def test_a_person_cannot_give_what_the_budget_has_not(store, desk):
    _, replacements = services(store, desk)
    offer_id = made(store, desk)
    with pytest.raises(BudgetExhausted):
        replacements.override(MERCHANT, offer_id, Override("All.", goodwill_minor=10_500), KEY)
    with store.reading(MERCHANT) as unit:
        assert unit.offers.get(offer_id).offer.status is OfferStatus.OPEN
    assert budget(store) == (1450, 0)
    assert replacements.override(MERCHANT, offer_id, Override("Help.", goodwill_minor=0), KEY).status_code == 201
    assert budget(store) == (0, 0)


def test_of_acceptance_and_override_at_once_one_wins(store, desk):
    """Whoever is first: the other is told how the offer stands, and nothing is reserved or spent twice."""
    moves, replacements = services(store, desk)
    offer_id, barrier = made(store, desk), Barrier(12)

    def one(number):
        barrier.wait()
        while True:
            try:
                if number % 2:
                    replacements.override(MERCHANT, offer_id, Override("More.", goodwill_minor=3_000), KEY)
                    return "superseded"
                moves.move(MERCHANT, offer_id, AskedMove(OfferAction.ACCEPT), KEY)
            except IllegalMove as refused:
                return refused.status
            except Unavailable:
                continue
            return "accepted"

    with ThreadPoolExecutor(12) as pool:
        (outcome,) = set(pool.map(one, range(12)))
    with store.reading(MERCHANT) as unit:
        offers = unit.offers.page(OfferFilter(), None, 10).items
        statuses = sorted(each.offer.status for each in offers)
        told = [event.sequence for event in unit.events.of(offers[0].incident.id)]
    assert statuses == (["accepted"] if outcome == "accepted" else ["open", "superseded"])
    assert told == list(range(1, len(told) + 1))
    reserved, spent = budget(store)
    assert bool(spent) == (outcome == "accepted")
    assert bool(reserved) == (outcome == "superseded")


def test_the_trail_holds_every_row_that_these_moves_write(store, desk):
    """Prolonged, without its goodwill, superseded: what an event holds fast is the row as it is after it."""
    moves, replacements = services(store, desk)
    with store.writing(MERCHANT) as unit:
        unit.api_keys.add(records.api_key("judgejudge22", role=Role.MANAGER))

    def move(offer_id, action, key=KEY, **more):
        return orjson.loads(moves.move(MERCHANT, offer_id, AskedMove(action, **more), key).body)

    kept, overridden = made(store, desk), made(store, desk)
    move(kept, OfferAction.COUNTER, words="More.")
    move(kept, OfferAction.KEEP)
    move(kept, OfferAction.ACCEPT)
    new = orjson.loads(replacements.override(MERCHANT, overridden, Override("More.", goodwill_minor=3_000), KEY).body)
    move(new["id"], OfferAction.ACCEPT)
    for judgement in (OfferAction.APPROVE, OfferAction.REJECT):
        waiting = made(store, desk, UNSAFE)
        assert move(waiting, OfferAction.ACCEPT)["status"] == "part_accepted"
        assert move(waiting, judgement, "judgejudge22")["status"] == "accepted"
    counted = Count()
    found = AuditService(store).verify(MERCHANT, Trust(frozenset()), counted)
    assert [finding for finding in found if finding.place != "checkpoints"] == []
    assert counted.offers == 5
