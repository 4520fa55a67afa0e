"""What an endpoint is told: built from what is kept, the same at every attempt, and only what is listed here.

Cost, reasoning and approvals stay inside. The letter comes with an offer that the customer is to hear of, as long as it
can be taken. Words about persons are never copied for sending.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from compensation_service.domain.delivery import Delivery, Notice
from compensation_service.domain.event import Event, EventType
from compensation_service.domain.incident import Incident
from compensation_service.domain.letter import LetterStatus
from compensation_service.domain.offer import Offer
from compensation_service.domain.webhook_endpoint import PayloadFormat
from compensation_service.services.documents import dump, moment
from compensation_service.services.letter_desk import SPOKEN_OF, can_be_told
from compensation_service.services.letters import brief
from compensation_service.store.offers import StoredOffer
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]

BYTES_MOST = 20_000
NAMES = frozenset({"id", "reference", "status", "version", "url"})
"""What is left of an offer, and of its incident, in a body that would be larger."""
ABOUT_OFFERS = ("offer.", "remedy.")
"""Families of events that come with the whole offer; `status` and `version` in their payload are the offer's."""
WITH_LETTER = frozenset({EventType.OFFER_CREATED, EventType.OFFER_APPROVED, EventType.OFFER_OVERRIDDEN})
"""Events with which the customer hears of an offer for the first time, if they leave it to be taken."""
OFFER = (
    "mode",
    "default_option",
    "decided_at",
    "respond_by",
    "carry_out_by",
    "follow_up_at",
    "expires_at",
)
"""What is taken from an offer as it is; the rest is taken apart below."""
ENTITLEMENT = ("scheme", "reference", "choice", "amount", "due_by", "text")
REMEDY = ("kind", "value", "valid_until")
CHANGE = (
    "status",
    "version",
    "option",
    "remedy",
    "supersedes",
    "changed",
    "reopening",
    "clock",
    "follow_up",
    "due_at",
    "outcome",
    "rating",
    "message",
    "direction",
    "channel",
    "evidence",
    "account",
    "kind",
    "letter",
)
"""What is told of an event's own payload: which thing it was about, and what became of it."""
MEDIA_TYPES = {
    PayloadFormat.STANDARD: "application/json",
    PayloadFormat.CLOUDEVENTS: "application/cloudevents+json",
}


def bodies(
    unit: UnitOfWork, wanted: Iterable[Delivery], form: PayloadFormat, base_url: str, now: datetime
) -> dict[str, bytes]:
    """The bodies of deliveries, by the message's id; none for a message that is not kept any more.

    Customers' links are in them as they are stored.
    """
    listed = list(wanted)
    told = {delivery.message_id for delivery in listed}
    events = unit.events.find(told)
    notices = unit.notices.find(told - events.keys())
    data: dict[str, Event | Notice] = {**events, **notices}
    return {
        delivery.message_id: _bounded(unit, data[delivery.message_id], delivery, form, base_url, now)
        for delivery in listed
        if delivery.message_id in data
    }


def unwritten(unit: UnitOfWork, wanted: Iterable[Delivery], now: datetime) -> list[Offer]:
    """The offers of deliveries that go with a letter which nobody has written yet."""
    events = unit.events.find({delivery.message_id for delivery in wanted if delivery.type in WITH_LETTER})
    offers = {offer_id: unit.offers.get(offer_id) for offer_id in map(_announced, events.values()) if offer_id}
    told = [each.offer for each in offers.values() if each and can_be_told(each.offer, each.incident, now)]
    return [offer for offer in told if unit.letters.of_offer(offer.id) is None]


def _announced(event: Event) -> str | None:
    """The id of the offer that the customer hears of with an event for the first time."""
    payload = orjson.loads(event.payload)
    return payload["offer"] if event.type in WITH_LETTER and payload.get("status") in SPOKEN_OF else None


