"""Group commit: what arrives together is written in one transaction, and answered after its commit.

One thread writes. While it commits, requests gather; the next transaction takes them all, up to a bound. No timer: a
request that comes alone is written at once.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class GroupCommit(Generic[Request, Answer]):
    """Writes requests in groups.

    `work(unit, requests)` answers the requests of one merchant, in their order, inside the transaction. It may answer a
    request with an exception, which then is raised to that caller alone; it must have written nothing for it. If it
    raises, everything is rolled back and the requests are tried again one by one, so that one fails alone.
    """

    def __init__(
        self,
        store: Store,
        work: Callable[[UnitOfWork, Sequence[Request]], Sequence[Answer | Exception]],
        *,
        most: int = 64,
        queue: int = 1024,
        timeout_s: float = 3.0,
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Start the writer; call it within the event loop that submits."""
        raise NotImplementedError

    async def submit(self, merchant_id: str, request: Request, distinct: frozenset[str] = frozenset()) -> Answer:
        """Answer the request after the commit that holds its effect.

        Two requests of a merchant that share a name in `distinct` never meet in one transaction; the later one sees
        what the earlier one wrote. Raises Overloaded if the queue is full, StoreUnavailable if nothing was written and
        OutcomeUnknown if that cannot be known.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """Write what waits, then end the writer."""
        raise NotImplementedError
