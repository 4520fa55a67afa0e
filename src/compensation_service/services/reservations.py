"""Reservations: what an offer's goodwill can cost at most is reserved from budgets, then spent or released.

The most is what the goodwill costs in the dearest of its options. What is owed asks for no budget and gets none.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from compensation_service.decision.engine import Decision, decide
from compensation_service.decision.facts import Facts
from compensation_service.decision.policy import Policy
from compensation_service.domain.budget import BudgetEntry, EntryKind
from compensation_service.domain.offer import GAVE_NOTHING, Offer, OfferAction, OfferStatus
from compensation_service.store.unit_of_work import UnitOfWork

GIVING: Final = frozenset({OfferAction.ACCEPT, OfferAction.APPROVE})
"""After these moves an accepted offer has its goodwill; after others it is accepted without."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """So much, in minor units, from each of these budgets; from none where no budget is concerned."""

    budgets: tuple[str, ...]
    amount_minor: int


class Purse:
    """What the merchant's budgets can still bear, for the offers that a unit makes at one moment.

    It reads once, reserves in memory and writes at the end, all offers together. What it read may be used up by others
    until then: the unit fails with Contended, and is done again.
    """

    def __init__(self, unit: UnitOfWork, now: datetime) -> None:
        self._unit = unit
        self._now = now
        self._budgets = unit.budgets.covering(now)
        self._left = {budget.id: budget.left_minor for budget in self._budgets}
        self._taken: Counter[str] = Counter()
        self._refused = False
        self._held = False
        self._entries: list[BudgetEntry] = []

    def reserve(self, currency: str, category: str, amount_minor: int) -> Reservation | None:
        """Reserve from every budget that covers such goodwill; None where one of them has not so much left."""
        covering = tuple(budget.id for budget in self._budgets if amount_minor and budget.covers(currency, category))
        fits = self._fits(covering, amount_minor)
        if covering and not self._held and (self._refused if fits else self._taken):
            # Some of the offers fit and some do not, so others may be after the same rest: from here on it is held.
            self._hold()
            fits = self._fits(covering, amount_minor)
        if not fits:
            self._refused = True
            return None
        for budget_id in covering:
            self._left[budget_id] -= amount_minor
            self._taken[budget_id] += amount_minor
        return Reservation(covering, amount_minor)

    def book(self, offer_id: str, reservation: Reservation) -> None:
        """Note for which offer a reservation was made."""
        self._entries += [
            BudgetEntry(budget_id, offer_id, EntryKind.RESERVE, reservation.amount_minor, self._now)
            for budget_id in reservation.budgets
        ]

    def write(self) -> None:
        """Write what was booked, after the offers themselves; nothing else should follow in the unit."""
        self._unit.budgets.post(self._entries)

    def _fits(self, covering: tuple[str, ...], amount_minor: int) -> bool:
        return all(self._left[budget_id] >= amount_minor for budget_id in covering)

    def _hold(self) -> None:
        self._held = True
        for budget in self._unit.budgets.held(self._left):
            self._left[budget.id] = budget.left_minor - self._taken[budget.id]


def decide_within(purse: Purse, facts: Facts, policy: Policy) -> tuple[Facts, Decision, Reservation]:
    """Decide with goodwill if the budgets can bear it, else with help in its place; with the facts that led there."""
    decision = decide(facts, policy)
    most = max(option.goodwill_cost for option in decision.options)
    reservation = purse.reserve(decision.currency, facts.incident.category, most)
    if reservation is not None:
        return facts, decision, reservation
    facts = replace(facts, budget_exhausted=True)
    return facts, decide(facts, policy), Reservation((), 0)


def settle(unit: UnitOfWork, offer: Offer, action: OfferAction, at: datetime) -> None:
    """Spend or release what an offer reserved, if `action` has just ended the matter; do it last in the unit."""
    if offer.status is not OfferStatus.ACCEPTED and offer.status not in GAVE_NOTHING:
        return
    reserved = unit.budgets.reservations(offer.id)
    if not reserved:
        return
    spent = 0
    if offer.status is OfferStatus.ACCEPTED and action in GIVING:
        costs = {option.id: option.goodwill_cost_minor for option in unit.offers.options(offer.id)}
        spent = costs[offer.chosen_option or ""]
    unit.budgets.post([line for entry in reserved for line in entry.settled(spent, at)])
