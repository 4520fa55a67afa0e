"""`export`: incidents as CSV or NDJSON."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from compensation_service.api.incidents import IncidentConditions
from compensation_service.cli.merchant import Merchant, demand_known
from compensation_service.services.incident_export import ExportFormat, IncidentExport
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store.incidents import IncidentFilter

Where = Annotated[
    list[str],
    typer.Option(
        "--where", metavar="NAME=VALUE", help="A condition as GET /incidents takes it, such as carrier=dhl; repeatable."
    ),
]


def export(
    merchant: Merchant,
    *,
    written_as: Annotated[ExportFormat, typer.Option("--format", help="How rows are written.")] = ExportFormat.CSV,
    where: Where = [],  # noqa: B006 - typer's way, and nobody changes it
) -> None:
    """Write a merchant's incidents to standard output, however many there are.

    Example: compensation-service export --merchant my-shop --where category=late_delivery > late.csv
    """
    wanted = _filter(where)
    store = open_settings_store(Settings())
    try:
        demand_known(store, merchant)
        for rows in IncidentExport(store).bites(merchant, wanted, written_as):
            sys.stdout.buffer.write(rows)
    finally:
        store.close()
    sys.stdout.buffer.flush()


def _filter(where: list[str]) -> IncidentFilter:
    """The conditions, read as those of a request."""
    pairs = [condition.partition("=") for condition in where]
    if bad := [name for name, equals, _ in pairs if not equals]:
        raise typer.BadParameter(f"NAME=VALUE is expected, not {bad[0]}", param_hint="--where")
    try:
        return IncidentConditions.model_validate({name: value for name, _, value in pairs}).filters()
    except ValidationError as error:
        wrong = error.errors()[0]
        unknown = wrong["type"] == "extra_forbidden"
        reason = (
            f"there is none of this name; conditions: {', '.join(IncidentConditions.model_fields)}"
            if unknown
            else wrong["msg"]
        )
        raise typer.BadParameter(f"{'.'.join(map(str, wrong['loc']))}: {reason}", param_hint="--where") from error
