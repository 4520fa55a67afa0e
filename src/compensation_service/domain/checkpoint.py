"""A checkpoint: signed words on where the chains of a merchant's events ended at a moment.

Whoever rewrites a chain from its middle on, cuts off its end or takes away a whole incident contradicts a checkpoint.
Checkpoints are a chain themselves: each names the digest of the one before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

NONE_BEFORE: Final = "0" * 64
"""What the first checkpoint names as the one before."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain of one incident ended."""

    incident_id: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint of a merchant, counted from 1.

    `events` and `incidents` are how many are under this and all earlier ones. `heads` is how many chains went on since
    the one before, `root` the digest of where they end now. Events up to the id `newest` need not be looked at again.
    """

    number: int
    made_at: datetime
    previous: str
    events: int
    incidents: int
    heads: int
    root: str
    newest: str
    public_key: str
    signature: str

    def text(self, merchant_id: str) -> bytes:
        """Answer what is signed: its name, the merchant and the fields up to `public_key`, a line each."""
        at = self.made_at.astimezone(UTC).isoformat(timespec="microseconds")
        fields = (self.number, at, self.previous, self.events, self.incidents, self.heads, self.root, self.newest)
        return "\n".join(map(str, ("compensation-service checkpoint", merchant_id, *fields, self.public_key))).encode()

    def digest(self, merchant_id: str) -> str:
        """Answer the name of this checkpoint, by which the next one holds it fast: of its text and its signature."""
        return sha256(self.text(merchant_id) + b"\n" + self.signature.encode()).hexdigest()


def root_of(heads: Iterable[Head]) -> str:
    """Answer SHA-256 over the heads, in order of their incidents' ids: three lines each, every line ended."""
    running = sha256()
    for head in heads:
        running.update(f"{head.incident_id}\n{head.sequence}\n{head.hash}\n".encode())
    return running.hexdigest()
