"""What is owed. Loyalty, signals of abuse, budgets, caps and approvals never come near this half."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import localcontext
from functools import lru_cache
from typing import Final

from compensation_service.decision.case import Case, affected_value, open_case
from compensation_service.decision.exact import EXACT
from compensation_service.decision.facts import Facts, Fault, Order, RemedyKind
from compensation_service.decision.given import least_of, left_to_give, less_given
from compensation_service.decision.policy import Mode, Policy
from compensation_service.decision.reasons import Reason
from compensation_service.decision.record import record
from compensation_service.decision.schemes.evaluate import evaluate
from compensation_service.decision.schemes.result import Applies, ChoiceMade, Component, SchemeResult
from compensation_service.decision.schemes.scheme import INCIDENT_DATE, Scheme
from compensation_service.decision.schemes.standard import happened_at, standard_facts
from compensation_service.decision.trial import Trial, trial_for

RESTITUTION: Final = "restitution"
"""The policy's own rule: money back for a thing that was not had."""

PUTS_RIGHT: Final = (RemedyKind.REPLACEMENT, RemedyKind.REDELIVERY, RemedyKind.REPAIR, RemedyKind.CORRECTION)
"""What puts the thing itself right, in the order in which it is tried."""

MONEY_BACK: Final = frozenset({RemedyKind.PARTIAL_REFUND, RemedyKind.FULL_REFUND})
"""What gives the price of an order back, all of it or a part."""

BY_LAW_NAMED: Final = {
    "termination": RemedyKind.FULL_REFUND,
    "short_term_reject": RemedyKind.FULL_REFUND,
    "final_reject": RemedyKind.FULL_REFUND,
    "price_reduction": RemedyKind.PARTIAL_REFUND,
    "service_credit": RemedyKind.STORE_CREDIT,
}
"""What laws and contracts call remedies that have a kind here; other money is a payment."""


_HELD_AS: Final = {kind.value: kind for kind in RemedyKind} | BY_LAW_NAMED


@record
class OwedRemedy:
    """One remedy that is owed or can be chosen, as its scheme names it; `amount` in minor units where it is money."""

    kind: str
    amount: int | None = None


@record
class Entitlement:
    """One thing owed: by which scheme, which remedies, who chooses among them, how much and by when.

    `compensatory` tells a penalty from money back: only a compensatory amount is netted against goodwill. `amount`, in
    minor units of `currency`, is None where it is not money, not yet chosen, or not established: `needs` names the
    facts that are lacking.
    """

    scheme: str
    reference: str
    remedies: tuple[OwedRemedy, ...]
    choice: str
    amount: int | None
    currency: str
    compensatory: bool
    reason: Reason
    outputs: Mapping[str, object] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    due_by: date | None = None


@record
class Owed:
    """Everything owed in one case, and what every scheme that was tried said.

    `in_every_option` stands in each option; each option also holds one of `ways`, if there are any: kinds with their
    amounts in minor units; `wish` is the one that the customer asked for. `compensation` is the money, in minor units,
    that the options give and that is netted against goodwill; `given_before` is what earlier offers for the incident
    gave of it. What is owed in another currency than that of the case is owed beside the options.
    """

    entitlements: tuple[Entitlement, ...]
    in_every_option: tuple[tuple[RemedyKind, int | None], ...] = ()
    ways: Mapping[RemedyKind, int | None] = field(default_factory=dict)
    tried: tuple[SchemeResult, ...] = ()
    compensation: int = 0
    wish: RemedyKind | None = None
    given_before: int = 0

    @property
    def compensatory(self) -> int:
        """The money owed, given already or not, that is netted against goodwill, in minor units."""
        return self.compensation + self.given_before

    @property
    def money_back(self) -> int:
        """The most that one of the ways gives back, in minor units."""
        return max([amount or 0 for amount in self.ways.values()]) if self.ways else 0


NOTHING: Final = Owed(())
NO: Final = Applies.NO


def owed_by(facts: Facts, policy: Policy) -> Owed:
    """Everything owed on these facts. Raises UnusableFacts where this policy cannot decide on them."""
    with localcontext(EXACT):
        return establish(open_case(facts, policy))


