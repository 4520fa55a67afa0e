"""What the customer's history with the shop adds; never less, for the loyal feel betrayed (Grégoire & Fisher 2008)."""

from decimal import Decimal

from compensation_service.decision.case import Case
from compensation_service.decision.exact import ZERO
from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.reasons import Factor
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
    orders = terms.orders.at(customer.orders_count, 1)
    lifetime = terms.lifetime_values.at(customer.lifetime_value, case.currency.reference_value)
    tier = terms.tiers[customer.tier]
    factors = []
    if orders:
        factors.append(Factor("loyalty.orders", {"orders": customer.orders_count}, orders))
    if lifetime:
        factors.append(Factor("loyalty.lifetime_value", {}, lifetime))
    if tier:
        factors.append(Factor("loyalty.tier", {"tier": customer.tier}, tier))
    if customer.customer_since is not None:
        seconds = span(start_of(customer.customer_since), case.facts.decided_at) // SECOND
        years = terms.years.at(seconds, SECONDS_A_YEAR)
        if years:
            factors.append(Factor("loyalty.years", {"years": seconds // SECONDS_A_YEAR}, years))
    return Loyalty(max([factor.value for factor in factors], default=ZERO), tuple(factors))
