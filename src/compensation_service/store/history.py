"""What happened to a customer, or for an order, before: the rows that the next decision looks back on."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam

from compensation_service.decision.entitlement import MONEY_BACK
from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.record import record
from compensation_service.domain.offer import GAVE_NOTHING, TAKEN, OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Record, Scope
from compensation_service.store.tables import incidents, offers, remedies


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An offer made to the customer before, and the remedies in it: the chosen ones, or those of its default option."""

    id: str
    decided_at: datetime
    status: OfferStatus
    currency: str
    goodwill_minor: int
    remedies: tuple[RemedyKind, ...]


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident of the customer before.

    `recovery_failed` says that a promised remedy did not arrive, or that the incident was opened again after an offer
    that was taken, or had nothing to take.
    """

    id: str
    reference: str | None
    category: str
    occurred_at: datetime
    verified: bool
    fault: Fault
    recovery_failed: bool
    offers: tuple[PastOffer, ...]


@record
class CustomerPast:
    """The customer's incidents, oldest first."""

    incidents: tuple[PastIncident, ...] = ()


@record
class OrderPast:
    """What was given, or is on offer, for earlier incidents of an order: goodwill and money back, in minor units.

    Of an offer that waits for an answer the option that gives back the most counts.
    """

    goodwill_minor: int = 0
    refunded_minor: int = 0


_INCIDENTS = Lookup(
    incidents,
    incidents.c.customer_reference,
    [
        incidents.c.customer_reference,
        incidents.c.id,
        incidents.c.reference,
        incidents.c.category,
        incidents.c.occurred_at,
        incidents.c.verified,
        incidents.c.fault,
        incidents.c.reopened,
        incidents.c.recorded_at,
        incidents.c.currency,
        incidents.c.given_kind,
        incidents.c.given_minor,
    ],
    incidents.c.recorded_at >= bindparam("since", type_=UTCDateTime),
)
_GIVEN = [
    incidents.c.id,
    incidents.c.order_reference,
    incidents.c.currency,
    incidents.c.given_kind,
    incidents.c.given_minor,
]
_OF_ORDERS = Lookup(incidents, incidents.c.order_reference, _GIVEN)
_OF_INCIDENTS = Lookup(incidents, incidents.c.id, _GIVEN)
_OFFERS = Lookup(
    offers,
    offers.c.incident_id,
    [
        offers.c.incident_id,
        offers.c.id,
        offers.c.decided_at,
        offers.c.status,
        offers.c.currency,
        offers.c.goodwill_minor,
        offers.c.default_option,
    ],
)
_REMEDIES = Lookup(
    remedies,
    remedies.c.offer_id,
    [remedies.c.offer_id, remedies.c.option_id, remedies.c.position, remedies.c.kind, remedies.c.status],
)
_MONEY = Lookup(
    remedies,
    remedies.c.offer_id,
    [remedies.c.offer_id, remedies.c.option_id, remedies.c.kind, remedies.c.value_minor, remedies.c.status],
)


