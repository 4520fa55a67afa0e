"""The life of offers under one budget, against a model: whatever is done in whatever order, both say the same.

`LIFE_STEPS` takes other steps than the 20,000 that every run takes, and as many as you like: a million by hand.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import HealthCheck, seed, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import databases
import records
from budget_race import HOURS, NOW, request
from compensation_service.decision.facts import Disposition, Fault, Incident
from compensation_service.domain.api_key import Role
from compensation_service.domain.errors import CompensationError
from compensation_service.domain.follow_up import Finding, Outcome
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferAction
from compensation_service.domain.offer_move import AskedMove
from compensation_service.domain.remedy import RemedyAction
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.follow_ups import FollowUpService
from compensation_service.services.new_offers import Desk
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offers import make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.store import Store, open_store
from faults.crashing import falsified, unbalanced
from faults.model import Life

STEPS = int(os.environ.get("LIFE_STEPS", "20000"))
PARTS = 4
STEPS_EACH = 50
TAKEN = 45
"""How many of the steps that a life may have it has at least, on the average: some are cut short."""
BASE = "https://offers.example"
LIMIT = 12_000
KINDS = (*HOURS, "unsafe", "broken")
ACTIONS = ("accept", "decline", "counter", "keep", "withdraw", "approve", "reject")
OPTIONS = (None, "opt_1", "opt_2", "opt_9")
_numbers = count(1)


def asked_for(kind, key):
    """A late delivery by its hours, or a thing that is unsafe or broken: then something is owed."""
    asked = replace(request(f"{kind}-{next(_numbers)}", HOURS[0] if isinstance(kind, str) else kind), key_id=key)
    if kind in HOURS:
        return asked
    grade = {"unsafe": "unsafe", "broken": "unusable"}[kind]
    told = Incident("defective_item", asked.facts.incident.reference, grade=grade, fault=Fault.COMPANY)
    return replace(asked, facts=replace(asked.facts, incident=replace(told, disposition=Disposition.KEPT)))


class World:
    """The service on one file in memory; each run has a merchant of its own."""

    def __init__(self, url: str, file: sqlite3.Connection) -> None:
        self.file = file
        self.store: Store = open_store(url)
        self.now = NOW
        ids = count(1)
        book = PolicyBook(self.store, self.clock)
        self.desk = Desk(
            book, self.clock, lambda prefix: f"{prefix}_{next(ids):08}", BASE, CustomerLinks("s", BASE), bytes
        )
        self.moves = OfferMoveService(self.store, self.clock, self.desk.ids)
        self.follow_ups = FollowUpService(self.store, self.clock, self.desk.ids)

    def clock(self):
        return self.now

    def ask(self, question, *values):
        """Ask the file itself, beside the service."""
        return self.file.execute(question, values).fetchall()


class Lives(RuleBasedStateMachine):
    """Rules do to the service and to the model what people, programs and time do."""

    world: World

    @initialize()
    def open_shop(self):
        number = next(_numbers)
        self.world.now = NOW
        self.merchant, self.lives, self.follow_ups = f"shop-{number}", {}, {}
        self.asker, self.judge = f"asker{number:07}", f"judge{number:07}"
        ages = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=40_000), "limit_minor": LIMIT}
        with self.world.store.writing(self.merchant) as unit:
            unit.merchants.add(Merchant(self.merchant, "Acme", NOW))
            unit.api_keys.add(records.api_key(self.asker, self.merchant))
            unit.api_keys.add(records.api_key(self.judge, self.merchant, role=Role.MANAGER))
            unit.budgets.add(records.budget(number, self.merchant, **ages))

    def some(self, chosen):
        return list(self.lives)[chosen % len(self.lives)]

    @rule(kind=strategies.sampled_from(KINDS))
    def make(self, kind):
        asked = asked_for(kind, self.asker)
        left = LIMIT - sum(life.reserved + life.spent for life in self.lives.values())
        with self.world.store.writing(self.merchant) as unit:
            (answer,) = make_offers(unit, [asked], self.world.desk)
        made = orjson.loads(answer.body)
        name = (self.merchant, made["id"])
        options = "SELECT id, goodwill_cost_minor FROM options WHERE (merchant_id, offer_id) = (?, ?)"
        costs = dict(self.world.ask(options, *name))
        offer = "SELECT owed_remedies, default_stands FROM offers WHERE (merchant_id, id) = (?, ?)"
        ((owed, stands),) = self.world.ask(offer, *name)
        exhausted = any(guard["code"] == "budget_exhausted" for guard in made["guards"])
        most = max(costs.values())
        assert most <= left
        if exhausted:
            assert most == 0
            assert COSTS.get(kind, LIMIT) > left, "there was enough left"
        else:
            assert COSTS.setdefault(kind, most) == most
        self.lives[made["id"]] = Life(
            status=made["status"],
            reserved=most,
            costs=costs,
            remedies={option["id"]: len(option["remedies"]) for option in made["options"]},
            default=made["default_option"],
            owed=owed,
            stands=bool(stands),
            expires=datetime.fromisoformat(made["expires_at"]),
            asked="planned" if made["status"] == "informational" else None,
        )

    @precondition(lambda self: self.lives)
    @rule(
        chosen=strategies.integers(0, 99),
        action=strategies.sampled_from(ACTIONS),
        option=strategies.sampled_from(OPTIONS),
    )
    def act(self, chosen, action, option):
        offer_id = self.some(chosen)
        option = option if action == "accept" else None
        words = "The money back." if action == "counter" else None
        expected = self.lives[offer_id].act(action, option, self.world.now)
        done = False
        with suppress(CompensationError):
            self.world.moves.move(
                self.merchant, offer_id, AskedMove(OfferAction(action), option=option, words=words), self.judge
            )
            done = True
        assert done == expected

    @precondition(lambda self: self.lives)
    @rule(
        chosen=strategies.integers(0, 99),
        position=strategies.integers(1, 4),
        what=strategies.sampled_from(RemedyAction),
    )
    def confirm(self, chosen, position, what):
        offer_id = self.some(chosen)
        expected = self.lives[offer_id].confirm(position, {"fulfil": "fulfilled", "fail": "failed"}[what])
        done = False
        with suppress(CompensationError):
            self.world.moves.confirm(self.merchant, offer_id, position, what, self.asker)
            done = True
        assert done == expected

    @precondition(lambda self: self.lives)
    @rule(chosen=strategies.integers(0, 99), outcome=strategies.sampled_from(Outcome))
    def ask(self, chosen, outcome):
        """Somebody asked whether it helped; what was found stays."""
        offer_id = self.some(chosen)
        life = self.lives[offer_id]
        with self.world.store.reading(self.merchant) as unit:
            found = unit.follow_ups.of(unit.offers.get(offer_id).offer.incident_id)
        assert len(found) == (life.asked is not None)
        for follow_up in found:
            done = False
            with suppress(CompensationError):
                self.world.follow_ups.complete(self.merchant, follow_up.id, Finding(outcome), self.asker)
                done = True
            assert done == (life.asked in {"planned", outcome})
            life.asked = outcome if done else life.asked

    @rule(days=strategies.integers(1, 12))
    def wait(self, days):
        """Time goes by."""
        self.world.now += timedelta(days=days)

    @precondition(lambda self: self.lives)
    @rule(chosen=strategies.integers(0, 99))
    def settle(self, chosen):
        """The worker comes, for what is due and for one that may not be."""
        chosen = self.some(chosen)
        for offer_id, life in self.lives.items():
            before = life.status
            life.run_out(self.world.now)
            if life.status != before or offer_id == chosen:
                self.world.moves.settle(self.merchant, offer_id)

    @invariant()
    def both_say_the_same(self):
        if not hasattr(self, "lives"):
            return
        kept = self.world.ask("SELECT id, status FROM offers WHERE merchant_id = ?", self.merchant)
        assert dict(kept) == {of: life.status for of, life in self.lives.items()}
        held = self.world.ask("SELECT reserved_minor, spent_minor FROM budgets WHERE merchant_id = ?", self.merchant)
        lives = self.lives.values()
        assert held == [(sum(life.reserved for life in lives), sum(life.spent for life in lives))]

    def teardown(self):
        if hasattr(self, "lives"):
            assert unbalanced(self.world.store, self.merchant) == []
            assert falsified(self.world.store, self.merchant) == []


COSTS: dict[object, int] = {}
"""What the goodwill for each kind of incident costs at most, as it was the first time."""


@pytest.fixture
def world():
    memory = Path("/dev/shm")
    with (
        TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        databases.fresh_sqlite(Path(folder)) as url,
        closing(sqlite3.connect(Path(folder) / "test.db")) as file,
    ):
        made = World(url, file)
        yield made
        made.store.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_the_service_and_the_model_do_not_part(world, part):
    made = type("LivesHere", (Lives,), {"world": world})
    run_state_machine_as_test(
        made if "LIFE_STEPS" in os.environ else seed(part)(made),
        settings=settings(
            max_examples=STEPS // PARTS // TAKEN,
            stateful_step_count=STEPS_EACH,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
