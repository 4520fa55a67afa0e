"""Importing incidents that were dealt with elsewhere: they are history from then on, and nothing is offered for them.

Rows come in bites. A bite is one transaction with the line it ends at, so that whatever ends an import in the middle,
it goes on behind what is kept. A row is known by its reference; the same row again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from compensation_service.decision.facts import RemedyKind
from compensation_service.domain import ids as prefixes
from compensation_service.domain.errors import Conflict, NotFound
from compensation_service.domain.event import START, Event, EventType
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.domain.incident import Incident, IncidentStatus
from compensation_service.domain.past_import import PastImport
from compensation_service.services.digests import new_salt
from compensation_service.services.events import chain
from compensation_service.services.incidents import Filing, Known
from compensation_service.store.failures import Contended
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

AT_ONCE: Final = 500
"""Rows in a bite."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended elsewhere. `given_minor` is the goodwill given, in minor units of the incident's currency."""

    status: IncidentStatus
    closed_at: datetime | None
    given_kind: RemedyKind | None
    given_minor: int | None


@dataclass(frozen=True, slots=True)
class PastIncident:
    """A row of a file: an incident that has a reference, when it was recorded there, and how it ended."""

    line: int
    known: Known
    filing: Filing
    ending: Ending
    recorded_at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that becomes no incident: its line, a JSON pointer to what is wrong in it once mapped, and why."""

    line: int
    field: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a bite: how far the import is now, and the rows that were refused."""

    progress: PastImport
    refused: tuple[Refusal, ...]


class AlreadyImported(Conflict):
    """Part of this file was imported before."""

    def __init__(self) -> None:
        super().__init__("This file was begun with this mapping before; say whether to resume it.")


class ImportService:
    """The use cases of importing. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, random_bytes: RandomBytes) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._random_bytes = random_bytes

    def begin(self, merchant_id: str, sha256: str, *, resume: bool) -> PastImport:
        """How far the import of a file has come; NotFound for an unknown merchant.

        AlreadyImported where it was begun and is not to be resumed.
        """
        now = self._clock()
        with self._store.writing(merchant_id) as unit:
            if unit.merchants.find() is None:
                raise NotFound("There is no such merchant.")
            before = unit.imports.get(sha256)
            if before is None:
                before = PastImport(sha256, 0, 0, 0, 0, now, now)
                unit.imports.add(before)
            elif not resume:
                raise AlreadyImported
        return before

    def take(self, merchant_id: str, so_far: PastImport, rows: Sequence[PastIncident | Refusal], by: str) -> Taken:
        """Keep a bite, all of it or nothing; `so_far` is what the bite before answered. `by` is the id of a key."""

        def attempt() -> Taken:
            with self._store.writing(merchant_id) as unit:
                bite = _sorted(unit, rows)
                self._add(unit, bite.fresh, by)
                taken = bite.onto(so_far, self._clock())
                if not unit.imports.write(so_far, taken.progress):
                    raise Contended
            return taken

        return retried(attempt)

    def try_out(self, merchant_id: str, so_far: PastImport, rows: Sequence[PastIncident | Refusal]) -> Taken:
        """What `take` would answer, with nothing kept."""
        with self._store.reading(merchant_id) as unit:
            return _sorted(unit, rows).onto(so_far, self._clock())

    def _add(self, unit: UnitOfWork, rows: Sequence[PastIncident], by: str) -> None:
        now = self._clock()
        new = [self._incident(unit.merchant_id, row) for row in rows]
        unit.incidents.add(new)
        unit.events.add([event for each in new for event in self._told(each, now, by)], silently=True)

    def _incident(self, merchant_id: str, row: PastIncident) -> Incident:
        return Incident(
            id=self._ids(prefixes.INCIDENT),
            merchant_id=merchant_id,
            band=None,
            severity=None,
            recorded_at=row.recorded_at,
            salt=new_salt(self._random_bytes),
            fingerprint=row.fingerprint,
            **{**asdict(row.known), "occurred_at": row.known.occurred_at or row.recorded_at},
            **asdict(row.filing),
            **asdict(row.ending),
        )

    def _told(self, incident: Incident, now: datetime, by: str) -> list[Event]:
        told = {"status": incident.status, "by": by, "imported": True}
        what = [(EventType.INCIDENT_RECORDED, told)]
        return list(chain(incident.merchant_id, self._ids, incident.id, START, now, what))


@dataclass(frozen=True, slots=True)
class _Bite:
    """Rows, sorted out: the new ones, how many were there before, the refused ones in their order; the last line."""

    fresh: Sequence[PastIncident]
    known: int
    refused: Sequence[Refusal]
    line: int

    def onto(self, before: PastImport, now: datetime) -> Taken:
        """How far the import is with these."""
        after = replace(
            before,
            line=self.line,
            added=before.added + len(self.fresh),
            known=before.known + self.known,
            refused=before.refused + len(self.refused),
            changed_at=now,
        )
        return Taken(after, tuple(self.refused))


def _sorted(unit: UnitOfWork, rows: Sequence[PastIncident | Refusal]) -> _Bite:
    past = [row for row in rows if isinstance(row, PastIncident)]
    kept = unit.incidents.by_reference([row.known.reference or "" for row in past])
    marks = {reference: incident.fingerprint for reference, (incident, _) in kept.items()}
    fresh, known, refused = [], 0, [row for row in rows if isinstance(row, Refusal)]
    for row in past:
        reference = row.known.reference or ""
        if reference not in marks:
            marks[reference] = row.fingerprint
            fresh.append(row)
        elif marks[reference] == row.fingerprint:
            known += 1
        else:
            reason = "This reference names another incident already."
            refused.append(Refusal(row.line, "/incident/reference", "reference_taken", reason))
    return _Bite(fresh, known, sorted(refused, key=lambda row: row.line), max(row.line for row in rows))
