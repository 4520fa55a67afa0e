"""The facts of a case under the names by which a scheme may take them (`takes: order.affected_value`).

Money is in whole units of the currency here, as in the text of a law; attributes of the incident and the order follow
under their own names.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from compensation_service.decision.case import Case, affected_value
from compensation_service.decision.facts import Order, UnusableFacts
from compensation_service.decision.money import Money

MONEY: Final = {
    "order.total": lambda order: order.total,
    "order.shipping": lambda order: order.shipping,
    "order.refunded": lambda order: order.refunded,
    "order.affected_value": affected_value,
}
PLAIN: Final = ("reference", "country", "currency", "placed_at", "promised_at", "delivered_at")


def standard_facts(case: Case) -> dict[str, object]:
    """Everything a scheme may take; a fact that is not known is None."""
    facts, incident = case.facts, case.facts.incident
    known: dict[str, object] = {
        "incident.category": incident.category,
        "incident.grade": incident.grade,
        "incident.fault": incident.fault.value,
        "incident.disposition": incident.disposition and incident.disposition.value,
        "incident.critical_need": incident.critical_need,
        "incident.verified": incident.verified,
        "incident.delay_hours": incident.delay_hours,
        "incident.wait_minutes": incident.wait_minutes,
        "incident.occurred_at": incident.occurred_at,
        "incident.reported_at": incident.reported_at,
        "customer.kind": facts.customer.kind.value,
        "customer.orders_count": facts.customer.orders_count,
        "decision.decided_at": facts.decided_at,
    }
    if facts.order is not None:
        known |= _of_order(facts.order, 10**case.currency.exponent)
        known |= _attributes(facts.order.attributes, "/order/attributes", case)
    return known | _attributes(incident.attributes, "/incident/attributes", case)


NAMES: Final = frozenset(
    {
        "incident.category",
        "incident.grade",
        "incident.fault",
        "incident.disposition",
        "incident.critical_need",
        "incident.verified",
        "incident.delay_hours",
        "incident.wait_minutes",
        "incident.occurred_at",
        "incident.reported_at",
        "customer.kind",
        "customer.orders_count",
        "decision.decided_at",
        *MONEY,
        *(f"order.{name}" for name in PLAIN),
    }
)
"""Every name that can be taken."""


def _of_order(order: Order, scale: int) -> dict[str, object]:
    money = {name: Fraction(read(order), scale) for name, read in MONEY.items()}
    return {**money, **{f"order.{name}": getattr(order, name) for name in PLAIN}}


def _attributes(attributes: Mapping[str, object], pointer: str, case: Case) -> dict[str, object]:
    """Attributes with amounts in whole units; two currencies do not mix."""
    known: dict[str, object] = {}
    for name, value in attributes.items():
        if isinstance(value, Money):
            if value.currency != case.currency.code:
                detail = "This is not the currency of the case; two currencies are never mixed."
                raise UnusableFacts(f"{pointer}/{name}", "currency_mismatch", detail)
            known[name] = Fraction(value.amount, 10**case.currency.exponent)
        else:
            known[name] = value
    return known
