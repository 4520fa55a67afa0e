"""`openapi`: the description of the HTTP interface."""

from compensation_service.api.app import bare_app
from compensation_service.cli import terminal


def openapi() -> None:
    """Print the OpenAPI description of the HTTP interface."""
    terminal.answer_json(bare_app().openapi())
