"""What a decision becomes when a person gives something else. What is owed stays in every option, untouched."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import localcontext
from typing import Final

from compensation_service.decision import guards, options
from compensation_service.decision.case import Case, open_case
from compensation_service.decision.engine import Decision
from compensation_service.decision.entitlement import Owed, establish
from compensation_service.decision.exact import EXACT
from compensation_service.decision.facts import Facts, Fault, RemedyKind
from compensation_service.decision.goodwill import Amount
from compensation_service.decision.money import cost_of
from compensation_service.decision.options import Bundles, Menu, Option, Remedy
from compensation_service.decision.policy import Band, Form, KindTerms, Policy
from compensation_service.decision.times import day_of, end_of
from compensation_service.domain.errors import Unprocessable
from compensation_service.domain.override import GivenRemedy, Override

REFUNDS: Final = frozenset({RemedyKind.PARTIAL_REFUND, RemedyKind.FULL_REFUND})


def overridden(decision: Decision, facts: Facts, policy: Policy, asked: Override, at: datetime) -> Decision:
    """The decision with what is given in the place of its goodwill, for an offer made at that moment.

    The reasons stay those of the policy. Raises Unprocessable where something cannot be given so.
    """
    with localcontext(EXACT):
        owed = establish(open_case(facts, policy))
        case = open_case(replace(facts, decided_at=at), policy)
        if asked.goodwill_minor is not None:
            goodwill = asked.goodwill_minor
            menu = _menu(case, decision.severity.band, goodwill, owed)
            bundles, default = menu.options, menu.default
        else:
            goodwill, bundles = _bundled(case, owed, asked.remedies)
            default = _same_way(decision, owed, bundles)
    later = at - decision.decided_at
    clocks = decision.clocks
    return replace(
        decision,
        decided_at=at,
        amount=Amount(goodwill),
        options=bundles,
        default_option=default,
        approval=None,
        clocks=replace(
            clocks,
            carry_out_by=clocks.carry_out_by + later,
            follow_up_at=clocks.follow_up_at + later,
            expires_at=at + policy.clocks.offer_stands,
        ),
    )


def _menu(case: Case, band: Band, goodwill: int, owed: Owed) -> Menu:
    """The options of the policy that can carry so much, whoever is at fault: from this band, or else from a worse one.

    A trivial case gets an apology and the customer's own doing help, and neither has room for money.
    """
    ours = replace(case.facts, incident=replace(case.facts.incident, fault=Fault.UNKNOWN))
    case, first = replace(case, facts=ours), len(owed.in_every_option) + bool(owed.ways)
    bands = list(Band)
    for worse in bands[bands.index(band) :]:
        menu = options.build(case, worse, goodwill, owed, guards.habits(case))
        if not goodwill or all(any(remedy.value for remedy in each.remedies[first:]) for each in menu.options):
            return menu
    raise Unprocessable("/goodwill", "no_form_for_goodwill", "The policy has no form for this; name remedies instead.")


def _bundled(case: Case, owed: Owed, given: Sequence[GivenRemedy]) -> tuple[int, Bundles]:
    """What the remedies are worth in cash, and an option for each way to what is owed that holds all of them."""
    kinds, until = case.policy.choice.kinds, end_of(day_of(case.facts.decided_at) + case.policy.choice.voucher_stands)

    def priced(kind: RemedyKind, value: int | None) -> Remedy:
        terms = kinds[kind]
        if value is None:
            return Remedy(kind, None, 0, None)
        return Remedy(kind, value, cost_of(value, terms.cost_ratio), until if terms.voucher else None)

    _demand_possible(case, owed, given)
    extras = tuple(priced(remedy.kind, remedy.value_minor) for remedy in given)
    always = tuple(priced(kind, amount) for kind, amount in owed.in_every_option)
    ways: list[tuple[Remedy, ...]] = [(priced(kind, amount),) for kind, amount in owed.ways.items()]
    goodwill = sum(_worth(kinds[remedy.kind], remedy.value_minor) for remedy in given)
    return goodwill, Bundles(
        Option(
            id=f"opt_{number}",
            remedies=(*always, *way, *extras),
            worth=sum(remedy.value or 0 for remedy in (*always, *way)) + goodwill,
            goodwill_cost=sum(remedy.cost for remedy in extras),
        )
        for number, way in enumerate(ways or [()], 1)
    )


def _worth(terms: KindTerms, value: int | None) -> int:
    """The cash worth of a face value, rounded up: it counts against what the giver may give."""
    times, per = terms.factor.as_integer_ratio()
    return -(-(value or 0) * per // times) if times else value or 0


def _same_way(decision: Decision, owed: Owed, bundles: Sequence[Option]) -> str:
    """The option with the way to what is owed that the policy's default has, else the first."""
    usual = next(option for option in decision.options if option.id == decision.default_option)
    ways = set(owed.ways).intersection(usual.kinds)
    return next((option.id for option in bundles if ways.intersection(option.kinds)), bundles[0].id)


def _demand_possible(case: Case, owed: Owed, given: Sequence[GivenRemedy]) -> None:
    """Refuse remedies that say too much or too little, and money back that was never paid or is owed already."""
    kinds = [remedy.kind for remedy in given]
    for place, remedy in enumerate(given):
        pointer, terms = f"/remedies/{place}", case.policy.choice.kinds.get(remedy.kind)
        if terms is None:
            raise Unprocessable(f"{pointer}/kind", "unknown_kind", "The policy knows no such kind.")
        if remedy.kind in kinds[:place]:
            raise Unprocessable(f"{pointer}/kind", "repeated_kind", "Each kind can be given once: add the amounts up.")
        if remedy.kind in owed.ways:
            raise Unprocessable(f"{pointer}/kind", "owed_anyway", "This is owed already and stands in the offer.")
        carries = bool(terms.factor) or terms.form is Form.PUTS_RIGHT
        if carries and not remedy.value_minor:
            raise Unprocessable(f"{pointer}/amount", "amount_needed", "Say what it is worth: it counts as goodwill.")
        if not carries and remedy.value_minor is not None:
            raise Unprocessable(f"{pointer}/amount", "amount_impossible", "This kind carries no money.")
    back = sum(remedy.value_minor or 0 for remedy in given if remedy.kind in REFUNDS)
    order = case.facts.order
    if back and (order is None or back > order.total - order.paid_back - owed.money_back):
        raise Unprocessable("/remedies", "refund_above_paid", "More would be paid back than was paid; use a payment.")
