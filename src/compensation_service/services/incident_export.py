"""Exporting incidents: all that a question finds, a row each, in bites that cost the same whatever there is."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import orjson

from compensation_service.domain.incident import Incident
from compensation_service.services import spreadsheet
from compensation_service.services.documents import moment
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.pages import LIMIT_MOST
from compensation_service.store.store import Store

COLUMNS: Final = (
    *("id", "reference", "category", "status", "band", "severity", "fault", "verified", "group", "customer", "order"),
    *("currency", "affected_minor", "paid_minor", "summary", "occurred_at", "reported_at", "recorded_at", "closed_at"),
    *("owner", "stage", "cause", "product", "carrier", "earlier", "reopened"),
    "escalated_at",
)
"""What a row tells, in this order. Money is in minor units of `currency`; `paid_minor` is the worth of what was
accepted, and of what was given before it came here."""


class ExportFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    """RFC 4180 with a header; words that would start a formula stand behind an apostrophe."""
    NDJSON = "ndjson"
    """One JSON object a line."""


class IncidentExport:
    """The use case of exporting. It blocks on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def bite(
        self, merchant_id: str, wanted: IncidentFilter, written_as: ExportFormat, after: str | None = None
    ) -> tuple[bytes, str | None]:
        """Some rows from the one after `after` on, and where the next ones begin; None at the end.

        Each bite reads for itself. What is recorded meanwhile moves nothing: every row comes once, in the same order.
        """
        with self._store.reading(merchant_id) as unit:
            page = unit.incidents.page(wanted, after, LIMIT_MOST)
            paid = unit.incidents.paid([incident.id for incident in page.items])
        rows = [_row(incident, paid.get(incident.id, 0)) for incident in page.items]
        return _written(rows, written_as, header=after is None), page.next_after

    def bites(self, merchant_id: str, wanted: IncidentFilter, written_as: ExportFormat) -> Iterator[bytes]:
        """Everything, bite by bite."""
        after = None
        while True:
            rows, after = self.bite(merchant_id, wanted, written_as, after)
            yield rows
            if after is None:
                return


def _row(incident: Incident, paid_minor: int) -> dict[str, Any]:
    told = {name: getattr(incident, name, None) for name in COLUMNS}
    moments = {name: _moment(told[name]) for name in COLUMNS if name.endswith("_at")}
    return {
        **told,
        **moments,
        "severity": None if incident.severity is None else Decimal(incident.severity),
        "customer": incident.customer_reference,
        "order": incident.order_reference,
        "paid_minor": paid_minor + (incident.given_minor or 0),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else moment(at)


def _written(rows: Sequence[dict[str, Any]], written_as: ExportFormat, *, header: bool) -> bytes:
    if written_as is ExportFormat.NDJSON:
        return b"".join(orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    return spreadsheet.lines([*([COLUMNS] if header else []), *(list(row.values()) for row in rows)])
