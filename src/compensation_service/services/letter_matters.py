"""What a letter is about, read from an offer as it was answered and from the facts it was decided from."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import orjson

from compensation_service.decision.facts import Channel, Facts, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.options import Remedy
from compensation_service.domain.incident import Incident
from compensation_service.domain.letter import Addressee, LetterKind
from compensation_service.domain.offer import OfferStatus
from compensation_service.letters.matter import Terms, Trouble
from compensation_service.letters.numbers import day_of

MINUTE_SECONDS: Final = 60
HOUR_MINUTES: Final = 60
WORN_OUT: Final = "apology_by_person"
"""The guard which says that the customer has had an apology by machine not long ago."""


def addressee_of(incident: Incident) -> Addressee:
    """Who is written to, as it was told of the incident; nobody knows any more once that is erased."""
    customer = orjson.loads(incident.told).get("customer", {})
    return Addressee(customer.get("name"), customer.get("email"), customer.get("locale"))


def trouble_of(facts: Facts) -> Trouble:
    """What happened, in the facts of a decision."""
    incident, order = facts.incident, facts.order
    minutes = incident.wait_minutes if incident.channel is not None else None
    promised = order.promised_at if order is not None else None
    delivered = order.delivered_at if order is not None else None
    if incident.delay_hours is not None:
        minutes = incident.delay_hours * HOUR_MINUTES
    elif promised is not None and incident.grade is None and minutes is None:
        seconds = int(((delivered or facts.decided_at) - promised).total_seconds())
        minutes = Decimal(seconds) / MINUTE_SECONDS
    return Trouble(
        category=incident.category,
        grade=incident.grade,
        minutes=None if minutes is None else max(minutes, Decimal(0)),
        channel=incident.channel,
        service_level=incident.service_level,
        still_waiting=promised is not None and delivered is None,
        fault=incident.fault,
        urgent=incident.critical_need and incident.group is None,
    )


def trouble_told(incident: Incident) -> Trouble:
    """What happened, as it was told, before anything is decided."""
    known = orjson.loads(incident.told).get("incident", {})
    channel, wait, delay = known.get("channel"), known.get("wait_minutes"), known.get("delay_hours")
    minutes = None if wait is None or channel is None else Decimal(str(wait))
    if delay is not None:
        minutes = max(Decimal(str(delay)), Decimal(0)) * HOUR_MINUTES
    return Trouble(
        category=incident.category,
        grade=known.get("grade"),
        minutes=minutes,
        channel=Channel(channel) if channel else None,
        service_level=ServiceLevel(known.get("service_level", ServiceLevel.STANDARD)),
        fault=incident.fault,
    )


def terms_of(document: Mapping[str, Any], *, stands: bool) -> Terms:
    """What is offered, in the answer to a request for an offer; `stands`: the default asks nothing of the customer."""
    options = document["options"]
    return Terms(
        options=tuple(tuple(map(_remedy, option["remedies"])) for option in options),
        default=next(place for place, option in enumerate(options) if option["id"] == document["default_option"]),
        currency=document["goodwill"]["amount"]["currency"],
        open=document["status"] == OfferStatus.OPEN,
        stands=stands,
        expires_on=_day(document["expires_at"]),
        done_by=_day(document["carry_out_by"]),
    )


def _remedy(told: Mapping[str, Any]) -> Remedy:
    value, until = told["value"], told["valid_until"]
    return Remedy(
        RemedyKind(told["kind"]),
        None if value is None else value["amount"],
        0,
        None if until is None else datetime.fromisoformat(until),
    )


def _day(moment: str) -> date:
    return day_of(datetime.fromisoformat(moment))


def is_repeated(document: Mapping[str, Any]) -> bool:
    """Whether this customer had an apology by machine not long ago, so that a person has to apologise now."""
    return any(guard["code"] == WORN_OUT for guard in document["guards"])


def kind_of(document: Mapping[str, Any], fault: Fault) -> LetterKind:
    """Whether the letter that goes with an offer apologises, or explains and helps."""
    apologises = any(
        remedy["kind"] == RemedyKind.APOLOGY for each in document["options"] for remedy in each["remedies"]
    )
    ours = fault is not Fault.CUSTOMER
    return LetterKind.APOLOGY if ours and (apologises or is_repeated(document)) else LetterKind.INFORMATION
