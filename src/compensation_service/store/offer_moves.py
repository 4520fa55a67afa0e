"""What was done with offers: added with each move, in its transaction, and never changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from compensation_service.domain.offer_move import OfferMove
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Scope, columns_of
from compensation_service.store.tables import offer_moves

_OF = Lookup(offer_moves, offer_moves.c.offer_id, columns_of(offer_moves, OfferMove))


class OfferMoves:
    """The moves of the merchant's offers."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def of(self, offer_ids: Iterable[str]) -> Mapping[str, list[OfferMove]]:
        """Answer the moves of offers, first to last, by the offer's id; none for an offer that was never moved."""
        found: dict[str, list[OfferMove]] = defaultdict(list)
        for made in sorted(
            (OfferMove(*row) for row in _OF.rows(self._scope, offer_ids)), key=lambda made: made.version
        ):
            found[made.offer_id].append(made)
        return found

    def add(self, made: OfferMove) -> None:
        """Add a move; a version that has one already fails the unit."""
        self._scope.add(offer_moves, [made])
