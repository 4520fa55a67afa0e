"""What the customer's history with the shop adds; never less, for the loyal feel betrayed (Grégoire & Fisher 2008)."""

from datetime import date, datetime
from decimal import Decimal

from compensation_service.decision.case import Case
from compensation_service.decision.exact import ZERO
from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.policy import Loyalty as Terms
from compensation_service.decision.reasons import Constant, Factor
from compensation_service.decision.record import record
from compensation_service.decision.times import SECOND, YEAR, span, start_of

SECONDS_A_YEAR = YEAR // SECOND


@record
class Loyalty:
    """The score (0–1) and what each source alone would give; the largest counts."""

    score: Decimal
    factors: tuple[Factor, ...]


def assess(case: Case) -> Loyalty:
    """Score a customer by orders before this one, years, lifetime value and tier; the largest counts."""
    terms, customer = case.policy.loyalty, case.facts.customer
    if customer.tier not in terms.tiers:
        known = ", ".join(terms.tiers)
        raise UnusableFacts("/customer/tier", "unknown_tier", f"The policy knows the tiers {known}.")
    sources = [_orders(terms, customer.orders_count), _lifetime(case), _tier(terms, customer.tier)]
    if customer.customer_since is not None:
        sources.append(_years(case, customer.customer_since))
    factors = tuple([source for source in sources if source.value])
    return Loyalty(max([factor.value for factor in factors], default=ZERO), factors)


def _orders(terms: Terms, count: int) -> Factor:
    known: Factor | None = terms.sources.get(count)
    return known or terms.sources.keep(count, Constant("loyalty.orders", {"orders": count}, terms.orders.at(count, 1)))


def _tier(terms: Terms, tier: str) -> Factor:
    known: Factor | None = terms.sources.get(tier)
    return known or terms.sources.keep(tier, Constant("loyalty.tier", {"tier": tier}, terms.tiers[tier]))


def _lifetime(case: Case) -> Factor:
    value, reference = case.facts.customer.lifetime_value, case.currency.reference_value
    return Factor("loyalty.lifetime_value", {}, case.policy.loyalty.lifetime_values.at(value, reference))


def _years(case: Case, since: date | datetime) -> Factor:
    seconds = span(start_of(since), case.facts.decided_at) // SECOND
    years = case.policy.loyalty.years.at(seconds, SECONDS_A_YEAR)
    return Factor("loyalty.years", {"years": seconds // SECONDS_A_YEAR}, years)
