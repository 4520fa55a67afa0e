"""A new offer: a decision on an incident, as it is kept and answered."""

from dataclasses import dataclass
from functools import lru_cache

from compensation_service.decision.engine import Decision
from compensation_service.decision.entitlement import owed_by
from compensation_service.decision.facts import Facts
from compensation_service.decision.options import Bundles
from compensation_service.decision.policy import Policy
from compensation_service.decision.schemes.scheme import Basis
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.domain.incident import Incident
from compensation_service.domain.offer import LIVE, Offer, initial_status
from compensation_service.domain.remedy import Option, Remedy
from compensation_service.services import archive, documents
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.offer_documents import BEGINNING
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.offers import NewOffer


@dataclass(frozen=True, slots=True)
class Desk:
    """What making offers needs besides a unit of work and the requests."""

    book: PolicyBook
    clock: Clock
    ids: Ids
    public_base_url: str
    links: CustomerLinks
    random_bytes: RandomBytes


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for an offer, and in which language it is put: the id of a key, and a language of the letters."""

    key_id: str
    language: str


def new_offer(
    desk: Desk,
    policy: Policy,
    offer_id: str,
    incident: Incident,
    facts: Facts,
    decision: Decision,
    asker: Asker,
    **more: object,
) -> NewOffer:
    """The offer of a decision with its options; `more` stands in its document besides."""
    status = initial_status(decision)
    links = {"self": f"{desk.public_base_url}/offers/{offer_id}", "customer": desk.links.address(offer_id)}
    document = {
        "id": offer_id,
        **documents.of_decision(decision, status, incident.reference, asker.language),
        "links": links,
        **BEGINNING,
        **more,
    }
    document["incident"] = {"id": incident.id, "reference": incident.reference}
    owed = _owed_remedies(facts, policy) if decision.approval is not None and decision.entitlements else 0
    if owed:
        document["owed_remedies"] = owed
    offer = Offer(
        id=offer_id,
        merchant_id=incident.merchant_id,
        incident_id=incident.id,
        status=status,
        version=1,
        policy_name=decision.policy[0],
        policy_version=decision.policy[1],
        mode=decision.mode,
        currency=decision.currency,
        goodwill_minor=decision.amount.minor,
        entitlement_minor=sum(item.amount or 0 for item in decision.entitlements if item.currency == decision.currency),
        worth_minor=decision.options[0].worth,
        approval_role=decision.approval.role if decision.approval else None,
        decided_at=decision.decided_at,
        respond_by=decision.clocks.respond_by,
        expires_at=decision.clocks.expires_at,
        follow_up_at=decision.clocks.follow_up_at,
        default_option=decision.default_option,
        language=asker.language,
        document=documents.dump(document).decode(),
        facts=archive.pack(facts),
        default_stands=status in LIVE and asks_nothing(decision, policy),
        requested_by=asker.key_id,
        owed_remedies=owed,
        link_sha256=desk.links.fingerprint(offer_id),
    )
    return NewOffer(offer, _options(decision.options))


def _owed_remedies(facts: Facts, policy: Policy) -> int:
    """How many remedies at the beginning of each option are owed: those in every option, and the way of each."""
    owed = owed_by(facts, policy)
    return len(owed.in_every_option) + bool(owed.ways)


def asks_nothing(decision: Decision, policy: Policy) -> bool:
    """Whether the default option can be given as it is, without a word from the customer."""
    default = next(option for option in decision.options if option.id == decision.default_option)
    return not any(policy.choice.kinds[kind].asks_customer for kind in default.kinds)


def is_promised(decision: Decision, policy: Policy) -> bool:
    """Whether something is owed by a promise that the shop published."""
    promises = {terms.scheme.id for terms in policy.schemes if terms.scheme.basis is Basis.PROMISE}
    return any(result.scheme in promises and result.components for result in decision.schemes)


@lru_cache(maxsize=4096)  # as in documents: the same options come again
def _options(options: Bundles) -> tuple[Option, ...]:
    """Options as they are kept; a remedy has no status before its option is chosen."""
    return tuple(
        Option(
            id=option.id,
            worth_minor=option.worth,
            cost_minor=option.cost,
            remedies=tuple(
                Remedy(remedy.kind, remedy.value, remedy.cost, remedy.valid_until) for remedy in option.remedies
            ),
            goodwill_cost_minor=option.goodwill_cost,
        )
        for option in options
    )
