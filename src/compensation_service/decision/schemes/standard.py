"""The standard facts: what every case tells, under the names by which a scheme's facts can take it."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from compensation_service.decision.case import affected_value
from compensation_service.decision.facts import Attribute, Facts, Order, UnusableFacts
from compensation_service.decision.money import Money
from compensation_service.decision.schemes.numbers import Number, whole

STANDARD_FACTS: Mapping[str, str] = {
    "order.total": "money: what the order cost, shipping included",
    "order.shipping": "money: paid for shipping",
    "order.affected_value": "money: the affected lines, whole; the whole order without its shipping if none is marked",
    "order.refunded": "money: paid back already",
    "order.currency": "text: ISO 4217",
    "order.country": "text: ISO 3166",
    "order.reference": "text",
    "order.placed_at": "moment",
    "order.promised_at": "moment",
    "order.delivered_at": "moment; null where the order was promised and has not been delivered",
    "incident.category": "text",
    "incident.grade": "text",
    "incident.fault": "text",
    "incident.disposition": "text: kept, rejected, not_received",
    "incident.delay_hours": "decimal",
    "incident.wait_minutes": "decimal",
    "incident.critical_need": "boolean",
    "incident.verified": "boolean",
    "incident.occurred_at": "moment; without it, when it was reported, or decided",
    "incident.reported_at": "moment",
    "customer.kind": "text: consumer, business",
    "customer.tier": "text",
    "customer.orders_count": "integer: this order left out",
    "customer.prefers": "text: the kind of remedy that was asked for",
    "decision.decided_at": "moment",
}


def standard_facts(facts: Facts, exponent: Callable[[str], int | None]) -> dict[str, object]:
    """What a case tells, by standard names, and the attributes of incident and order by their own.

    Amounts are exact, in whole units; what was not told is left out. The attributes of the incident win.
    """
    incident, customer, order = facts.incident, facts.customer, facts.order
    told: dict[str, object] = {
        "incident.category": incident.category,
        "incident.grade": incident.grade,
        "incident.fault": str(incident.fault),
        "incident.disposition": None if incident.disposition is None else str(incident.disposition),
        "incident.delay_hours": incident.delay_hours,
        "incident.wait_minutes": incident.wait_minutes,
        "incident.critical_need": incident.critical_need,
        "incident.verified": incident.verified,
        "incident.occurred_at": incident.occurred_at or incident.reported_at or facts.decided_at,
        "incident.reported_at": incident.reported_at,
        "customer.kind": str(customer.kind),
        "customer.tier": customer.tier,
        "customer.orders_count": customer.orders_count,
        "customer.prefers": None if customer.prefers is None else str(customer.prefers),
        "decision.decided_at": facts.decided_at,
    }
    told = {name: value for name, value in told.items() if value is not None}
    if order is not None:
        told |= _of_order(order, exponent(order.currency) or 0)
        told |= _attributes(order.attributes, "/order/attributes", order.currency, exponent)
    currency = order.currency if order is not None else incident.currency
    return told | _attributes(incident.attributes, "/incident/attributes", currency, exponent)


def _attributes(
    attributes: Mapping[str, Attribute], pointer: str, currency: str | None, exponent: Callable[[str], int | None]
) -> dict[str, object]:
    """Attributes with their amounts in whole units. Two currencies never mix."""

    def told(value: object, place: str) -> object:
        if isinstance(value, Money):
            if value.currency != currency:
                detail = "This is not the currency of the case, and two currencies are never mixed."
                raise UnusableFacts(place, "currency_mismatch", detail)
            return _money(value.amount, exponent(value.currency) or 0)
        if isinstance(value, Mapping):
            return {name: told(part, f"{place}/{name}") for name, part in value.items()}
        if isinstance(value, tuple | list):
            return tuple(told(item, f"{place}/{number}") for number, item in enumerate(value))
        return value

    return {name: told(value, f"{pointer}/{name}") for name, value in attributes.items()}


def _of_order(order: Order, places: int) -> dict[str, object]:
    told: dict[str, object] = {
        "order.total": _money(order.total, places),
        "order.shipping": _money(order.shipping, places),
        "order.affected_value": _money(affected_value(order), places),
        "order.refunded": _money(order.refunded, places),
        "order.currency": order.currency,
        "order.country": order.country,
        "order.reference": order.reference,
        "order.placed_at": order.placed_at,
        "order.promised_at": order.promised_at,
        "order.delivered_at": order.delivered_at,
    }
    not_delivered = order.delivered_at is None and order.promised_at is not None
    return {
        name: value
        for name, value in told.items()
        if value is not None or (name == "order.delivered_at" and not_delivered)
    }


def _money(minor: int, places: int) -> Number:
    return whole(Fraction(minor, 10**places))
