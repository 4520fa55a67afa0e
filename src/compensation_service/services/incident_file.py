"""The file of an incident: what was said, what proves it, what was done. Papers are added, and never changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from compensation_service.domain import ids as prefixes
from compensation_service.domain.account import Account
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import NotFound, Unprocessable
from compensation_service.domain.event import EventType
from compensation_service.domain.evidence import Evidence
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.message import Message
from compensation_service.services.documents import dump
from compensation_service.services.events import tell
from compensation_service.services.idempotency import CREATED, Answer, Done, Idempotency, Once
from compensation_service.services.incident_documents import paper_document
from compensation_service.services.incidents import locked
from compensation_service.store.incident_file import Paper
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a caller's clock may run ahead of ours."""
KINDS: Final[dict[type[Any], tuple[str, EventType]]] = {
    Message: (prefixes.MESSAGE, EventType.MESSAGE_ADDED),
    Evidence: (prefixes.EVIDENCE, EventType.EVIDENCE_ADDED),
    Account: (prefixes.ACCOUNT, EventType.ACCOUNT_ADDED),
}
NAMES: Final[dict[type[Any], str]] = {Message: "message", Evidence: "evidence", Account: "account"}

Writing: TypeAlias = Callable[[str, str, datetime], Paper]
"""Makes the paper of an id, the id of the key that brings it, and the moment."""


class IncidentFileService:
    """The use cases around papers. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._once = Once(store, clock, _again)

    def add(
        self, merchant_id: str, incident_id: str, kind: type[Paper], write: Writing, key_id: str, key: Idempotency
    ) -> Answer:
        """Add a paper of a kind to the file, and answer it. NotFound; Unprocessable where it lies in the future."""

        def work(unit: UnitOfWork, api_key: ApiKey) -> Done:
            locked(unit, incident_id)
            now = self._clock()
            prefix, what = KINDS[kind]
            paper = write(self._ids(prefix), api_key.id, now)
            if paper.at > now + CLOCK_SKEW:
                raise Unprocessable("/at", "in_the_future", "This lies in the future.")
            unit.file.add(paper)
            tell(unit, self._ids, incident_id, what, now, {NAMES[kind]: paper.id, "by": api_key.id}, paper)
            return Answer(CREATED, dump(paper_document(paper))), paper.id

        return self._once.run(merchant_id, key_id, key, work, incident_id)


def _again(unit: UnitOfWork, paper_id: str) -> bytes:
    for kind, (prefix, _) in KINDS.items():
        if paper_id.startswith(f"{prefix}_"):
            found = unit.file.find(kind, [paper_id]).get(paper_id)
            if found is not None:
                return dump(paper_document(found))
    raise NotFound
