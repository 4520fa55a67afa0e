"""Deciding again: the stored facts, the stored version of the policy, and what differs from what was decided then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.policy import Policy
from compensation_service.domain.errors import Erased, NotFound
from compensation_service.domain.offer import Offer, initial_status
from compensation_service.services import archive, documents
from compensation_service.services.offer_documents import BEGINNING
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.store import Store

NOT_DECIDED: Final = frozenset(
    {"id", "incident", "links", "letter", "owed_remedies", "supersedes", "override", *BEGINNING}
)
"""What stands in an offer's document and is no part of the decision."""
WORDING: Final = frozenset({"text", "display"})
"""How a decision is said: better words in a later release do not make it another decision."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would be decided otherwise today; `field` is its JSON pointer in the offer."""

    field: str
    old: object
    new: object


def recompute_stored(store: Store, book: PolicyBook, merchant_id: str, offer_id: str) -> dict[str, Any]:
    """Decide a stored offer again. NotFound, or UnknownVersion where the version that decided it is not kept."""
    with store.reading(merchant_id) as unit:
        found = unit.offers.get(offer_id)
        if found is None:
            raise NotFound
        if not found.offer.facts:
            raise Erased
        policy = book.version(unit, found.offer.policy_version)
    return recompute(found.offer, policy)


def recompute(offer: Offer, policy: Policy) -> dict[str, Any]:
    """Decide an offer again from its facts by the policy that decided it, and tell what differs.

    What a later release adds to the document of an offer was not decided then, and is no difference. Of an override
    it is what the policy said.
    """
    stored = orjson.loads(offer.document)
    stored |= stored.get("override", {}).get("policy", {})
    before = {name: value for name, value in stored.items() if name not in NOT_DECIDED}
    try:
        found = list(_differences(before, _decided(offer, policy), ""))
    except UnusableFacts as refusal:
        found = [Difference("", "decided", refusal.code)]
    differ = [difference for difference in found if difference.field.rpartition("/")[2] not in WORDING]
    return {
        "offer": offer.id,
        "policy": {"name": offer.policy_name, "version": offer.policy_version},
        "same": not differ,
        "differences": [{"field": each.field, "old": each.old, "new": each.new} for each in differ],
        "reworded": len(differ) < len(found),
    }


def _decided(offer: Offer, policy: Policy) -> Any:  # noqa: ANN401 - any JSON
    decision = decide(archive.unpack(offer.facts), policy)
    again = documents.of_decision(decision, initial_status(decision), None, offer.language)
    return orjson.loads(documents.dump(again))


def _differences(old: Any, new: Any, field: str) -> Iterator[Difference]:  # noqa: ANN401 - any JSON
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name, value in old.items():
            yield from _differences(value, new.get(name), f"{field}/{name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, (was, becomes) in enumerate(zip(old, new, strict=True)):
            yield from _differences(was, becomes, f"{field}/{place}")
    elif old != new:
        yield Difference(field, old, new)
