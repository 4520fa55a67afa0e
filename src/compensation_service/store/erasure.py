"""Erasing what names or quotes a person, table by table as `store/tables/personal.py` says."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Update, bindparam, select, tuple_

from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.offer import Offer
from compensation_service.store.columns import UTCDateTime, among, texts
from compensation_service.store.incidents import Incidents
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import MERCHANT, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import (
    answers,
    delivery_attempts,
    events,
    incidents,
    offers,
    webhook_endpoints,
)
from compensation_service.store.tables.personal import PERSONAL, Becomes, Leads, Personal

_GIVEN = {
    Becomes.PSEUDONYM: bindparam(Becomes.PSEUDONYM.value),
    Becomes.MOMENT: bindparam(Becomes.MOMENT.value, type_=UTCDateTime),
}


def _erasing(personal: Personal) -> Update:
    """The statement that erases the rows of a table to which some ids lead."""
    named = {name: _GIVEN[value] if isinstance(value, Becomes) else value for name, value in personal.erased.items()}
    return scoped_update(personal.table).where(among(personal.key, texts("wanted"))).values(named)


_ERASE = [(each, _erasing(each)) for each in PERSONAL]
_MADE = [
    (each.leads, Lookup(each.table, each.key, [each.table.c.id]))
    for each in PERSONAL
    if "id" in each.table.c and each.key is not each.table.c.id
]
"""Where rows have ids of their own, to which answers may belong."""
_OF_CUSTOMER = (
    scoped(incidents, columns=[incidents.c.id])
    .where(incidents.c.customer_reference == bindparam("reference"), incidents.c.id > bindparam("after"))
    .order_by(incidents.c.id)
    .limit(bindparam("most"))
)
_LATER = select(events.c.id).where(
    events.c.merchant_id == MERCHANT,
    events.c.incident_id == incidents.c.id,
    events.c.occurred_at >= bindparam("before", type_=UTCDateTime),
)
_CLOSED = (
    scoped(incidents, columns=[incidents.c.id])
    .where(
        incidents.c.status == IncidentStatus.CLOSED,
        incidents.c.erased_at.is_(None),
        incidents.c.id > bindparam("after"),
        ~_LATER.exists(),
    )
    .order_by(incidents.c.id)
    .limit(bindparam("most"))
)
_EVENTS = Lookup(events, events.c.incident_id, [events.c.id])
_ENDPOINTS = scoped(webhook_endpoints, columns=[webhook_endpoints.c.id])
_UNANSWER = (
    scoped_update(delivery_attempts)
    .where(
        delivery_attempts.c.endpoint_id == bindparam("of_endpoint"),
        among(delivery_attempts.c.message_id, texts("wanted")),
    )
    .values(answer="")
)
_ERASED = Lookup(incidents, incidents.c.id, [incidents.c.id, incidents.c.erased_at])
_OFFERS = Lookup(offers, offers.c.incident_id, columns_of(offers, Offer))
_REDACT = scoped_update(offers).where(offers.c.id == bindparam("of_offer")).values(document=bindparam("new_document"))
_OLD = (
    select(answers.c.path, answers.c.key)
    .where(
        answers.c.merchant_id == MERCHANT,
        answers.c.body.is_not(None),
        answers.c.created_at < bindparam("before", type_=UTCDateTime),
    )
    .limit(bindparam("most"))
)
_FORGET = scoped_update(answers).where(tuple_(answers.c.path, answers.c.key).in_(_OLD)).values(body=None)


class Erasure:
    """Erases the merchant's customers."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def incidents_of(self, reference: str, after: str, most: int) -> list[str]:
        """Answer the ids of so many incidents of a customer at most, from `after` on, in order."""
        return [row.id for row in self._scope.rows(_OF_CUSTOMER, reference=reference, after=after, most=most)]

    def closed_before(self, before: datetime, after: str, most: int) -> list[str]:
        """Answer the ids of so many closed incidents at most, from `after` on, in which nothing happened since."""
        return [row.id for row in self._scope.rows(_CLOSED, before=before, after=after, most=most)]

    def not_erased(self, incident_ids: Collection[str]) -> list[str]:
        """Answer those incidents that are not erased yet, in order."""
        rows = _ERASED.rows(self._scope, incident_ids)
        return sorted(row.id for row in rows if row.erased_at is None)

    def offers_of(self, incident_ids: Collection[str]) -> list[Offer]:
        """Answer all offers for incidents."""
        return [Offer(*row) for row in _OFFERS.rows(self._scope, incident_ids)]

    def redact(self, offer_id: str, document: str) -> None:
        """Put another document in the place of an offer's."""
        self._scope.change(_REDACT, of_offer=offer_id, new_document=document)

    def erase(self, incident_ids: Collection[str], offer_ids: Collection[str], pseudonym: str, at: datetime) -> None:
        """Erase everything that these incidents and their offers lead to, except for the offers' documents."""
        Incidents(self._scope).forget_words(incident_ids)
        self._forget_echoes(incident_ids)
        ids = {Leads.INCIDENT: set(incident_ids), Leads.OFFER: set(offer_ids)}
        made = {row.id for leads, rows in _MADE for row in rows.rows(self._scope, ids[leads])}
        ids[Leads.ANYTHING] = ids[Leads.INCIDENT] | ids[Leads.OFFER] | made
        given = {Becomes.PSEUDONYM: pseudonym, Becomes.MOMENT: at}
        for personal, statement in _ERASE:
            named = {str(value): given[value] for value in personal.erased.values() if isinstance(value, Becomes)}
            self._scope.change(statement, wanted=sorted(ids[personal.leads]), **named)

    def _forget_echoes(self, incident_ids: Collection[str]) -> None:
        """Let go of what receivers answered to events of incidents: some answer with what they were sent."""
        told = sorted(row.id for row in _EVENTS.rows(self._scope, incident_ids))
        for endpoint in self._scope.rows(_ENDPOINTS):
            self._scope.change(_UNANSWER, of_endpoint=endpoint.id, wanted=told)

    def forget_answers(self, before: datetime, most: int) -> int:
        """Let go of the bytes of so many answers at most from before; answer how many they were."""
        return self._scope.change(_FORGET, before=before, most=most)
