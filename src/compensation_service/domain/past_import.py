"""An import of incidents that were dealt with elsewhere."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastImport:
    """How far the import of a file has come: the last of its lines that was read, and what became of its rows.

    `sha256` is that of the file and of how it is read, in hexadecimal. `added` rows became incidents, `known` ones had
    done so before, `refused` ones did not.
    """

    sha256: str
    line: int
    added: int
    known: int
    refused: int
    begun_at: datetime
    changed_at: datetime
