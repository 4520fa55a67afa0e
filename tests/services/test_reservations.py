"""What offers reserve from budgets: enough, once, never more than there is, and given back when it is not needed."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import orjson
import pytest
from sqlalchemy import event

import budget_race
import records
from budget_race import HOURS, KEY, NOW, request
from compensation_service.decision.facts import Disposition, Fault, Incident
from compensation_service.domain.budget import EntryKind
from compensation_service.domain.errors import IllegalMove, Unprocessable
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import MOVES, OfferAction, OfferStatus
from compensation_service.domain.offer_move import AskedMove
from compensation_service.policies.load import default_policy
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offers import Desk, OfferRequest, make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.services.recompute import recompute
from compensation_service.services.reservations import settle
from compensation_service.store.offers import NewOffer
from compensation_service.store.store import Store
from processes import FORKED
from records import MERCHANT

AGES = {"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2200, 1, 1, tzinfo=UTC)}
LONG = os.environ.get("BUDGET_RACE") == "long"
"""Sixteen times as many offers from four times as many processes."""
BASE = "https://offers.example"
COST = 1450
"""What the goodwill for 72 hours costs at most: a refund of it, in cents."""


@pytest.fixture
def desk(store: Store) -> Desk:
    numbers = count(1)
    book = PolicyBook(store, lambda: NOW)
    links = CustomerLinks("secret", BASE)
    return Desk(book, lambda: NOW, lambda prefix: f"{prefix}_{next(numbers):08}", BASE, links, bytes)


@pytest.fixture
def keep(store: Store) -> Callable[..., None]:
    def keep(**changes: object) -> None:
        number = next(numbers)
        with store.writing(MERCHANT) as unit:
            if number == 1:
                unit.merchants.add(Merchant(MERCHANT, "Acme", NOW))
                unit.api_keys.add(records.api_key(KEY))
            unit.budgets.add(records.budget(number, **{**AGES, **changes}))

    numbers = count(1)
    return keep


def make(store: Store, desk: Desk, *requests: OfferRequest) -> list[dict]:
    with store.writing(MERCHANT) as unit:
        outcomes = make_offers(unit, requests, desk)
    return [orjson.loads(outcome.body) for outcome in outcomes]


def goodwill(document: dict) -> int:
    return int(document["goodwill"]["amount"]["amount"])


def figures(store: Store, number: int = 1) -> tuple[int, int]:
    with store.reading(MERCHANT) as unit:
        found = unit.budgets.get(records.budget(number).id)
    return found.reserved_minor, found.spent_minor


def stored(store: Store, offer_id: str) -> NewOffer:
    with store.reading(MERCHANT) as unit:
        return NewOffer(unit.offers.get(offer_id).offer, unit.offers.options(offer_id))


def entries(store: Store) -> list[tuple[str, str, EntryKind, int]]:
    engine = store._engines.writer
    with engine.begin() as connection:
        if store.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT set_config('app.merchant_id', '{MERCHANT}', true)")
        rows = connection.exec_driver_sql("SELECT budget_id, offer_id, kind, amount_minor FROM budget_entries").all()
    return [(budget_id, offer_id, EntryKind(kind), amount) for budget_id, offer_id, kind, amount in rows]


def audit(store: Store) -> None:
    """Every figure is the sum of its entries, no entry is there twice, and no budget is overspent."""
    found = entries(store)
    assert len({line[:3] for line in found}) == len(found)
    with store.reading(MERCHANT) as unit:
        budgets = unit.budgets.covering(NOW)
    for budget in budgets:
        sums = {kind: sum(line[3] for line in found if line[0] == budget.id and line[2] is kind) for kind in EntryKind}
        assert budget.spent_minor == sums[EntryKind.SPEND]
        assert budget.reserved_minor == sums[EntryKind.RESERVE] - sums[EntryKind.SPEND] - sums[EntryKind.RELEASE]
        assert budget.liable_minor <= budget.limit_minor


def test_an_offer_reserves_what_its_dearest_option_costs(store, desk, keep):
    keep()
    (made,) = make(store, desk, request("a", 72))
    assert max(option["cost"]["amount"] for option in made["options"]) == COST
    assert figures(store) == (COST, 0)
    assert entries(store) == [("bud_0000001", made["id"], EntryKind.RESERVE, COST)]


def test_an_offer_that_waits_for_approval_reserves_too(store, desk, keep):
    keep()
    told = Incident("defective_item", "a", grade="unsafe", fault=Fault.COMPANY, disposition=Disposition.KEPT)
    asked = request("a", 72)
    (made,) = make(store, desk, replace(asked, facts=replace(asked.facts, incident=told)))
    assert made["status"] == OfferStatus.PENDING_APPROVAL
    assert figures(store)[0] == max(option["cost"]["amount"] for option in made["options"]) > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "USD"},
        {"category": "other"},
        {"starts_at": NOW + timedelta(seconds=1)},
        {"ends_at": NOW},
    ],
)
def test_budgets_of_another_currency_category_or_time_are_not_asked(store, desk, keep, changes):
    keep(limit_minor=0, **changes)
    (made,) = make(store, desk, request("a", 72))
    assert goodwill(made) == 1450
    assert entries(store) == []


def test_an_exhausted_budget_leaves_help_and_says_so_and_the_decision_can_be_made_again(store, desk, keep):
    keep(limit_minor=COST - 1)
    (made,) = make(store, desk, request("a", 72))
    assert (made["status"], goodwill(made)) == (OfferStatus.INFORMATIONAL, 0)
    assert made["goodwill"]["refused"]["code"] == "budget_exhausted"
    assert [guard["code"] for guard in made["guards"]] == ["budget_exhausted"]
    assert all(remedy["value"] is None for option in made["options"] for remedy in option["remedies"])
    assert figures(store) == (0, 0)
    assert recompute(stored(store, made["id"]).offer, default_policy())["same"]


def test_what_is_owed_asks_for_no_budget(store, desk, keep):
    keep(limit_minor=0)
    told = Incident("defective_item", "a", grade="unusable", fault=Fault.COMPANY)
    asked = request("a", 72)
    (made,) = make(store, desk, replace(asked, facts=replace(asked.facts, incident=told)))
    assert {option["worth"]["amount"] for option in made["options"]} == {10_000}
    assert entries(store) == []


def test_of_a_batch_so_many_get_money_as_the_budget_bears(store, desk, keep):
    keep(limit_minor=4 * COST + 100)
    made = make(store, desk, *(request(f"a{n}", 72) for n in range(10)))
    assert [goodwill(document) for document in made] == [1450] * 4 + [0] * 6
    assert figures(store) == (4 * COST, 0)
    audit(store)


def test_a_small_rest_is_for_those_whom_it_suffices(store, desk, keep):
    keep(limit_minor=COST + 700)
    made = make(store, desk, request("a", 72), request("b", 72), request("c", 48))
    assert [goodwill(document) > 0 for document in made] == [True, False, True]
    audit(store)


def test_of_several_budgets_all_bear_an_offer_or_none(store, desk, keep):
    keep()
    keep(category="late_delivery", limit_minor=COST)
    keep(category="other", limit_minor=100_000)
    made = make(store, desk, request("a", 72), request("b", 72), request("c", 72, categories=2))
    assert [goodwill(document) > 0 for document in made] == [True, False, True]
    other = max(option["cost"]["amount"] for option in made[2]["options"])
    assert [figures(store, number) for number in (1, 2, 3)] == [(COST + other, 0), (COST, 0), (other, 0)]
    audit(store)


def test_a_batch_asks_and_changes_a_budget_once(store, desk, keep):
    """However many offers: one question, one line of entries each in one statement, one change of the figures."""
    keep()
    make(store, desk, request("first", 72))
    said: list[str] = []

    def hear(*heard: object) -> None:
        said.append(str(heard[2]))

    event.listen(store._engines.writer, "before_cursor_execute", hear)
    make(store, desk, *(request(f"a{n}", 72) for n in range(16)))
    about = [statement.split()[0] for statement in said if "budget" in statement]
    assert about == ["SELECT", "INSERT", "UPDATE"]


def prepared(store: Store, desk: Desk, names: Sequence[str]) -> tuple[OfferMoveService, list[NewOffer]]:
    made = make(store, desk, *(request(name, 72) for name in names))
    numbers = count(1)
    moves = OfferMoveService(store, lambda: NOW, lambda prefix: f"{prefix}_m{next(numbers)}")
    return moves, [stored(store, document["id"]) for document in made]


ENDS = [
    (OfferAction.ACCEPT, "opt_1"),
    (OfferAction.ACCEPT, "opt_2"),
    (OfferAction.DECLINE, None),
    (OfferAction.WITHDRAW, None),
]


def test_each_end_of_an_offer_settles_its_reservation_once(store, desk, keep):
    keep()
    moves, made = prepared(store, desk, "abcd")
    costs = {each.id: each.goodwill_cost_minor for each in made[0].options}
    assert costs == {"opt_1": 1168, "opt_2": COST, "opt_3": 870}
    spent = 0
    for number, (action, option) in enumerate(ENDS, 1):
        offer_id = made[number - 1].offer.id
        moves.move(MERCHANT, offer_id, AskedMove(action, option=option), KEY)
        spent += costs[option] if option else 0
        for again, chosen in ENDS:
            with suppress(IllegalMove):
                moves.move(MERCHANT, offer_id, AskedMove(again, option=chosen), KEY)
        assert figures(store) == ((len(ENDS) - number) * COST, spent)
        audit(store)


def test_a_counter_offer_keeps_the_reservation(store, desk, keep):
    keep()
    moves, (made,) = prepared(store, desk, "a")
    moves.move(MERCHANT, made.offer.id, AskedMove(OfferAction.COUNTER, words="The money back."), KEY)
    assert figures(store) == (COST, 0)
    moves.move(MERCHANT, made.offer.id, AskedMove(OfferAction.DECLINE), KEY)
    assert figures(store) == (0, 0)


LEFT_ALONE = {("approve", "open"), ("keep", "open"), ("counter", "countered"), ("fulfil", "fulfilled")}
LEFT_ALONE |= {("accept", "part_accepted")}
SPENT = {("accept", "accepted"), ("approve", "accepted")}
"""What moves do to a reservation; every other one releases it."""


def test_every_move_spends_or_releases_or_leaves_alone(store, desk, keep):
    keep()
    led = sorted({(action, status) for moves in MOVES.values() for action, status in moves.items()})
    _, made = prepared(store, desk, [f"{action}-{status}" for action, status in led])
    found = {}
    with store.writing(MERCHANT) as unit:
        for (action, status), new in zip(led, made, strict=True):
            settle(unit, replace(new.offer, status=status, chosen_option="opt_3"), action, NOW)
    for move, new in zip(led, made, strict=True):
        found[move] = {kind: amount for _, offer_id, kind, amount in entries(store) if offer_id == new.offer.id}
    reserved, released = {EntryKind.RESERVE: COST}, {EntryKind.RELEASE: COST}
    spent = {EntryKind.SPEND: 870, EntryKind.RELEASE: COST - 870}
    for move in led:
        assert found[move] == reserved | ({} if move in LEFT_ALONE else spent if move in SPENT else released), move
    audit(store)


def test_the_figures_are_the_sums_of_the_entries_whatever_happens(store, desk, keep):
    """Offers of all kinds, made together and alone, moved at random, some of them late; looked at after every step."""
    keep(limit_minor=30_000)
    keep(category="late_delivery", limit_minor=20_000)
    keep(category="other", limit_minor=9_000)
    random, numbers = Random(7), count(1)
    past = replace(desk, clock=lambda: datetime(2021, 1, 1, tzinfo=UTC), ids=desk.ids)
    moves = OfferMoveService(store, lambda: NOW, lambda prefix: f"{prefix}_m{next(numbers):06}")
    offers: list[str] = []
    for step in range(600 if LONG else 120):
        if random.random() < 0.3:
            asked = [request(f"{step}-{n}", random.choice(HOURS), categories=2) for n in range(random.randint(1, 6))]
            offers += [made["id"] for made in make(store, random.choice([desk, desk, past]), *asked)]
        elif offers:
            action = random.choice([OfferAction.ACCEPT, OfferAction.DECLINE, OfferAction.WITHDRAW, OfferAction.COUNTER])
            offer_id = random.choice(offers)
            with suppress(IllegalMove, Unprocessable):
                option = random.choice(["opt_1", "opt_2", "opt_3"]) if action is OfferAction.ACCEPT else None
                moves.move(MERCHANT, offer_id, AskedMove(action, option=option, words="Money."), KEY)
            moves.settle(MERCHANT, random.choice(offers))
        audit(store)
    kinds = {line[2] for line in entries(store)}
    assert kinds == set(EntryKind)


def raced(url: str, name: str, processes: int, *arguments: object) -> None:
    """Let so many processes race; none of their requests may be refused."""
    together = FORKED.Barrier(processes)
    racing = [
        FORKED.Process(target=budget_race.run, args=(together, url, f"{name}{n}", *arguments)) for n in range(processes)
    ]
    for process in racing:
        process.start()
    for process in racing:
        process.join(300)
    assert [process.exitcode for process in racing] == [0] * processes


PROCESSES = 8 if LONG else 2


def test_64_clients_race_for_a_budget_and_none_is_oversold(store, database_url, keep):
    """1,000.00 for twice as much, from several processes: what is left in the end suffices for nobody who asked."""
    keep()
    raced(database_url, "race", PROCESSES, 64 // PROCESSES, 32 if LONG else 2)
    audit(store)
    with store.reading(MERCHANT) as unit:
        (budget,) = unit.budgets.covering(NOW)
    reserved = [line for line in entries(store) if line[2] is EntryKind.RESERVE]
    assert budget.reserved_minor == sum(line[3] for line in reserved) <= 100_000
    assert budget.left_minor < max(line[3] for line in reserved)
    assert budget.low_since == NOW


def test_several_budgets_asked_for_in_any_order_block_nobody(store, database_url, keep):
    """Overall and by category, so that every process needs two of three in turn; nobody sees a deadlock."""
    keep(category="late_delivery", limit_minor=10**9)
    keep(limit_minor=10**9)
    keep(category="other", limit_minor=10**9)
    raced(database_url, "dead", PROCESSES, 8, 160 if LONG else 8, None, 2)
    audit(store)
    with store.reading(MERCHANT) as unit:
        special, overall, other = unit.budgets.covering(NOW)
    assert overall.reserved_minor == special.reserved_minor + other.reserved_minor > 0


def test_two_processes_give_one_order_no_more_goodwill_than_its_value(store, database_url, keep):
    keep(limit_minor=10**9)
    raced(database_url, "order", 2, 4, 4, "the-order")
    with store.reading(MERCHANT) as unit:
        assert 9_000 < unit.history.orders(["the-order"])["the-order", "EUR"].goodwill_minor <= 10_000


def test_the_price_of_an_order_is_on_offer_once_over_its_incidents(store, desk, keep):
    keep()

    def unusable(name: str) -> OfferRequest:
        told = Incident("defective_item", name, grade="unusable", fault=Fault.COMPANY)
        asked = request(name, 72, order="the-order")
        return replace(asked, facts=replace(asked.facts, incident=told))

    first, second = (make(store, desk, unusable(name))[0] for name in ("a", "b"))
    assert [owed["amount"]["amount"] for owed in first["entitlements"]] == [10_000]
    assert second["entitlements"] == []
    with store.writing(MERCHANT) as unit:
        unit.offers.move(unit.offers.get(first["id"]).offer, OfferStatus.REJECTED, NOW)
    (third,) = make(store, desk, unusable("c"))
    assert [owed["amount"]["amount"] for owed in third["entitlements"]] == [10_000], "nothing was paid back after all"
