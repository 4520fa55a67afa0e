"""An incident as it is answered: what is known of it, and what happened, with the words that go with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from compensation_service.domain.account import Account
from compensation_service.domain.event import Event
from compensation_service.domain.evidence import Evidence
from compensation_service.domain.follow_up import FollowUp
from compensation_service.domain.incident import Incident, Reopening
from compensation_service.domain.message import Message
from compensation_service.domain.offer import Offer
from compensation_service.services.documents import moment
from compensation_service.services.offer_documents import move_document
from compensation_service.store.incident_file import Paper
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]


def document(incident: Incident) -> Document:
    """The incident as it is answered."""
    return {
        "id": incident.id,
        "reference": incident.reference,
        "category": incident.category,
        "status": incident.status,
        "band": incident.band,
        "severity": incident.severity,
        "fault": incident.fault,
        "verified": incident.verified,
        "group": incident.group,
        "customer": {"reference": incident.customer_reference},
        "order": {"reference": incident.order_reference} if incident.order_reference else None,
        "summary": incident.summary,
        "occurred_at": moment(incident.occurred_at),
        "reported_at": incident.reported_at and moment(incident.reported_at),
        "recorded_at": moment(incident.recorded_at),
        "owner": incident.owner,
        "root_cause": {
            "stage": incident.stage,
            "cause": incident.cause,
            "product": incident.product,
            "carrier": incident.carrier,
        },
        "earlier": incident.earlier,
        "reopened": incident.reopened,
        "escalated_at": incident.escalated_at and moment(incident.escalated_at),
        "version": incident.version,
    }


def brief_offer(offer: Offer, now: datetime) -> Document:
    """One line about an offer of an incident."""
    return {"id": offer.id, "status": offer.status_at(now), "decided_at": moment(offer.decided_at)}


def paper_document(paper: Paper) -> Document:
    """A message, a piece of evidence or an account, as it is answered."""
    common = {"id": paper.id, "by": paper.by, "at": moment(paper.at), "recorded_at": moment(paper.recorded_at)}
    match paper:
        case Message():
            return {**common, "direction": paper.direction, "channel": paper.channel, "words": paper.words}
        case Evidence():
            own = {"kind": paper.kind, "description": paper.description, "link": paper.link, "sha256": paper.sha256}
            return {**common, **own}
        case Account():
            return {**common, "words": paper.words}


def follow_up_document(follow_up: FollowUp, now: datetime) -> Document:
    """A follow-up as it is answered, without what it is about."""
    return {
        "id": follow_up.id,
        "status": follow_up.status_at(now),
        "outcome": follow_up.outcome,
        "offer": {"id": follow_up.offer_id},
        "due_at": moment(follow_up.due_at),
        "planned_at": moment(follow_up.planned_at),
        "words": follow_up.words,
        "rating": follow_up.rating,
        "by": follow_up.by,
        "done_at": follow_up.done_at and moment(follow_up.done_at),
    }


def story(unit: UnitOfWork, incident_id: str, events: Sequence[Event], now: datetime) -> list[Document]:
    """Events as they are answered, each with the words that lie elsewhere; a fixed number of questions for all.

    Where the words were erased the event stands without them.
    """
    payloads: list[Mapping[str, Any]] = [orjson.loads(event.payload) for event in events]
    words = _gather(unit, incident_id, payloads)
    return [_told(event, payload, words, now) for event, payload in zip(events, payloads, strict=True)]


@dataclass(frozen=True, slots=True)
class _Words:
    """What events point to, by what they say of it."""

    papers: Mapping[str, Paper]
    follow_ups: Mapping[str, FollowUp]
    reopenings: Mapping[int, Reopening]
    moves: Mapping[tuple[str, int], Document]


def _gather(unit: UnitOfWork, incident_id: str, payloads: Sequence[Mapping[str, Any]]) -> _Words:
    def named(name: str) -> list[Any]:
        return [payload[name] for payload in payloads if name in payload]

    papers: dict[str, Paper] = {
        **unit.file.find(Message, named("message")),
        **unit.file.find(Evidence, named("evidence")),
        **unit.file.find(Account, named("account")),
    }
    return _Words(
        papers,
        unit.follow_ups.find(named("follow_up")),
        unit.incidents.reopenings(incident_id, named("reopening")),
        _moves(unit, incident_id, set(named("offer"))),
    )


def _moves(unit: UnitOfWork, incident_id: str, offer_ids: Iterable[str]) -> dict[tuple[str, int], Document]:
    """What was done with offers, by offer and version."""
    wanted = set(offer_ids)
    offers = [offer for offer in unit.incidents.offers_of(incident_id) if offer.id in wanted] if wanted else []
    made = unit.moves.of([offer.id for offer in offers])
    return {(offer.id, move.version): move_document(move, offer) for offer in offers for move in made.get(offer.id, ())}


def _told(event: Event, payload: Mapping[str, Any], words: _Words, now: datetime) -> Document:
    told: Document = {
        "id": event.id,
        "sequence": event.sequence,
        "type": event.type,
        "occurred_at": moment(event.occurred_at),
        "by": payload.get("by"),
    }
    if "offer" in payload:
        told["offer"] = payload["offer"]
    for name in ("changed", "clock"):
        if name in payload:
            told[name] = payload[name]
    for name in ("message", "evidence", "account"):
        if paper := words.papers.get(payload.get(name, "")):
            told[name] = paper_document(paper)
    if follow_up := words.follow_ups.get(payload.get("follow_up", "")):
        told["follow_up"] = follow_up_document(follow_up, now)
    if again := words.reopenings.get(payload.get("reopening", 0)):
        told["reopening"] = {"number": again.number, "reason": again.reason}
    if move := words.moves.get((payload.get("offer", ""), payload.get("version", 0))):
        told["move"] = move
    return told