def establish(case: Case) -> Owed:
    """Everything owed in this case, by the policy's schemes and by its own restitution rule."""
    restitution = _restitution(case)
    if not case.policy.schemes and restitution is None:
        return NOTHING
    trial = trial_for(case)
    tried, currency = _try(trial, case.facts), case.currency.code
    results: Sequence[SchemeResult] = tried
    given = 0
    if case.facts.incident.compensated_before:
        results, given = less_given(tried, currency, case.facts.incident.compensated_before)
    entitlements: list[Entitlement] = []
    for result in results:
        if result.applies is not NO:
            entitlements += _entitlements(result, currency)
    for scheme in trial.without_country:
        entitlements.append(_lacking(scheme, ("order.country",), currency))
    if restitution is not None:
        entitlements.append(restitution)
    if not entitlements:
        return Owed((), (), {}, tried)
    same_currency = [result for result in results if result.currency == currency]
    if given:
        same_currency = left_to_give(same_currency)
    return _in_options(case, tuple(entitlements), tried, same_currency, restitution, given)


def _in_options(
    case: Case,
    entitlements: tuple[Entitlement, ...],
    tried: tuple[SchemeResult, ...],
    results: list[SchemeResult],
    restitution: Entitlement | None,
    given: int,
) -> Owed:
    """How options hold what these results give: sure things in each, and one of the ways between which one chooses."""
    certain = [component for result in results for component in result.components if component.choice is None]
    back = sum([component.amount_minor or 0 for component in certain if not component.compensatory])
    choices = [choice for result in results for choice in result.choices if choice.open]
    sums: list[ChoiceMade] = []
    others: list[ChoiceMade] = []
    for choice in choices:
        (sums if choice.is_of_sums else others).append(choice)
    compensation = sum([item.amount_minor or 0 for item in certain if item.compensatory]) + sum(map(least_of, sums))
    ways = _ways(case, others, back, restitution)
    if sums and not ways:
        ways = dict(_held(sums.pop(0).open))
    # There is one choice among options: beside it, a sum that is owed too stands in each of them in its likely form.
    certain += [choice.likely for choice in sums]
    in_every_option = tuple(_held([item for item in certain if item.compensatory or item.amount_minor is None]))
    chosen = [choice.likely for choice in choices if choice.chosen]
    wish = next((kind for kind, _ in _held(chosen) if kind in ways), None) if chosen else None
    return Owed(entitlements, in_every_option, ways, tried, compensation, wish, given)


@lru_cache
def _reason(code: str, title: str) -> Reason:
    return Reason(code, {"title": title})


def _given(title: str, given: int) -> Reason:
    return Reason("scheme.given", {"title": title, "given": given})


def _try(trial: Trial, facts: Facts) -> tuple[SchemeResult, ...]:
    """What each scheme says of the case, as of the day of the incident where the scheme is in force."""
    if not trial.schemes:
        return ()
    told = standard_facts(facts, trial.schemes[0][0].exponent, trial.takes)
    happened = happened_at(facts)
    told.setdefault(INCIDENT_DATE, happened)
    results = []
    for scheme, rows in trial.schemes:
        if told.get(scheme.dated_by) is None:
            results.append(evaluate(scheme, told, happened.astimezone(scheme.timezone).date()))
        else:
            results.append(evaluate(scheme, told, None, rows))
    return tuple(results)


def _entitlements(result: SchemeResult, usual_currency: str) -> list[Entitlement]:
    """What a scheme's answer amounts to: one entitlement for each thing owed and for each choice."""
    currency = result.currency or usual_currency
    found = [_certain(item, result, currency) for item in result.components if item.choice is None]
    found += [_chosen(choice, result, currency) for choice in result.choices if choice.open]
    return found or [_lacking(result.frame.scheme, result.needs, currency)]


# Entitlements are made by position: a call with so many names takes three times as long.


def _certain(component: Component, result: SchemeResult, currency: str) -> Entitlement:
    title, given = result.frame.scheme.title, component.given_minor
    return Entitlement(
        result.scheme,
        component.id,
        () if given and not component.amount_minor else (_remedy(component),),
        "none",
        component.amount_minor,
        currency,
        component.compensatory,
        _given(title, given) if given else _reason("scheme.needs" if component.needs else "scheme.owed", title),
        {**result.outputs, **component.outputs} if component.outputs else result.outputs,
        component.needs,
        component.due.date if component.due else None,
    )


