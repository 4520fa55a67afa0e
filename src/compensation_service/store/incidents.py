"""Incidents in the store."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, bindparam, exists, func, select

from compensation_service.decision.policy import Band
from compensation_service.domain.incident import Incident, IncidentStatus, Reopening, Stage
from compensation_service.domain.offer import Offer, OfferStatus
from compensation_service.domain.search_text import words
from compensation_service.store.lookup import Lookup
from compensation_service.store.pages import Page, turn, turn_by_moment
from compensation_service.store.scope import MERCHANT, Record, Scope, columns_of, scoped, scoped_delete, scoped_update
from compensation_service.store.tables import incident_words, incidents, offers, reopenings

_FIELDS = [field.name for field in fields(Incident)]
_COLUMNS = columns_of(incidents, Incident)
_ALL = scoped(incidents, columns=_COLUMNS)
_ONE = _ALL.where(incidents.c.id == bindparam("incident_id"))
_SALT = scoped(incidents, columns=[incidents.c.salt]).where(incidents.c.id == bindparam("incident_id"))
_MOVE = (
    scoped_update(incidents)
    .where(incidents.c.id == bindparam("of_incident"), incidents.c.status == bindparam("status_before"))
    .values(status=bindparam("new_status"), version=incidents.c.version + 1)
)
_FIXED = frozenset({"id", "merchant_id", "reference", "customer_reference", "recorded_at", "escalated_at", "version"})
_CHANGING = [name for name in _FIELDS if name not in _FIXED]
_CHANGE = (
    scoped_update(incidents)
    .where(incidents.c.id == bindparam("of_incident"), incidents.c.version == bindparam("version_before"))
    .values(version=incidents.c.version + 1, **{name: bindparam(f"new_{name}") for name in _CHANGING})
)
_ESCALATE = (
    scoped_update(incidents).where(incidents.c.id == bindparam("of_incident")).values(escalated_at=bindparam("told_at"))
)
_FORGET_WORDS = scoped_delete(incident_words).where(
    incident_words.c.incident_id == bindparam("of_incident"),
    incident_words.c.word.in_(bindparam("said", expanding=True)),
)
_BY_REFERENCE = Lookup(incidents, incidents.c.reference, _COLUMNS)
_BY_ID = Lookup(incidents, incidents.c.id, _COLUMNS)
_OFFERS = Lookup(offers, offers.c.incident_id, columns_of(offers, Offer))
_TAKEN = Lookup(
    offers,
    offers.c.incident_id,
    [offers.c.incident_id, offers.c.worth_minor],
    offers.c.status.in_([OfferStatus.ACCEPTED, OfferStatus.FULFILLED]),
)
_REOPENINGS = scoped(reopenings, columns=columns_of(reopenings, Reopening)).where(
    reopenings.c.incident_id == bindparam("incident_id"), reopenings.c.number.in_(bindparam("numbers", expanding=True))
)


class IncidentSort(StrEnum):
    """What comes first in a list."""

    RECORDED = "recorded"
    """The one that was recorded last."""
    OCCURRED = "occurred"
    """The one that happened last."""
    CLOSED = "closed"
    """The one that was closed last; those that never were are left out."""


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents, and in which order; None leaves a question open. `…_from` is included, `…_before` is not."""

    status: IncidentStatus | None = None
    customer: str | None = None
    order: str | None = None
    category: str | None = None
    band: Band | None = None
    verified: bool | None = None
    group: str | None = None
    reference: str | None = None
    owner: str | None = None
    stage: Stage | None = None
    cause: str | None = None
    product: str | None = None
    carrier: str | None = None
    currency: str | None = None
    occurred_from: datetime | None = None
    occurred_before: datetime | None = None
    closed_from: datetime | None = None
    closed_before: datetime | None = None
    escalated: bool | None = None
    """Whether it was ever escalated."""
    paid_from: int | None = None
    """Those for which at least so much was promised, in minor units: the worth of an offer that was accepted."""
    words: tuple[str, ...] = ()
    """Those whose summary has all of these words, folded."""
    sort: IncidentSort = IncidentSort.RECORDED


_EQUAL = {
    "status": incidents.c.status,
    "customer": incidents.c.customer_reference,
    "order": incidents.c.order_reference,
    "category": incidents.c.category,
    "band": incidents.c.band,
    "verified": incidents.c.verified,
    "group": incidents.c.group,
    "reference": incidents.c.reference,
    "owner": incidents.c.owner,
    "stage": incidents.c.stage,
    "cause": incidents.c.cause,
    "product": incidents.c.product,
    "carrier": incidents.c.carrier,
    "currency": incidents.c.currency,
}
_MOMENTS = {"occurred": incidents.c.occurred_at, "closed": incidents.c.closed_at}


