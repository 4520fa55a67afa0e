"""Telling a merchant's endpoints what belongs to no incident. Events of incidents are told by `services/events.py`."""

from collections.abc import Mapping
from datetime import datetime

from compensation_service.domain import ids as prefixes
from compensation_service.domain.delivery import Notice, NoticeType
from compensation_service.domain.ids import Ids
from compensation_service.services.documents import dump
from compensation_service.store.unit_of_work import UnitOfWork


def announce(unit: UnitOfWork, ids: Ids, what: NoticeType, at: datetime, payload: Mapping[str, object]) -> None:
    """Tell the merchant's endpoints; they hear of it if the unit is committed.

    All of the payload is sent: it names nobody and quotes nobody, it holds ids, numbers and words of enums.
    """
    unit.notices.add([made(ids, what, at, payload)])


def made(ids: Ids, what: NoticeType, at: datetime, payload: Mapping[str, object]) -> Notice:
    """A notice that nobody was told of yet. It shares its ids' prefix with events: receivers see one kind of id."""
    return Notice(ids(prefixes.EVENT), what, at, dump(payload).decode())