def _chosen(choice: ChoiceMade, result: SchemeResult, currency: str) -> Entitlement:
    needs = tuple(dict.fromkeys([name for option in choice.open for name in option.needs]))
    title, given, is_given = result.frame.scheme.title, choice.likely.given_minor, choice.is_given
    return Entitlement(
        result.scheme,
        choice.id,
        () if is_given else tuple([_remedy(option) for option in choice.open]),
        "none" if is_given else "customer",
        0 if is_given else None,
        currency,
        any(option.compensatory and (option.amount_minor or option.given_minor) for option in choice.open),
        _given(title, given) if given else _reason("scheme.needs" if needs else "scheme.choice", title),
        result.outputs,
        needs,
        choice.silence_ends.date if choice.silence_ends else None,
    )


def _lacking(scheme: Scheme, needs: tuple[str, ...], currency: str) -> Entitlement:
    """Something may be owed; what it is depends on facts that nobody told."""
    reason = _reason("scheme.needs", scheme.title)
    return Entitlement(scheme.id, scheme.id, (), "none", None, currency, compensatory=False, reason=reason, needs=needs)


def _remedy(component: Component) -> OwedRemedy:
    amount = component.amount_minor
    return _in_kind(component.kind) if amount is None else OwedRemedy(component.kind, amount)


@lru_cache
def _in_kind(kind: str) -> OwedRemedy:
    return OwedRemedy(kind)


def _held(components: Iterable[Component]) -> list[tuple[RemedyKind, int | None]]:
    """What options can hold of these, each with its amount.

    What is not established stands in none, and no option can hold assistance or a waived charge.
    """
    held = []
    for component in components:
        amount = component.amount_minor
        kind = _HELD_AS.get(component.kind) or (RemedyKind.PAYMENT if amount else None)
        if kind is not None and not component.needs:
            held.append((kind, amount))
    return held


def _ways(
    case: Case, choices: Iterable[ChoiceMade], back: int, restitution: Entitlement | None
) -> Mapping[RemedyKind, int | None]:
    """The ways between which the customer chooses: those a scheme leaves open, and how money back can be had.

    A price is given back once, however many rules demand it, and what was paid back before is not paid again.
    """
    order = case.facts.order
    ways = dict(_held([option for choice in choices for option in choice.open]))
    if not MONEY_BACK.isdisjoint(ways):
        left = {kind: _not_paid_back(order, amount) if kind in MONEY_BACK else amount for kind, amount in ways.items()}
        ways = {kind: amount for kind, amount in left.items() if amount != 0}
    back = _not_paid_back(order, max(back - (order.refunded if order else 0), 0)) or 0
    if restitution is not None and restitution.amount is not None and restitution.amount >= back:
        back = restitution.amount
        for remedy in restitution.remedies[:-1][:1]:
            ways.setdefault(RemedyKind(remedy.kind), back)
    if not back:
        return ways
    back = max(back, ways.pop(RemedyKind.FULL_REFUND, None) or 0)
    worth = {kind: amount or (back if kind in PUTS_RIGHT else None) for kind, amount in ways.items()}
    return {**worth, RemedyKind.FULL_REFUND: back}


def _not_paid_back(order: Order | None, amount: int | None) -> int | None:
    """So much of money back as was paid for the order, after discounts, and was not paid back yet."""
    if amount is None or order is None:
        return amount
    return max(min(amount, order.total - order.paid_back), 0)


def _restitution(case: Case) -> Entitlement | None:
    """Money back where the thing is not kept: the affected value and the shipping, less what was paid back already.

    Never more than was paid, over all incidents of the order. Not owed by the policy's own rule where the fault is the
    customer's.
    """
    order = case.facts.order
    if case.mode is not Mode.REJECTED or order is None or case.facts.incident.fault is Fault.CUSTOMER:
        return None
    paid = min(affected_value(order) + order.shipping, order.total)
    amount = min(paid - order.refunded, order.total - order.refunded_elsewhere)
    if amount <= 0:
        return None
    remediable = case.facts.incident.remediable
    kinds = (*(kind for kind in PUTS_RIGHT if kind in remediable), RemedyKind.FULL_REFUND)
    return Entitlement(
        scheme=RESTITUTION,
        reference=case.policy.name,
        remedies=tuple(map(OwedRemedy, kinds)),
        choice="customer",
        amount=amount,
        currency=case.currency.code,
        compensatory=False,
        reason=Reason(RESTITUTION, {"refunded": paid - amount, "shipping": order.shipping}),
    )