def _criteria(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    asked = [(column, getattr(wanted, name)) for name, column in _EQUAL.items()]
    criteria = [column == value for column, value in asked if value is not None]
    for name, moment in _MOMENTS.items():
        begin, end = getattr(wanted, f"{name}_from"), getattr(wanted, f"{name}_before")
        criteria += [moment >= begin] if begin is not None else []
        criteria += [moment < end] if end is not None else []
    if wanted.escalated is not None:
        never = incidents.c.escalated_at.is_(None)
        criteria.append(~never if wanted.escalated else never)
    if wanted.paid_from is not None:
        criteria.append(_paid(wanted.paid_from))
    criteria += [_has_word(word) for word in wanted.words]
    return criteria


def _paid(least: int) -> ColumnElement[bool]:
    """Whether an offer worth so much was accepted, or so much was given before it came here.

    A sum of one value: asked for each incident as it comes, where EXISTS would read all offers for a long page.
    """
    most = (
        select(func.max(offers.c.worth_minor))
        .where(
            offers.c.merchant_id == MERCHANT,
            offers.c.incident_id == incidents.c.id,
            offers.c.status.in_([OfferStatus.ACCEPTED, OfferStatus.FULFILLED]),
        )
        .scalar_subquery()
    )
    return func.coalesce(most, incidents.c.given_minor) >= least


def _has_word(word: str) -> ColumnElement[bool]:
    return exists().where(
        incident_words.c.merchant_id == MERCHANT,
        incident_words.c.word == word,
        incident_words.c.incident_id == incidents.c.id,
    )


def _read(row: Record) -> Incident:
    return Incident(*row)


class Incidents:
    """The merchant's incidents."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, incident_id: str) -> Incident | None:
        """Answer one incident, or None."""
        rows = self._scope.rows(_ONE, incident_id=incident_id)
        return Incident(*rows[0]) if rows else None

    def salt(self, incident_id: str) -> str | None:
        """Answer what goes into the digests of what belongs to an incident; None where it is erased."""
        rows = self._scope.rows(_SALT, incident_id=incident_id)
        return rows[0].salt if rows else None

    def by_reference(self, references: Collection[str]) -> dict[str, tuple[Incident, Offer | None]]:
        """Answer incidents by the merchant's own names for them, each with its latest offer, if there is one."""
        found = [Incident(*row) for row in _BY_REFERENCE.rows(self._scope, references)]
        latest = self._latest_offers(found)
        return {each.reference: (each, latest.get(each.id)) for each in found if each.reference is not None}

    def by_id(self, incident_ids: Collection[str]) -> dict[str, tuple[Incident, Offer | None]]:
        """Answer incidents by their ids, each with its latest offer, if there is one."""
        found = [Incident(*row) for row in _BY_ID.rows(self._scope, incident_ids)]
        latest = self._latest_offers(found)
        return {each.id: (each, latest.get(each.id)) for each in found}

    def _latest_offers(self, found: Sequence[Incident]) -> dict[str, Offer]:
        rows = _OFFERS.rows(self._scope, (incident.id for incident in found))
        made = sorted((Offer(*row) for row in rows), key=lambda offer: offer.id)
        return {offer.incident_id: offer for offer in made}

    def offers_of(self, incident_id: str) -> list[Offer]:
        """Answer the offers of an incident, first to last."""
        return sorted((Offer(*row) for row in _OFFERS.rows(self._scope, [incident_id])), key=lambda offer: offer.id)

    def paid(self, incident_ids: Collection[str]) -> dict[str, int]:
        """Answer the worth of what was accepted for incidents, in minor units; those with nothing are left out."""
        paid: Counter[str] = Counter()
        for row in _TAKEN.rows(self._scope, incident_ids):
            paid[row.incident_id] += row.worth_minor
        return dict(paid)

    def move(self, incident_id: str, before: IncidentStatus, status: IncidentStatus) -> bool:
        """Change the status of an incident; False where it is not as it was."""
        return self._scope.change(_MOVE, of_incident=incident_id, status_before=before, new_status=status) == 1

    def change(self, changed: Incident) -> bool:
        """Write an incident anew, of the version that was read, and give it the next one; False where it is not.

        Its references and when it was recorded stay what they are.
        """
        values = {f"new_{name}": getattr(changed, name) for name in _CHANGING}
        self.forget_words([changed.id])
        if self._scope.change(_CHANGE, of_incident=changed.id, version_before=changed.version, **values) != 1:
            return False
        self._add_words([changed])
        return True

    def escalate(self, incident_id: str, at: datetime) -> None:
        """Keep when it was told of an incident that somebody should have answered; its version stays."""
        self._scope.change(_ESCALATE, of_incident=incident_id, told_at=at)

    def reopen(self, again: Reopening) -> None:
        """Keep why an incident was opened again; a number that is taken fails the unit."""
        self._scope.add(reopenings, [again])

    def reopenings(self, incident_id: str, numbers: Collection[int]) -> dict[int, Reopening]:
        """Answer why an incident was opened again, by number."""
        if not numbers:
            return {}
        rows = self._scope.rows(_REOPENINGS, incident_id=incident_id, numbers=sorted(numbers))
        return {again.number: again for again in (Reopening(*row) for row in rows)}

    def page(self, wanted: IncidentFilter, after: str | None, limit: int) -> Page[Incident]:
        """Answer a page of incidents, newest first, that begins after the id `after`."""
        statement = _ALL.where(*_criteria(wanted))
        if wanted.sort is IncidentSort.RECORDED:
            return turn(self._scope, statement, incidents.c.id, after=after, limit=limit, read=_read)
        moment = _MOMENTS[wanted.sort]
        statement = statement.where(moment.is_not(None))
        return turn_by_moment(self._scope, statement, moment, incidents.c.id, after=after, limit=limit, read=_read)

    def add(self, new: Sequence[Incident]) -> None:
        """Add incidents, sorted by reference: two processes with the same ones then wait in one order."""
        ordered = sorted(new, key=lambda incident: incident.reference or "")
        self._scope.add(incidents, ordered)
        self._add_words(new)

    def _add_words(self, new: Sequence[Incident]) -> None:
        rows = [(word, each.id) for each in new for word in sorted(words(each.summary))]
        self._scope.add_values(incident_words, ("word", "incident_id"), rows)

    def forget_words(self, incident_ids: Collection[str]) -> None:
        """Let nobody find incidents by the words of their summaries any more, which they still have."""
        for each in [Incident(*row) for row in _BY_ID.rows(self._scope, incident_ids)]:
            if said := words(each.summary):
                self._scope.remove(_FORGET_WORDS, of_incident=each.id, said=said)
