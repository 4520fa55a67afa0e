"""What happened to a customer, or for an order, before: the rows that the next decision looks back on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import BigInteger, and_, bindparam, cast, func, or_, select

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.domain.offer import GAVE_NOTHING, OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.store.columns import UTCDateTime, among, texts
from compensation_service.store.scope import MERCHANT, Record, Scope, scoped
from compensation_service.store.tables import incidents, offers, remedies


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An offer made to the customer before, and the remedies in it: the chosen ones, or those of its default option."""

    decided_at: datetime
    status: OfferStatus
    currency: str
    goodwill_minor: int
    remedies: tuple[RemedyKind, ...]


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident of the customer before; `recovery_failed` says that a promised remedy did not arrive."""

    id: str
    reference: str | None
    category: str
    occurred_at: datetime
    verified: bool
    fault: Fault
    recovery_failed: bool
    offers: tuple[PastOffer, ...]


@dataclass(frozen=True, slots=True)
class CustomerPast:
    """The customer's incidents, oldest first."""

    incidents: tuple[PastIncident, ...] = ()


_OF = (
    select(
        incidents.c.customer_reference,
        incidents.c.id,
        incidents.c.reference,
        incidents.c.category,
        incidents.c.occurred_at,
        incidents.c.verified,
        incidents.c.fault,
        offers.c.id.label("offer_id"),
        offers.c.decided_at,
        offers.c.status,
        offers.c.currency,
        offers.c.goodwill_minor,
        remedies.c.kind,
        remedies.c.status.label("remedy_status"),
    )
    .select_from(
        incidents.outerjoin(
            offers, and_(offers.c.merchant_id == MERCHANT, offers.c.incident_id == incidents.c.id)
        ).outerjoin(
            remedies,
            and_(
                remedies.c.merchant_id == MERCHANT,
                remedies.c.offer_id == offers.c.id,
                or_(remedies.c.option_id == offers.c.default_option, remedies.c.status.is_not(None)),
            ),
        )
    )
    .where(
        incidents.c.merchant_id == MERCHANT,
        among(incidents.c.customer_reference, texts("customers")),
        incidents.c.recorded_at >= bindparam("since", type_=UTCDateTime),
    )
    .order_by(incidents.c.id, offers.c.id, remedies.c.option_id, remedies.c.position)
)

_ORDER_GOODWILL = (
    scoped(
        incidents,
        offers,
        columns=[
            incidents.c.order_reference,
            offers.c.currency,
            cast(func.sum(offers.c.goodwill_minor), BigInteger).label("goodwill_minor"),
        ],
    )
    .where(
        offers.c.incident_id == incidents.c.id,
        among(incidents.c.order_reference, texts("orders")),
        offers.c.status.not_in(sorted(GAVE_NOTHING)),
    )
    .group_by(incidents.c.order_reference, offers.c.currency)
)


class History:
    """The merchant's past, as far as a decision asks for it."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def of(self, customers: Mapping[str, datetime]) -> dict[str, CustomerPast]:
        """Answer for every customer the incidents recorded since the earliest of the moments given."""
        if not customers:
            return {}
        rows = self._scope.rows(_OF, customers=list(customers), since=min(customers.values()))
        found: dict[str, list[PastIncident]] = {reference: [] for reference in customers}
        for _, group in groupby(rows, lambda row: row.id):
            of_incident = list(group)
            found[of_incident[0].customer_reference].append(_incident(of_incident))
        return {reference: CustomerPast(tuple(past)) for reference, past in found.items()}

    def order_goodwill(self, orders: Collection[str]) -> dict[tuple[str, str], int]:
        """Answer the goodwill given for orders before, in minor units, by order reference and currency."""
        if not orders:
            return {}
        rows = self._scope.rows(_ORDER_GOODWILL, orders=list(orders))
        return {(row.order_reference, row.currency): row.goodwill_minor for row in rows}


def _incident(rows: Sequence[Record]) -> PastIncident:
    first = rows[0]
    return PastIncident(
        first.id,
        first.reference,
        first.category,
        first.occurred_at,
        first.verified,
        first.fault,
        any(row.remedy_status is RemedyStatus.FAILED for row in rows),
        tuple(
            _offer(list(group)) for offer_id, group in groupby(rows, lambda row: row.offer_id) if offer_id is not None
        ),
    )


def _offer(rows: Sequence[Record]) -> PastOffer:
    first = rows[0]
    chosen = [row for row in rows if row.remedy_status is not None] or rows
    kinds = tuple(row.kind for row in chosen if row.kind is not None)
    return PastOffer(first.decided_at, first.status, first.currency, first.goodwill_minor, kinds)
