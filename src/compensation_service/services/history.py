"""A customer's history: what the caller tells and what the store knows, each incident counted once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from compensation_service.decision.facts import Facts, History, PastIncident, RemedyKind
from compensation_service.domain.offer import GAVE_NOTHING, UNHEARD
from compensation_service.store.history import CustomerPast, OrderPast, PastOffer
from compensation_service.store.history import PastIncident as StoredIncident

MEMORY = timedelta(days=365)
"""How far back a decision looks at all: the goodwill and the unverified claims of twelve months."""
NOTHING_TOLD = History()
NO_ORDERS = OrderPast()
RECENT = timedelta(days=90)
"""How far back apologies and soft remedies count."""


def complete(
    facts: Facts, past: CustomerPast, of_order: OrderPast, own_id: str | None = None, compensated: int = 0
) -> Facts:
    """Add the stored history, of the customer and of the order, to what the caller told.

    Counts and sums of the caller are about what the store does not know, so both are added up. `own_id` is the id of
    the incident to decide on where it is in the store already: what was given for it counts, it itself does not, but
    that a recovery of it has failed does. `compensated` is what was given for it as compensation, in minor units.
    """
    if compensated:
        facts = replace(facts, incident=replace(facts.incident, compensated_before=compensated))
    told, now = facts.customer.history, facts.decided_at
    order = facts.order
    if order is not None and of_order != NO_ORDERS:
        order = replace(order, goodwill_before=of_order.goodwill_minor, refunded_elsewhere=of_order.refunded_minor)
    if not past.incidents and told == NOTHING_TOLD:  # of most customers nothing is known
        return facts if order is facts.order else replace(facts, order=order)
    currency = facts.order.currency if facts.order else facts.incident.currency
    since = now - RECENT
    recent = [offer for offer in _made(past.incidents) if since <= offer.decided_at]
    kinds = Counter(kind for offer in recent if offer.status not in GAVE_NOTHING for kind in set(offer.remedies))
    heard = [offer for offer in recent if offer.status not in UNHEARD]
    earlier = [incident for incident in past.incidents if incident.id != own_id]
    failed = any(incident.recovery_failed for incident in past.incidents if incident.id == own_id)
    history = History(
        incidents=(*_merged(earlier, told.incidents), *([_failed_recovery(facts)] if failed else [])),
        goodwill_12m=told.goodwill_12m
        + sum(offer.goodwill_minor for offer in given(past.incidents) if offer.currency == currency),
        # An apology wears off by being heard, also in an offer that the customer did not want.
        apologies_90d=told.apologies_90d + sum(RemedyKind.APOLOGY in offer.remedies for offer in heard),
        soft_remedies_90d=Counter(told.soft_remedies_90d) + kinds,
        unverified_claims_12m=told.unverified_claims_12m + sum(not incident.verified for incident in earlier),
    )
    return replace(facts, customer=replace(facts.customer, history=history), order=order)


def locks(customer: str, order: str | None) -> tuple[str, ...]:
    """What a unit locks before it reads a customer's and an order's history to add to it."""
    return (f"customer:{customer}",) if order is None else (f"customer:{customer}", f"order:{order}")


def since(now: datetime) -> datetime:
    """From when on the store's history matters to a decision made now."""
    return now - MEMORY


def given(incidents: Iterable[StoredIncident]) -> Iterator[PastOffer]:
    """The offers that gave the customer something, or still may, of incidents of the store."""
    return (offer for offer in _made(incidents) if offer.status not in GAVE_NOTHING)


def _made(incidents: Iterable[StoredIncident]) -> Iterator[PastOffer]:
    return (offer for incident in incidents for offer in incident.offers)


def _failed_recovery(facts: Facts) -> PastIncident:
    """That this incident was thought to be over: not a claim of its own, so it weighs as the failure and no more."""
    incident = facts.incident
    happened_at = incident.occurred_at or incident.reported_at or facts.decided_at
    return PastIncident(incident.category, happened_at, verified=False, recovery_failed=True)


def _merged(stored: Iterable[StoredIncident], told: Iterable[PastIncident]) -> tuple[PastIncident, ...]:
    """Each incident once: as the store knows it, with a failed recovery that either side knows of."""
    merged: dict[object, PastIncident] = {}
    for known in stored:
        merged[known.reference or known.id] = PastIncident(
            category=known.category,
            occurred_at=known.occurred_at,
            reference=known.reference,
            verified=known.verified,
            fault=known.fault,
            recovery_failed=known.recovery_failed,
        )
    for number, past in enumerate(told):
        name = past.reference or number
        twin = merged.get(name)
        if twin is None:
            merged[name] = past
        elif past.recovery_failed and not twin.recovery_failed:
            merged[name] = replace(twin, recovery_failed=True)
    return tuple(merged.values())
