"""Notices in the store: what is told that belongs to no incident. Added with the effect, in its transaction."""

from collections.abc import Iterable, Sequence

from compensation_service.domain.delivery import Notice
from compensation_service.store.deliveries import Deliveries, Message
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Scope, columns_of
from compensation_service.store.tables import notices

_SOME = Lookup(notices, notices.c.id, columns_of(notices, Notice))


class Notices:
    """The merchant's notices."""

    def __init__(self, scope: Scope, deliveries: Deliveries) -> None:
        self._scope = scope
        self._deliveries = deliveries

    def find(self, ids: Iterable[str]) -> dict[str, Notice]:
        """Answer notices by their ids."""
        return {notice.id: notice for notice in (Notice(*row) for row in _SOME.rows(self._scope, ids))}

    def keep(self, notice: Notice) -> Message:
        """Add a notice without putting it in line for anybody."""
        self._scope.add(notices, [notice])
        return Message(notice.id, notice.id, 1, notice.type, notice.occurred_at)

    def add(self, new: Sequence[Notice]) -> None:
        """Add notices, and put them in line for the endpoints that want them."""
        self._deliveries.add([self.keep(notice) for notice in new])
