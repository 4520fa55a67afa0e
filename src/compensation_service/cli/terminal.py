"""Where the command line's words go: answers to standard output, the rest to standard error."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console, RenderableType
from rich.table import Table

NAME_MOST = 200

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


def in_words(text: str) -> str:
    """Refuse a name that says nothing, or more than a request may say: a callback of options."""
    if not text.strip() or len(text) > NAME_MOST or not text.isprintable():
        raise typer.BadParameter(f"1 to {NAME_MOST} characters that can be seen")
    return text.strip()


def answer(what: RenderableType) -> None:
    """Print what was asked for."""
    Console(highlight=False, soft_wrap=isinstance(what, str)).print(what, markup=False)


def answer_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Print a value as JSON; Decimals, such as the numbers of a policy, with the digits they have."""
    typer.echo(orjson.dumps(value, default=_number, option=orjson.OPT_INDENT_2).decode())


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError


def tell(text: str) -> None:
    """Say what is going on, without touching the answer."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)


def complain(text: str) -> None:
    """Say what went wrong."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, style="red", markup=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Lay rows out under their columns."""
    made = Table(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))
    for row in rows:
        made.add_row(*row)
    return made
