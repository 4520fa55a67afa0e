"""Evidence: a receipt, a picture, or whatever else shows what happened. It is kept elsewhere: here is where."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EvidenceKind(StrEnum):
    """What it is."""

    RECEIPT = "receipt"
    PHOTO = "photo"
    VIDEO = "video"
    RECORDING = "recording"
    DOCUMENT = "document"
    TRACKING = "tracking"
    STATEMENT = "statement"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece as it is kept. `sha256` is that of the content in hexadecimal; `by` is a name or the id of a key."""

    id: str
    incident_id: str
    kind: EvidenceKind
    description: str
    link: str | None
    sha256: str | None
    by: str
    at: datetime
    recorded_at: datetime
