"""CSV (RFC 4180) that a spreadsheet reads as words and numbers, and never as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | Decimal | None
"""Words are guarded; numbers stay numbers, whatever their sign."""

_STARTS_A_FORMULA: Final = re.compile("[\\s\ufeff'\"]*[=+\\-@\t\r\n\0＝＋－＠﹦﹢﹣﹫]")
"""OWASP ASVS 5.0, 1.2.10, and the same signs in other widths; also behind what a reader may strip."""


def lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as CSV in UTF-8: a comma between cells, CR LF after each row, None as an empty cell."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _written(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return guarded(cell) if isinstance(cell, str) else cell


def guarded(words: str) -> str:
    """Words behind an apostrophe where they would start a formula; `unguarded` takes it off again."""
    return f"'{words}" if _STARTS_A_FORMULA.match(words) else words


def unguarded(words: str) -> str:
    """What `guarded` was given: nothing that starts a formula comes out of it but behind its apostrophe."""
    return words[1:] if _STARTS_A_FORMULA.match(words) else words
