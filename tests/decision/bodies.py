"""Request bodies as facts, for tests of the decision alone."""

from datetime import UTC, date, datetime
from decimal import Decimal

from compensation_service.decision.facts import (
    Channel,
    Customer,
    Disposition,
    Facts,
    Fault,
    History,
    Incident,
    Order,
    OrderLine,
    PastIncident,
    RemedyKind,
    ServiceLevel,
)

READ = {
    "delay_hours": Decimal,
    "wait_minutes": Decimal,
    "service_level": ServiceLevel,
    "channel": Channel,
    "fault": Fault,
    "disposition": Disposition,
    "remediable": lambda kinds: frozenset(map(RemedyKind, kinds)),
    "prefers": RemedyKind,
    "lines": lambda lines: tuple(OrderLine(**line) for line in lines),
    "history": lambda history: History(tuple(PastIncident(**_read(past)) for past in history["incidents"])),
    "customer_since": lambda text: date.fromisoformat(text) if len(text) == 10 else _moment(text),
}


def facts_of(body):
    return Facts(
        incident=Incident(**_read(body["incident"])),
        customer=Customer(**_read(body.get("customer", {"reference": ""}))),
        decided_at=_moment(body["decided_at"]),
        order=Order(**_read(body["order"])) if "order" in body else None,
    )


def _read(fields):
    return {name: _value(name, value) for name, value in fields.items()}


def _value(name, value):
    if name.endswith("_at"):
        return _moment(value)
    return READ[name](value) if name in READ else value


def _moment(text):
    return datetime.fromisoformat(text).astimezone(UTC)
