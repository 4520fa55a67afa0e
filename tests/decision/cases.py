"""Facts for tests: 72 hours late, an order of 100.00 EUR, our fault, a new customer; and what is changed of it."""

from datetime import UTC, datetime
from decimal import Decimal

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import Customer, Facts, Fault, Incident, Order
from compensation_service.policies.load import default_policy

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
ORDER = Order("EUR", 10_000)


def an_incident(category="late_delivery", **changes):
    known = {"delay_hours": Decimal(72)} if category == "late_delivery" else {}
    return Incident(category, **({"fault": Fault.COMPANY} | known | changes))


def facts(incident=None, *, order=ORDER, decided_at=NOW, **customer):
    return Facts(incident or an_incident(), Customer("C-1", **customer), decided_at, order)


def decided(incident=None, *, policy=None, **changes):
    return decide(facts(incident, **changes), policy or default_policy())


def kinds(decision):
    """The options as lists of words."""
    return [[remedy.kind.value for remedy in option.remedies] for option in decision.options]


def codes(reasons):
    return [reason.code for reason in reasons]


BY_DAYS = """
schemes:
  - own:
      id: shop-by-days
      title: Each day earns 5 euros
      basis: promise
      sources: [{url: "https://example.com", what: The promise}]
      currency: EUR
      facts: {days: {type: integer, unit: days}}
      values: {a_day: 5}
      owed: [{kind: payment, amount: {amount: a_day, for_each: days}}]
    categories: [late_delivery]
"""
"""A promise, adopted for late deliveries: a policy's `schemes:`."""
A_CHOICE_OF_SUMS = """
  - own:
      id: shop-money-or-voucher
      title: Trouble earns 5 euros or a voucher for 7
      basis: promise
      sources: [{url: "https://example.com", what: The promise}]
      currency: EUR
      facts: {form: {type: text, one_of: [cash, voucher], required: false}}
      owed:
        - id: thanks
          customer_chooses: form
          among: [{id: cash, kind: payment, amount: 5}, {id: voucher, kind: store_credit, amount: 7}]
"""
"""Another one: a sum in a form of the customer's choice."""
