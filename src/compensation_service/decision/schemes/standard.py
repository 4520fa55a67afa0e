"""The standard facts: what every case tells, under the names by which a scheme's facts can take it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from compensation_service.decision.case import affected_value
from compensation_service.decision.facts import Attribute, Facts, Order, UnusableFacts
from compensation_service.decision.money import Money
from compensation_service.decision.schemes.numbers import Number

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


def happened_at(facts: Facts) -> datetime:
    """When it happened; where nobody told, when it was reported, or else decided."""
    return facts.incident.occurred_at or facts.incident.reported_at or facts.decided_at


@lru_cache(4096)
def _money(minor: int, places: int) -> Number:
    units, rest = divmod(minor, 10**places)
    return Fraction(minor, 10**places) if rest else units


_OF_CASE: Mapping[str, Callable[[Facts], object]] = {
    "incident.category": lambda facts: facts.incident.category,
    "incident.grade": lambda facts: facts.incident.grade,
    "incident.fault": lambda facts: str(facts.incident.fault),
    "incident.disposition": lambda facts: facts.incident.disposition and str(facts.incident.disposition),
    "incident.delay_hours": lambda facts: facts.incident.delay_hours,
    "incident.wait_minutes": lambda facts: facts.incident.wait_minutes,
    "incident.critical_need": lambda facts: facts.incident.critical_need,
    "incident.verified": lambda facts: facts.incident.verified,
    "incident.occurred_at": happened_at,
    "incident.reported_at": lambda facts: facts.incident.reported_at,
    "customer.kind": lambda facts: str(facts.customer.kind),
    "customer.tier": lambda facts: facts.customer.tier,
    "customer.orders_count": lambda facts: facts.customer.orders_count,
    "customer.prefers": lambda facts: facts.customer.prefers and str(facts.customer.prefers),
    "decision.decided_at": lambda facts: facts.decided_at,
}
_OF_ORDER: Mapping[str, Callable[[Order, int], object]] = {
    "order.total": lambda order, places: _money(order.total, places),
    "order.shipping": lambda order, places: _money(order.shipping, places),
    "order.affected_value": lambda order, places: _money(affected_value(order), places),
    "order.refunded": lambda order, places: _money(order.refunded, places),
    "order.currency": lambda order, _: order.currency,
    "order.country": lambda order, _: order.country,
    "order.reference": lambda order, _: order.reference,
    "order.placed_at": lambda order, _: order.placed_at,
    "order.promised_at": lambda order, _: order.promised_at,
    "order.delivered_at": lambda order, _: order.delivered_at,
}


def standard_facts(
    facts: Facts, exponent: Callable[[str], int | None], names: Collection[str] = tuple(STANDARD_FACTS)
) -> dict[str, object]:
    """What a case tells: the standard facts of these names, and the attributes of incident and order by their own.

    Amounts are exact, in whole units; what was not told is left out. The attributes of the incident win.
    """
    incident, order = facts.incident, facts.order
    told: dict[str, object] = {}
    places = exponent(order.currency) or 0 if order is not None else 0
    for name in names:
        value: object = None
        if name in _OF_CASE:
            value = _OF_CASE[name](facts)
        elif order is not None:
            value = _OF_ORDER[name](order, places)
        if value is not None:
            told[name] = value
    if order is not None:
        if order.delivered_at is None and order.promised_at is not None:
            told["order.delivered_at"] = None  # it is on its way: that there is no such moment is known
        if order.attributes:
            told |= _attributes(order.attributes, "/order/attributes", order.currency, exponent)
    if incident.attributes:
        currency = incident.currency if order is None else order.currency
        told |= _attributes(incident.attributes, "/incident/attributes", currency, exponent)
    return told


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
