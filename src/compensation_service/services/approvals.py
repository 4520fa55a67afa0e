"""Who may agree to an offer, and how much a customer can be given unasked: counted again where money is promised."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from compensation_service.decision.policy import Policy
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain.api_key import RANKS, ApiKey, Role
from compensation_service.domain.errors import ApprovalNeeded, ApproverIsRequester, AuthorityNeeded
from compensation_service.domain.incident import Incident
from compensation_service.domain.offer import GAVE_NOTHING, JUDGED, Offer
from compensation_service.services.history import given, since
from compensation_service.store.offers import OfferFilter
from compensation_service.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Given:
    """Goodwill of other offers, in minor units: to the customer in 12 months, and for the order."""

    customer: int
    order: int


def given_besides(
    unit: UnitOfWork, offer: Offer, incident: Incident, at: datetime, *, earlier_only: bool = False
) -> Given:
    """What other offers give, or may give yet, in the offer's currency; hold the locks of `history.locks`."""
    reference, order = incident.customer_reference, incident.order_reference
    past = unit.history.of({reference: since(at)})[reference]
    others = [other for other in given(past.incidents) if other.id != offer.id and other.currency == offer.currency]
    if earlier_only:
        others = [other for other in others if other.id < offer.id]
    found = unit.history.orders([order]).get((order, offer.currency)) if order is not None else None
    own = offer.goodwill_minor if offer.status not in GAVE_NOTHING else 0
    return Given(sum(other.goodwill_minor for other in others), found.goodwill_minor - own if found else 0)


def authority_for(policy: Policy, currency: str, goodwill_minor: int, besides: Given) -> ApproverRole:
    """The least role that may give so much: split over the incidents of an order it counts as if it were one.

    What the customer was given in 12 months counts from where the policy wants a person to look at it.
    """
    terms, reference = policy.approval, policy.currencies[currency].reference_value
    measured = goodwill_minor + besides.order
    in_12_months = goodwill_minor + besides.customer
    if in_12_months > terms.goodwill_12m_most * reference:
        measured = max(measured, in_12_months)
    return next(role for role, most in terms.limits if most is None or measured <= most * reference)


def demand_authority(key: ApiKey, *needed: ApproverRole | None) -> None:
    """Refuse a key whose role is below any of those needed, with AuthorityNeeded."""
    least = max((Role(role.value) for role in needed if role is not None), key=RANKS.index, default=Role.SERVICE)
    if RANKS.index(key.role) < RANKS.index(least):
        raise AuthorityNeeded(least)


def demand_judge(unit: UnitOfWork, offer: Offer, key: ApiKey, needed: ApproverRole | None = None) -> None:
    """Refuse a key that may not judge an offer; a status that asks for no judgement is refused for that later."""
    if offer.status not in JUDGED:
        return
    demand_authority(key, offer.approval_role, needed)
    demand_another_holder(unit, offer, key)


def demand_another_holder(unit: UnitOfWork, offer: Offer, key: ApiKey) -> None:
    """Refuse the key that asked for the offer, whichever key it was rotated to or from; ApproverIsRequester."""
    if offer.requested_by is not None and is_held_by_one_of(unit, key.id, {offer.requested_by}):
        raise ApproverIsRequester


def is_held_by_one_of(unit: UnitOfWork, key_id: str, others: Collection[str]) -> bool:
    """Whether a key is one of those others, or was rotated to or from one: then the same person holds both."""
    return _first_of(unit, key_id) in {_first_of(unit, other) for other in others}


def demand_within_cap(unit: UnitOfWork, offer: Offer, incident: Incident, policy: Policy, at: datetime) -> None:
    """Refuse, with ApprovalNeeded, what goes over the customer's 12 months although nobody agreed to it.

    It was counted when the offer was made, with all that came before: so this finds only what should not be there.
    """
    if offer.approval_role is not None or not offer.goodwill_minor:
        return
    most = policy.approval.goodwill_12m_most * policy.currencies[offer.currency].reference_value
    if offer.goodwill_minor + given_besides(unit, offer, incident, at, earlier_only=True).customer > most:
        raise ApprovalNeeded


def queue_of(unit: UnitOfWork, key: ApiKey) -> OfferFilter:
    """The offers that a key may judge: neither above its role nor asked for by whoever holds it."""
    keys = {each.id: each.replaces for each in unit.api_keys.all()}

    def first(key_id: str) -> str:
        while (before := keys.get(key_id)) is not None:
            key_id = before
        return key_id

    own = frozenset(key_id for key_id in keys if first(key_id) == first(key.id))
    may = frozenset(role for role in ApproverRole if RANKS.index(Role(role.value)) <= RANKS.index(key.role))
    return OfferFilter(judged_by=may, not_asked_by=own)


def _first_of(unit: UnitOfWork, key_id: str) -> str:
    """The key at which the rotations began that led to this one: it stands for whoever holds them."""
    while (key := unit.api_keys.get(key_id)) is not None and key.replaces is not None:
        key_id = key.replaces
    return key_id
