"""Remedies of chosen options: promised, then confirmed one by one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam

from compensation_service.domain.remedy import RemedyStatus
from compensation_service.store.lookup import Lookup
from compensation_service.store.scope import Scope, scoped_update
from compensation_service.store.tables import remedies

_IS_OF_OPTION = (remedies.c.offer_id == bindparam("of_offer"), remedies.c.option_id == bindparam("of_option"))
_PROMISE = (
    scoped_update(remedies)
    .where(*_IS_OF_OPTION, remedies.c.position <= bindparam("to_position"), remedies.c.status.is_(None))
    .values(status=RemedyStatus.PROMISED)
)
_ANY_POSITION = 1_000_000
_CONFIRM = (
    scoped_update(remedies)
    .where(
        *_IS_OF_OPTION, remedies.c.position == bindparam("of_position"), remedies.c.status == bindparam("status_before")
    )
    .values(status=bindparam("new_status"))
)
_CHOSEN = Lookup(
    remedies,
    remedies.c.offer_id,
    [remedies.c.offer_id, remedies.c.position, remedies.c.status],
    remedies.c.status.is_not(None),
)


class Remedies:
    """The remedies of the merchant's offers."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def promise(self, offer_id: str, option_id: str, first: int | None = None) -> int:
        """Promise the remedies of an option, or the first so many, and answer how many are promised with this.

        0 where there is no such option, or nothing in it that was not promised before.
        """
        to_position = _ANY_POSITION if first is None else first
        return self._scope.change(_PROMISE, of_offer=offer_id, of_option=option_id, to_position=to_position)

    def of(self, offer_ids: Iterable[str]) -> Mapping[str, dict[int, RemedyStatus]]:
        """Answer where the remedies of chosen options stand: by the offer's id, then by position, from 1."""
        found: dict[str, dict[int, RemedyStatus]] = defaultdict(dict)
        for row in _CHOSEN.rows(self._scope, offer_ids):
            found[row.offer_id][int(row.position)] = row.status
        return found

    def confirm(self, offer_id: str, option_id: str, position: int, before: RemedyStatus, status: RemedyStatus) -> bool:
        """Change the status of one remedy; False where it is not as it was."""
        changed = self._scope.change(
            _CONFIRM,
            of_offer=offer_id,
            of_option=option_id,
            of_position=position,
            status_before=before,
            new_status=status,
        )
        return changed == 1
