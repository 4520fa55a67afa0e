"""`openapi`: the description of the HTTP interface."""

import typer

from compensation_service.api.app import bare_app
from compensation_service.api.openapi import text


def openapi() -> None:
    """Print the OpenAPI description of the HTTP interface."""
    typer.echo(text(bare_app()), nl=False)
