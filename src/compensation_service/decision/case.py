"""A case: the facts as this policy reads them. All that makes facts undecidable as a whole is refused here."""

from decimal import Decimal

from compensation_service.decision.facts import Disposition, Facts, Order, PastIncident, UnusableFacts
from compensation_service.decision.money import CurrencyTerms
from compensation_service.decision.policy import Basis, Category, Grades, Mode, Policy
from compensation_service.decision.record import record


@record
class Case:
    """The category, currency and mode that the policy gives to the facts, and the value at stake (A, minor units)."""

    facts: Facts
    policy: Policy
    category: Category
    currency: CurrencyTerms
    mode: Mode
    at_stake: int | Decimal

    @property
    def in_group(self) -> bool:
        """Whether many customers suffered the same from one cause."""
        return self.facts.incident.group is not None

    @property
    def damped_value(self) -> Decimal:
        """A_eff in minor units: a value's weight grows slower than the value itself."""
        reference = self.currency.reference_value
        numerator, denominator = self.at_stake.as_integer_ratio()
        return reference * self.policy.goodwill.value_damping.at(numerator, denominator * reference)


def open_case(facts: Facts, policy: Policy) -> Case:
    """Read facts against a policy; UnusableFacts where the policy cannot decide on them."""
    reported_at = facts.incident.reported_at
    if reported_at is not None and reported_at > facts.decided_at:
        raise UnusableFacts("/incident/reported_at", "reported_after_decision", "The report lies after the decision.")
    category = policy.categories.get(facts.incident.category)
    if category is None:
        known = ", ".join(policy.categories)
        raise UnusableFacts("/incident/category", "unknown_category", f"The policy knows the categories {known}.")
    currency = _currency(facts, policy)
    return Case(facts, policy, category, currency, _mode(facts, category), _at_stake(facts, category, currency, policy))


def affected_value(order: Order) -> int:
    """The affected lines, whole; all lines if none is marked; without lines the total less the shipping."""
    if not order.lines:
        return order.total - order.shipping
    lines = [line for line in order.lines if line.affected] or order.lines
    return sum([line.unit_price * line.quantity for line in lines])


def earlier_incidents(facts: Facts) -> list[PastIncident]:
    """The customer's earlier incidents, each reference once, this incident itself left out."""
    seen = {facts.incident.reference} if facts.incident.reference is not None else set()
    distinct = []
    for past in facts.customer.history.incidents:
        if past.reference is not None:
            if past.reference in seen:
                continue
            seen.add(past.reference)
        distinct.append(past)
    return distinct


def _currency(facts: Facts, policy: Policy) -> CurrencyTerms:
    order, incident = facts.order, facts.incident
    if order is not None:
        pointer, code = "/order/currency", order.currency
        if incident.currency not in (None, code):
            raise UnusableFacts("/incident/currency", "currency_mismatch", "This is not the currency of the order.")
    elif incident.currency is not None:
        pointer, code = "/incident/currency", incident.currency
    else:
        raise UnusableFacts("/incident/currency", "missing_fact", "Without an order the incident must name a currency.")
    terms = policy.currencies.get(code)
    if terms is None:
        known = ", ".join(policy.currencies)
        raise UnusableFacts(pointer, "currency_without_reference", f"The policy has reference values for {known} only.")
    return terms


def _mode(facts: Facts, category: Category) -> Mode:
    disposition = facts.incident.disposition
    if disposition is not None:
        if category.basis is Basis.PROCESS and disposition is not Disposition.KEPT:
            detail = "There is nothing to give back in this category: leave the disposition out."
            raise UnusableFacts("/incident/disposition", "disposition_impossible", detail)
        if category.mode is Mode.REJECTED and disposition is Disposition.KEPT:
            detail = "What was not received cannot be kept: leave the disposition out."
            raise UnusableFacts("/incident/disposition", "disposition_impossible", detail)
        return Mode.KEPT if disposition is Disposition.KEPT else Mode.REJECTED
    magnitude = category.magnitude
    if isinstance(magnitude, Grades) and facts.incident.grade in magnitude.undoing:
        return Mode.REJECTED
    return category.mode


def _at_stake(facts: Facts, category: Category, currency: CurrencyTerms, policy: Policy) -> int | Decimal:
    order = facts.order
    if category.basis is Basis.AFFECTED:
        if order is None:
            raise UnusableFacts(
                "/order", "missing_fact", "This category is measured by the affected goods: send the order."
            )
        return affected_value(order)
    if order is None:
        return policy.goodwill.value_without_order * currency.reference_value
    return min(order.total, currency.reference_value)