class History:
    """The merchant's past, as far as a decision asks for it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def of(self, customers: Mapping[str, datetime]) -> dict[str, CustomerPast]:
        """Answer for every customer the incidents recorded since the earliest of the moments given."""
        if not customers:
            return {}
        rows = _INCIDENTS.rows(self._scope, customers, since=min(customers.values()))
        made = self._offers(row.id for row in rows)
        found: dict[str, list[PastIncident]] = {reference: [] for reference in customers}
        for row in sorted(rows, key=lambda row: str(row.id)):
            found[row.customer_reference].append(_incident(row, made[row.id]))
        return {reference: CustomerPast(tuple(past)) for reference, past in found.items()}

    def orders(self, references: Collection[str]) -> dict[tuple[str, str], OrderPast]:
        """Answer what was given for orders before, by order reference and currency."""
        found = _OF_ORDERS.rows(self._scope, references)
        return self._given(found, {row.id: row.order_reference for row in found})

    def incidents(self, ids: Collection[str]) -> dict[tuple[str, str], OrderPast]:
        """Answer what was given for incidents themselves before, by incident id and currency."""
        found = _OF_INCIDENTS.rows(self._scope, ids)
        return self._given(found, {row.id: row.id for row in found})

    def _given(self, found: Iterable[Record], names: Mapping[str, str]) -> dict[tuple[str, str], OrderPast]:
        """Answer what was given for these incidents, by their names and by currency."""
        made = [row for row in _OFFERS.rows(self._scope, names) if row.status not in GAVE_NOTHING]
        refunded = self._refunded(row.id for row in made)
        given = _given_elsewhere(found, names)
        for row in made:
            name = names[row.incident_id], row.currency
            before = given.get(name, OrderPast())
            given[name] = OrderPast(
                before.goodwill_minor + row.goodwill_minor, before.refunded_minor + refunded.get(row.id, 0)
            )
        return given

    def _refunded(self, offer_ids: Iterable[str]) -> dict[str, int]:
        """Answer the money back in each offer: that of the chosen option, else the most that an option gives back."""
        sums: Counter[tuple[str, str]] = Counter()
        chosen: dict[str, str] = {}
        for row in _MONEY.rows(self._scope, offer_ids):
            if row.kind in MONEY_BACK:
                sums[row.offer_id, row.option_id] += row.value_minor or 0
            if row.status is not None:
                chosen[row.offer_id] = row.option_id
        most: dict[str, int] = {}
        for (offer_id, option_id), back in sums.items():
            if chosen.get(offer_id, option_id) == option_id:
                most[offer_id] = max(most.get(offer_id, 0), back)
        return most

    def _offers(self, incident_ids: Iterable[str]) -> Mapping[str, list[tuple[Record, list[Record]]]]:
        """Answer the offers of incidents with their remedies.

        One table a statement: a join would leave it to the planner where to begin, and knowing nothing of the
        merchant's share of a table it begins with all of the merchant's offers.
        """
        found: dict[str, list[tuple[Record, list[Record]]]] = defaultdict(list)
        made = sorted(_OFFERS.rows(self._scope, incident_ids), key=lambda row: str(row.id))
        parts: dict[str, list[Record]] = defaultdict(list)
        for row in _REMEDIES.rows(self._scope, (row.id for row in made)):
            parts[row.offer_id].append(row)
        for row in made:
            found[row.incident_id].append((row, parts[row.id]))
        return found


def _given_elsewhere(found: Iterable[Record], names: Mapping[str, str]) -> dict[tuple[str, str], OrderPast]:
    """What was given for incidents before they came here."""
    given: dict[tuple[str, str], OrderPast] = {}
    for row in found:
        if row.given_minor is not None and row.currency is not None:
            name = names[row.id], row.currency
            before = given.get(name, OrderPast())
            back = row.given_minor if row.given_kind in MONEY_BACK else 0
            given[name] = OrderPast(before.goodwill_minor + row.given_minor, before.refunded_minor + back)
    return given


def _given(row: Record) -> tuple[PastOffer, ...]:
    """What was given before an incident came here, as if it had been an offer; its id stands before those of offers."""
    if row.given_minor is None and row.given_kind is None:
        return ()
    kinds = () if row.given_kind is None else (row.given_kind,)
    return (PastOffer(row.id, row.recorded_at, OfferStatus.FULFILLED, row.currency or "", row.given_minor or 0, kinds),)


def _incident(row: Record, made: list[tuple[Record, list[Record]]]) -> PastIncident:
    failed = any(part.status is RemedyStatus.FAILED for _, parts in made for part in parts) or (
        row.reopened > 0 and (bool(_given(row)) or any(offer.status in TAKEN for offer, _ in made))
    )
    past = (*_given(row), *(_offer(offer, parts) for offer, parts in made))
    return PastIncident(row.id, row.reference, row.category, row.occurred_at, row.verified, row.fault, failed, past)


def _offer(row: Record, parts: list[Record]) -> PastOffer:
    chosen = [part for part in parts if part.status is not None]
    shown = chosen or [part for part in parts if part.option_id == row.default_option]
    kinds = tuple(part.kind for part in sorted(shown, key=lambda part: int(part.position)))
    return PastOffer(row.id, row.decided_at, row.status, row.currency, row.goodwill_minor, kinds)
