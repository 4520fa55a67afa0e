"""An account of what was done: the page of the book of complaints that says who did what. The customer may read it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """One entry as it is kept. `at` is when it was done; `by` is who did it, a name or the id of a key."""

    id: str
    incident_id: str
    words: str
    by: str
    at: datetime
    recorded_at: datetime
