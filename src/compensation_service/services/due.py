"""What is due: offers whose time has run out expire, or their default is accepted by itself."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from compensation_service.domain.errors import CompensationError, Unavailable
from compensation_service.domain.ids import Clock
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.store.store import Store


@dataclass(frozen=True, slots=True)
class Settled:
    """How many offers expired, and of how many the default was accepted; `refused` could not be settled."""

    expired: int
    accepted: int
    refused: int


class DueService:
    """Does what is due. Any number of workers may do it at once: an offer is settled by one of them.

    `most` is how many due offers are looked up at once; each is settled in a transaction of its own.
    """

    def __init__(self, store: Store, moves: OfferMoveService, clock: Clock, most: int = 100) -> None:
        self._most = most
        self._store = store
        self._moves = moves
        self._clock = clock

    def settle(self) -> Settled:
        """Settle every due offer of every merchant once. Raises Unavailable; what was settled until then stays so.

        An offer that is refused, which would be a fault of ours, is left alone and does not hold up the others.
        """
        done: Counter[OfferStatus | None] = Counter()
        refused = 0
        for merchant_id, offer_id in self._due():
            try:
                done[self._moves.settle(merchant_id, offer_id)] += 1
            except Unavailable:
                raise
            except CompensationError:
                refused += 1
        return Settled(done[OfferStatus.EXPIRED], done[OfferStatus.ACCEPTED], refused)

    def _due(self) -> Iterator[tuple[str, str]]:
        """Name the due offers, by merchant and id; nothing is held while one of them is settled."""
        for merchant_id in self._store.merchant_ids():
            after = ""
            while True:
                with self._store.reading(merchant_id) as unit:
                    found = unit.offers.due(self._clock(), after, self._most)
                yield from ((merchant_id, offer_id) for offer_id in found)
                if len(found) < self._most:
                    break
                after = found[-1]
