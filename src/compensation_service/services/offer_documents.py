"""An offer as it is answered: what was decided, and what became of it since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from compensation_service.domain.offer import Offer, OfferAction
from compensation_service.domain.offer_move import OfferMove
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.services.documents import moment, money
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]

BEGINNING: Document = {"version": 1, "chosen_option": None, "moves": []}
"""What stands in the document of an offer with which nothing was done yet."""


def present(unit: UnitOfWork, offers: Sequence[Offer], now: datetime) -> list[Document]:
    """The documents of offers as they stand now, in their order: two questions for all of them at most."""
    touched = [offer.id for offer in offers if offer.version > 1]
    moves = unit.moves.of(touched) if touched else {}
    promised = unit.remedies.of(touched) if touched else {}
    return [_document(offer, moves.get(offer.id, ()), promised.get(offer.id, {}), now) for offer in offers]


def _document(offer: Offer, moves: Sequence[OfferMove], promised: dict[int, RemedyStatus], now: datetime) -> Document:
    document: Document = orjson.loads(offer.document)
    document["status"] = offer.status_at(now)
    document["version"] = offer.version
    if offer.version > 1:
        document["expires_at"] = moment(offer.expires_at)
    if offer.superseded_by is not None:
        document["superseded_by"] = offer.superseded_by
    document["chosen_option"] = offer.chosen_option
    document["moves"] = [move_document(made, offer) for made in moves]
    for option in document["options"] if offer.chosen_option else ():
        if option["id"] == offer.chosen_option:
            for position, remedy in enumerate(option["remedies"], 1):
                remedy["status"] = promised.get(position)
    return document


def carried_out_by(offer: Offer, accepted_at: datetime) -> datetime:
    """By when what is chosen at that moment is done: as long after it as the offer gave itself from the decision."""
    by = datetime.fromisoformat(orjson.loads(offer.document)["carry_out_by"])
    return accepted_at + (by - offer.decided_at)


def done_by(unit: UnitOfWork, offer: Offer, now: datetime) -> datetime:
    """By when what was chosen of an offer, or is chosen now, is done."""
    made = unit.moves.of([offer.id]).get(offer.id, ())
    accepted = [move.at for move in made if move.action is OfferAction.ACCEPT]
    return carried_out_by(offer, accepted[-1] if accepted else now)


def move_document(made: OfferMove, offer: Offer) -> Document:
    """What was done with an offer, as it is answered."""
    amount = None if made.amount_minor is None else money(offer.currency, offer.language, made.amount_minor)
    return {
        "action": made.action,
        "version": made.version,
        "by": made.by,
        "at": moment(made.at),
        "option": made.option,
        "reason": made.reason,
        "words": made.words,
        "kind": made.kind,
        "amount": amount,
    }
