"""Verifying the audit trail: chains, checkpoints, and the rows that events hold fast by their digests.

What is read may have been falsified by somebody who owns the database, so nothing of it is trusted, not even its form.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, TypeVar

import orjson

from compensation_service.domain.checkpoint import NONE_BEFORE, Checkpoint, root_of
from compensation_service.domain.errors import Unavailable
from compensation_service.domain.event import START, Event, EventType, hash_of
from compensation_service.domain.offer import Offer
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.services import digests
from compensation_service.services.checkpoints import LATE_MOST, is_signed
from compensation_service.store.scope import Record
from compensation_service.store.store import Store
from compensation_service.store.trail import END, Owner, Sealed, Span
from compensation_service.store.unit_of_work import UnitOfWork

INCIDENTS_AT_ONCE: Final = 200
CHECKPOINTS_AT_ONCE: Final = 20
CONFIRMED: Final = {
    EventType.REMEDY_FULFILLED: RemedyStatus.FULFILLED,
    EventType.REMEDY_FAILED: RemedyStatus.FAILED,
}

Row = TypeVar("Row")


class Fault(StrEnum):
    """What is wrong at a place."""

    CHANGED = "changed"
    """Something is not as it was written."""
    MISSING = "missing"
    """Something was removed, or the end of a chain was cut off."""
    ADDED = "added"
    """Something is there that nothing tells of, or that was put in later than it says."""
    UNSIGNED = "unsigned"
    """A checkpoint does not bear the signature of a key that is trusted."""
    UNREADABLE = "unreadable"
    """Something has a form in which it cannot have been written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, and how that shows. Nothing in it names a person."""

    fault: Fault
    place: str
    detail: str


@dataclass(slots=True)
class Count:
    """How much has been verified so far."""

    incidents: int = 0
    events: int = 0
    offers: int = 0
    erased: int = 0
    checkpoints: int = 0


@dataclass(frozen=True, slots=True)
class Trust:
    """What an auditor believes in from elsewhere.

    `public_keys` are those of checkpoints that count as ours; `noted` are digests of checkpoints by their numbers, as
    they were noted down outside the database.
    """

    public_keys: Collection[str]
    noted: dict[int, str] = field(default_factory=dict)


class AuditService:
    """Verifies the trail of one merchant at a time, in a memory that does not grow with it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def size(self, merchant_id: str) -> int:
        """How many incidents there are to verify."""
        with self._store.reading(merchant_id) as unit:
            return unit.trail.size()

    def verify(
        self, merchant_id: str, trust: Trust, count: Count, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[Finding]:
        """Yield everything that is wrong, and count along what was verified. Raises Unavailable.

        `progress` is told now and then how many incidents are done.
        """
        yield from self._checkpoints(merchant_id, trust, count)
        with self._store.reading(merchant_id) as unit:
            last = unit.checkpoints.last()
        settled = last.made_at - LATE_MOST if last else None
        after = ""
        while True:
            with self._store.reading(merchant_id) as unit:
                ids = unit.trail.ids(after, INCIDENTS_AT_ONCE)
            upto = ids[-1] if len(ids) == INCIDENTS_AT_ONCE else END
            yield from self._span(merchant_id, Span(after, upto), ids, settled, count)
            progress(count.incidents)
            if upto == END:
                return
            after = upto

    def _span(
        self, merchant_id: str, span: Span, ids: Sequence[str], settled: datetime | None, count: Count
    ) -> Iterator[Finding]:
        """Verify a span; where something in it cannot be read, its incidents one by one."""
        try:
            found, done = self._read(merchant_id, span, settled)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever a falsified value does to those who read it, this is the place
            if len(ids) <= 1:
                count.incidents += len(ids)
                yield Finding(Fault.UNREADABLE, ids[0] if ids else "no incident", "it cannot be read")
                return
            places = [span.after, *ids[:-1]]
            uptos = [*ids[:-1], span.upto]
            for after, upto, incident_id in zip(places, uptos, ids, strict=True):
                yield from self._span(merchant_id, Span(after, upto), [incident_id], settled, count)
            return
        count.incidents += done.incidents
        count.events += done.events
        count.offers += done.offers
        count.erased += done.erased
        yield from found

    def _read(self, merchant_id: str, span: Span, settled: datetime | None) -> tuple[list[Finding], Count]:
        with self._store.snapshot(merchant_id) as unit:
            trail = unit.trail
            chains = _by(trail.events(span), lambda event: event.incident_id)
            sealed = _by(trail.sealed(span), lambda head: head.incident_id)
            owners = {owner.id: owner for owner in trail.owners(span)}
            rows = trail.rows_in(span)
            offers = [row.id for held in rows.values() for row in held if isinstance(row, Offer)]
            contents = _Contents(trail.options(offers), trail.remedies(offers))
        found: list[Finding] = []
        for incident_id in sorted({*chains, *sealed, *owners}):
            chain = chains.get(incident_id, [])
            found += _chain(merchant_id, incident_id, chain, sealed.get(incident_id, ()), settled)
            found += _file(incident_id, chain, owners.get(incident_id), rows.get(incident_id, ()), contents)
        erased = sum(owner.erased_at is not None for owner in owners.values())
        return found, Count(len(owners), sum(map(len, chains.values())), len(offers), erased)

    def _checkpoints(self, merchant_id: str, trust: Trust, count: Count) -> Iterator[Finding]:
        """Verify that checkpoints are signed, follow each other, and still have under them what they say."""
        noted = dict(trust.noted)
        before: Checkpoint | None = None
        while True:
            with self._store.snapshot(merchant_id) as unit:
                page = unit.checkpoints.page(before.number if before else 0, CHECKPOINTS_AT_ONCE)
                for each in page:
                    yield from _checkpoint(unit, merchant_id, each, before, trust, noted.pop(each.number, None))
                    before = each
            count.checkpoints += len(page)
            if len(page) < CHECKPOINTS_AT_ONCE:
                break
        if before is None and self.size(merchant_id):
            yield Finding(Fault.MISSING, "checkpoints", "there is none: events that were cut off would not be missed")
        for number in noted:
            yield Finding(Fault.MISSING, f"checkpoint {number}", "it was noted down elsewhere, and is not there")


def _by(rows: Sequence[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    return {name: list(group) for name, group in groupby(sorted(rows, key=key), key)}


def _checkpoint(
    unit: UnitOfWork,
    merchant_id: str,
    checkpoint: Checkpoint,
    before: Checkpoint | None,
    trust: Trust,
    noted: str | None,
) -> Iterator[Finding]:
    place = f"checkpoint {checkpoint.number}"
    if checkpoint.number != (before.number if before else 0) + 1:
        yield Finding(Fault.MISSING, place, "the one before it is not there")
    elif checkpoint.previous != (before.digest(merchant_id) if before else NONE_BEFORE):
        yield Finding(Fault.CHANGED, place, "it does not follow the one before it")
    if checkpoint.public_key not in trust.public_keys:
        yield Finding(Fault.UNSIGNED, place, f"it names the key {checkpoint.public_key[:64]}, which is not trusted")
    elif not is_signed(checkpoint, merchant_id):
        yield Finding(Fault.UNSIGNED, place, "its signature does not fit it")
    heads = unit.checkpoints.heads(checkpoint.number)
    if len(heads) != checkpoint.heads or root_of(heads) != checkpoint.root:
        yield Finding(Fault.CHANGED, place, f"it holds {checkpoint.heads} chains; they are not those that are listed")
    if noted is not None and noted != checkpoint.digest(merchant_id):
        yield Finding(Fault.CHANGED, place, "it is not the one that was noted down elsewhere")


def _chain(
    merchant_id: str, incident_id: str, chain: Sequence[Event], sealed: Sequence[Sealed], settled: datetime | None
) -> Iterator[Finding]:
    """Verify the events of one incident against each other, and against what checkpoints say."""
    previous, expected = START.hash, 1
    for event in chain:
        place = f"{incident_id} event {event.sequence}"
        if event.sequence != expected:
            yield Finding(Fault.MISSING, f"{incident_id} event {expected}", f"the next one there is {event.sequence}")
        elif event.hash != _hash(previous, merchant_id, event):
            yield Finding(Fault.CHANGED, place, "its hash does not fit it and the event before it")
        previous, expected = event.hash, event.sequence + 1
    hashes = {event.sequence: event.hash for event in chain}
    for head in sealed:
        place = f"{incident_id} event {head.sequence}"
        if head.sequence not in hashes:
            yield Finding(Fault.MISSING, place, f"checkpoint {head.checkpoint} holds it")
        elif hashes[head.sequence] != head.hash:
            yield Finding(Fault.CHANGED, place, f"checkpoint {head.checkpoint} holds another one")
    held = max((head.sequence for head in sealed), default=0)
    for event in chain:
        if event.sequence > held and settled is not None and event.occurred_at < settled:
            place = f"{incident_id} event {event.sequence}"
            yield Finding(Fault.ADDED, place, "it is older than the last checkpoint, and under none")


def _hash(previous: str, merchant_id: str, event: Event) -> str:
    return hash_of(
        previous,
        merchant_id,
        event.incident_id,
        event.sequence,
        event.type,
        event.id,
        event.occurred_at,
        event.payload,
    )


@dataclass(slots=True)
class _Told:
    """What the events of an incident say of its rows: the last word on each."""

    holds: dict[str, str] = field(default_factory=dict)
    remedies: dict[tuple[str, int], RemedyStatus] = field(default_factory=dict)
    erased: bool = False

    @classmethod
    def by(cls, chain: Sequence[Event]) -> "_Told":
        told = cls()
        for event in chain:
            said: dict[str, Any] = orjson.loads(event.payload)
            told.holds.update(said.get("holds", {}))
            told.erased |= event.type == EventType.INCIDENT_ERASED
            if event.type in CONFIRMED:
                told.remedies[said["offer"], said["remedy"]] = CONFIRMED[EventType(event.type)]
        return told


def _file(
    incident_id: str, chain: Sequence[Event], owner: Owner | None, rows: Sequence[Any], contents: "_Contents"
) -> Iterator[Finding]:
    """Compare the rows of one incident with what its events say of them."""
    if owner is None:
        yield Finding(Fault.MISSING, incident_id, "events or checkpoints tell of it, and it is not there")
        return
    if not chain:
        yield Finding(Fault.MISSING, f"{incident_id} event 1", "no event tells of this incident")
        return
    told = _Told.by(chain)
    named = {digests.NAMES[type(row)](row): row for row in rows}
    for name in sorted(told.holds.keys() - named.keys()):
        yield Finding(Fault.MISSING, name, "an event tells of it, and it is not there")
    for name, row in sorted(named.items()):
        if name in told.holds:
            if told.holds[name] != digests.of(row, owner.salt):
                yield Finding(Fault.CHANGED, name, "it is not what the last event about it holds")
        elif owner.salt is not None or told.erased:  # incidents from before there were digests have neither
            yield Finding(Fault.ADDED, name, "no event tells of it")
    for offer in rows:
        if isinstance(offer, Offer) and told.holds.get(offer.id) == digests.of(offer, owner.salt):
            yield from contents.verify(offer, told, owner)


class _Contents:
    """What offers hold besides their own row: their document, which is held fast, says what that has to be."""

    def __init__(self, options: Sequence[Record], remedies: Sequence[Record]) -> None:
        self._options = _by(options, lambda row: str(row.offer_id))
        self._remedies = _by(remedies, lambda row: str(row.offer_id))

    def verify(self, offer: Offer, told: _Told, owner: Owner) -> Iterator[Finding]:
        """Compare it for an offer that is as it was written."""
        if not told.erased and _customer(offer) != owner.customer_reference:
            yield Finding(Fault.CHANGED, owner.id, f"its customer is not the one that {offer.id} was decided for")
        options, remedies = self._options.get(offer.id, ()), self._remedies.get(offer.id, ())
        if _said(offer) != (
            {row.id: (row.worth_minor, row.cost_minor) for row in options},
            {(row.option_id, row.position): (row.kind, row.value_minor, row.cost_minor) for row in remedies},
        ):
            yield Finding(Fault.CHANGED, f"{offer.id} options", "they are not those of the offer's document")
        for row in remedies:
            is_chosen = row.option_id == offer.chosen_option
            confirmed = told.remedies.get((offer.id, row.position)) if is_chosen else None
            unconfirmed = {None, RemedyStatus.PROMISED} if is_chosen else {None}
            if row.status not in ({confirmed} if confirmed else unconfirmed):
                yield Finding(Fault.CHANGED, f"{offer.id} {row.option_id} remedy {row.position}", "no event says so")


def _customer(offer: Offer) -> str:
    """Whom the offer was decided for, as its facts say."""
    reference: str = orjson.loads(offer.facts)["customer"]["reference"]
    return reference


def _said(offer: Offer) -> tuple[dict[str, Any], dict[tuple[str, int], Any]]:
    """The options and their remedies as the document says."""
    options = orjson.loads(offer.document)["options"]
    return {option["id"]: (option["worth"]["amount"], option["cost"]["amount"]) for option in options}, {
        (option["id"], position): (remedy["kind"], (remedy["value"] or {}).get("amount"), remedy["cost"]["amount"])
        for option in options
        for position, remedy in enumerate(option["remedies"], 1)
    }
