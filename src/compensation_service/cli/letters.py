"""`letters`: look at what customers are written."""

from pathlib import Path
from typing import Annotated

import typer

from compensation_service.cli import terminal
from compensation_service.demo.letters import page
from compensation_service.letters.compose import VARIANTS

app = typer.Typer(help="Letters to customers.", no_args_is_help=True)


@app.command()
def show(
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where to write the page.")] = Path("letters.html"),
    variant: Annotated[int, typer.Option(min=0, max=VARIANTS - 1, help="Which wording of each part.")] = 0,
) -> None:
    """Write one page of HTML with every kind of letter, in all languages side by side."""
    out.write_text(page(variant), encoding="utf-8")
    terminal.tell(f"Open {out} in a browser.")


@app.callback()
def _letters() -> None:
    pass
