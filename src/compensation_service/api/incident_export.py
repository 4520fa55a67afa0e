"""`/incidents/export`: everything that a question finds, streamed."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from compensation_service.api.in_time import in_time
from compensation_service.api.incidents import IncidentConditions
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.services.incident_export import COLUMNS, ExportFormat
from compensation_service.store.incidents import IncidentFilter

MEDIA_TYPES: Final = {ExportFormat.CSV: "text/csv", ExportFormat.NDJSON: "application/x-ndjson"}
_TEXT: Final[dict[str, Any]] = {"type": "string", "description": f"Columns: {', '.join(COLUMNS)}."}

router = APIRouter(route_class=GuardedRoute, tags=["incidents"])


class ExportQuery(IncidentConditions):
    """Which incidents to export, and how they are written."""

    format: Annotated[
        ExportFormat | None, Field(description="Otherwise as `Accept` says: `application/x-ndjson`, else CSV.")
    ] = None


@router.get(
    "/incidents/export",
    operation_id="exportIncidents",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A row for each incident, to the last; the connection breaks where that fails midway.",
            "content": {media_type: {"schema": _TEXT} for media_type in MEDIA_TYPES.values()},
        }
    },
)
async def export_incidents(request: Request, query: Annotated[ExportQuery, Query()]) -> Response:
    """Write out all incidents that a list of the same conditions has, in its order, however many there are."""
    written_as = query.format or _accepted(request)
    name = f"incidents.{written_as}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    rows = _rows(request, query.filters(), written_as)
    first = await anext(rows)  # what speaks against beginning is answered as a problem

    async def all_rows() -> AsyncIterator[bytes]:
        yield first
        async for more in rows:
            yield more

    return StreamingResponse(all_rows(), 200, headers, f"{MEDIA_TYPES[written_as]}; charset=utf-8")


def _accepted(request: Request) -> ExportFormat:
    accepts = request.headers.get("accept", "")
    return ExportFormat.NDJSON if MEDIA_TYPES[ExportFormat.NDJSON] in accepts else ExportFormat.CSV


async def _rows(request: Request, wanted: IncidentFilter, written_as: ExportFormat) -> AsyncIterator[bytes]:
    key: ApiKey = request.scope["api_key"]
    bite, after = services_of(request).incident_export.bite, None
    while True:
        rows, after = await in_time(bite, key.merchant_id, wanted, written_as, after)
        yield rows
        if after is None:
            return