def _letter(unit: UnitOfWork, event: Event, stored: StoredOffer, now: datetime) -> Document | None:
    """The letter for the customer; None where it is not time for one, or a person has to finish it first."""
    if not _announced(event) or not can_be_told(stored.offer, stored.incident, now):
        return None
    letter = unit.letters.of_offer(stored.offer.id)
    return None if letter is None or letter.status is LetterStatus.DRAFT else brief(letter)


def _bounded(
    unit: UnitOfWork, told: Event | Notice, delivery: Delivery, form: PayloadFormat, base_url: str, now: datetime
) -> bytes:
    """The body; where it would be too large, the offer's and the incident's names, with the letter if that fits."""
    data = _of_event(unit, told, base_url, now) if isinstance(told, Event) else orjson.loads(told.payload)
    body = dump(_wrapped(told, delivery, data, form, base_url))
    for kept in (NAMES | {"letter"}, NAMES):
        if len(body) <= BYTES_MOST:
            break
        thin = {name: _only(kept, value) if isinstance(value, dict) else value for name, value in data.items()}
        body = dump(_wrapped(told, delivery, {**thin, "shortened": True}, form, base_url))
    return body


def _only(names: Collection[str], document: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name in names}


def _wrapped(told: Event | Notice, delivery: Delivery, data: Document, form: PayloadFormat, base_url: str) -> Document:
    at = moment(told.occurred_at)
    if form is PayloadFormat.STANDARD:
        return {"type": told.type, "timestamp": at, "id": told.id, "sequence": delivery.sequence, "data": data}
    return {
        "specversion": "1.0",
        "id": told.id,
        "source": base_url,
        "type": told.type,
        "subject": delivery.stream,
        "time": at,
        "sequence": f"{delivery.sequence:019}",  # the extension's values are compared as texts
        "datacontenttype": "application/json",
        "data": data,
    }


def _of_event(unit: UnitOfWork, event: Event, base_url: str, now: datetime) -> Document:
    payload = orjson.loads(event.payload)
    offer_id = payload.get("offer")
    stored = unit.offers.get(offer_id) if isinstance(offer_id, str) and event.type.startswith(ABOUT_OFFERS) else None
    incident = stored.incident if stored else unit.incidents.get(event.incident_id)
    offer = stored and {**_offer(stored, payload, base_url), "letter": _letter(unit, event, stored, now)}
    return {
        "incident": incident and _incident(incident, base_url),
        "offer": offer or (offer_id and _named(offer_id, base_url)),
        "change": {name: payload[name] for name in CHANGE if name in payload},
    }


def _named(offer_id: str, base_url: str) -> Document:
    return {"id": offer_id, "url": f"{base_url}/offers/{offer_id}"}


def _incident(incident: Incident, base_url: str) -> Document:
    return {
        "id": incident.id,
        "reference": incident.reference,
        "category": incident.category,
        "customer": {"reference": incident.customer_reference},
        "order": {"reference": incident.order_reference} if incident.order_reference else None,
        "url": f"{base_url}/incidents/{incident.id}",
    }


def _offer(stored: StoredOffer, payload: Mapping[str, Any], base_url: str) -> Document:
    """The offer as the event left it: what was decided never changes, and the rest is in the event."""
    document: Document = orjson.loads(stored.offer.document)
    return {
        **_named(stored.offer.id, base_url),
        "status": payload.get("status", document.get("status")),
        "version": payload.get("version", 1),
        "policy": {"name": stored.offer.policy_name, "version": stored.offer.policy_version},
        "currency": stored.offer.currency,
        **{name: document.get(name) for name in OFFER},
        "entitlements": [{name: item.get(name) for name in ENTITLEMENT} for item in document.get("entitlements") or ()],
        "options": [
            {
                "id": option.get("id"),
                "remedies": [{name: remedy.get(name) for name in REMEDY} for remedy in option.get("remedies") or ()],
                "worth": option.get("worth"),
                "text": option.get("text"),
            }
            for option in document.get("options") or ()
        ],
        "chosen_option": payload.get("option"),
    }
