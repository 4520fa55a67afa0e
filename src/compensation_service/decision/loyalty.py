"""What the customer's history with the shop adds; never less, for the loyal feel betrayed (Grégoire & Fisher 2008)."""

from decimal import Decimal

from compensation_service.decision.case import Case
from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.reasons import Factor
from compensation_service.decision.record import record
from compensation_service.decision.times import SECOND, YEAR, span, start_of


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
    factors = [
        Factor("loyalty.orders", {"orders": customer.orders_count}, terms.orders(customer.orders_count)),
        Factor(
            "loyalty.lifetime_value",
            {},
            terms.lifetime_values.at(customer.lifetime_value, case.currency.reference_value),
        ),
        Factor("loyalty.tier", {"tier": customer.tier}, terms.tiers[customer.tier]),
    ]
    if customer.customer_since is not None:
        seconds = span(start_of(customer.customer_since), case.facts.decided_at) // SECOND
        year = YEAR // SECOND
        factors.append(Factor("loyalty.years", {"years": seconds // year}, terms.years.at(seconds, year)))
    return Loyalty(max(factor.value for factor in factors), tuple(factor for factor in factors if factor.value))
