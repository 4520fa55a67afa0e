"""What an endpoint is told: built from what is kept, the same at every attempt, and only what is listed here.

Cost, reasoning, approvals, letters and customer links stay inside. Words about persons are never copied for sending.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from compensation_service.domain.delivery import Delivery, Notice
from compensation_service.domain.event import Event
from compensation_service.domain.incident import Incident
from compensation_service.domain.webhook_endpoint import PayloadFormat
from compensation_service.services.documents import dump, moment
from compensation_service.store.offers import StoredOffer
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]

BYTES_MOST = 20_000
ABOUT_OFFERS = ("offer.", "remedy.")
"""Families of events that come with the whole offer; `status` and `version` in their payload are the offer's."""
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


def bodies(unit: UnitOfWork, wanted: Iterable[Delivery], form: PayloadFormat, base_url: str) -> dict[str, bytes]:
    """The bodies of deliveries, by the message's id; none for a message that is not kept any more."""
    listed = list(wanted)
    told = {delivery.message_id for delivery in listed}
    events = unit.events.find(told)
    notices = unit.notices.find(told - events.keys())
    data: dict[str, Event | Notice] = {**events, **notices}
    return {
        delivery.message_id: _bounded(unit, data[delivery.message_id], delivery, form, base_url)
        for delivery in listed
        if delivery.message_id in data
    }


def _bounded(unit: UnitOfWork, told: Event | Notice, delivery: Delivery, form: PayloadFormat, base_url: str) -> bytes:
    """The body; where it would be too large, the offer's and the incident's names alone."""
    data = _of_event(unit, told, base_url) if isinstance(told, Event) else orjson.loads(told.payload)
    body = dump(_wrapped(told, delivery, data, form, base_url))
    if len(body) <= BYTES_MOST:
        return body
    thin = {name: _names(value) if isinstance(value, dict) else value for name, value in data.items()}
    return dump(_wrapped(told, delivery, {**thin, "shortened": True}, form, base_url))


def _names(document: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name in {"id", "reference", "status", "version", "url"}}


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


def _of_event(unit: UnitOfWork, event: Event, base_url: str) -> Document:
    payload = orjson.loads(event.payload)
    offer_id = payload.get("offer")
    stored = unit.offers.get(offer_id) if isinstance(offer_id, str) and event.type.startswith(ABOUT_OFFERS) else None
    incident = stored.incident if stored else unit.incidents.get(event.incident_id)
    return {
        "incident": incident and _incident(incident, base_url),
        "offer": _offer(stored, payload, base_url) if stored else offer_id and _named(offer_id, base_url),
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
