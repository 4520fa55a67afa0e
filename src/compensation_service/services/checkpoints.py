"""Making checkpoints: signed words on where the chains of events end, at most one round a minute."""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from compensation_service.domain.checkpoint import NONE_BEFORE, Checkpoint, root_of
from compensation_service.domain.ids import Clock
from compensation_service.store.checkpoints import Progress
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

PAUSE: Final = timedelta(minutes=1)
"""How long after a checkpoint the next one is made at the soonest."""
LATE_MOST: Final = timedelta(minutes=10)
"""How long after its id was made an event can become visible, clocks that differ included."""
HEADS_MOST: Final = 500
"""How many chains one checkpoint covers usually, so that nobody waits long for its transaction."""


class Signer:
    """Signs checkpoints (Ed25519) with a key that follows from the secret key of the settings."""

    def __init__(self, secret_key: str) -> None:
        seed = hmac.digest(secret_key.encode(), b"compensation-service checkpoints", "sha256")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw().hex()
        """What an auditor needs to tell that a signature is ours, in hexadecimal."""

    def sign(self, checkpoint: Checkpoint, merchant_id: str) -> Checkpoint:
        """Answer the checkpoint with our key and signature."""
        checkpoint = replace(checkpoint, public_key=self.public_key)
        return replace(checkpoint, signature=self._key.sign(checkpoint.text(merchant_id)).hex())


def is_signed(checkpoint: Checkpoint, merchant_id: str) -> bool:
    """Whether the signature is that of the key which the checkpoint names; whose key that is, is another question."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint.public_key))
        key.verify(bytes.fromhex(checkpoint.signature), checkpoint.text(merchant_id))
    except (InvalidSignature, ValueError):
        return False
    return True


class CheckpointService:
    """Makes checkpoints. Any number of workers may do it at once. `most` is how many chains one covers at most."""

    def __init__(self, store: Store, clock: Clock, signer: Signer, most: int = HEADS_MOST) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._most = most

    def seal_all(self) -> int:
        """Bring what happened lately under checkpoints, for every merchant who has had none for PAUSE; how many."""
        return sum(len(self.seal(each)) for each in self._store.merchant_ids() if self._is_time(each))

    def _is_time(self, merchant_id: str) -> bool:
        with self._store.reading(merchant_id) as unit:
            last = unit.checkpoints.last()
        return last is None or last.made_at + PAUSE <= self._clock()

    def seal(self, merchant_id: str, *, everything: bool = False) -> list[Checkpoint]:
        """Bring the chains that went on under checkpoints, and answer those; none where nothing happened.

        Events that became visible more than LATE_MOST after their making are found with `everything`, which reads
        all events.
        """
        made: list[Checkpoint] = []
        newer_than = "" if everything else self._looked_at(merchant_id)
        after = seen = ""
        while True:
            with self._store.writing(merchant_id) as unit:
                unit.lock({"checkpoints"})
                found = unit.checkpoints.unsealed(newer_than, after, self._most)
                last = len(found) < self._most
                progress = unit.checkpoints.progress(found)
                seen = max([seen, *(each.event_id for each in progress)])
                if progress:
                    made.append(self._made(unit, progress, seen if last else ""))
            if last:
                return made
            after = found[-1]

    def _looked_at(self, merchant_id: str) -> str:
        """The event id up to which earlier rounds have looked at everything: the last of a round says it."""
        with self._store.reading(merchant_id) as unit:
            settled = unit.checkpoints.last(self._clock() - LATE_MOST)
        return settled.newest if settled else ""

    def _made(self, unit: UnitOfWork, progress: Sequence[Progress], seen: str) -> Checkpoint:
        heads = [each.head for each in progress]
        checkpoint = _next(unit.checkpoints.last(), unit.merchant_id, progress, seen, self._clock())
        checkpoint = self._signer.sign(replace(checkpoint, root=root_of(heads)), unit.merchant_id)
        unit.checkpoints.add(checkpoint, heads)
        return checkpoint


def _next(
    last: Checkpoint | None, merchant_id: str, progress: Sequence[Progress], seen: str, now: datetime
) -> Checkpoint:
    """The checkpoint over these chains that follows the last one; root and signature are still missing."""
    return Checkpoint(
        number=last.number + 1 if last else 1,
        made_at=now,
        previous=last.digest(merchant_id) if last else NONE_BEFORE,
        events=(last.events if last else 0) + sum(each.head.sequence - each.sealed for each in progress),
        incidents=(last.incidents if last else 0) + sum(each.sealed == 0 for each in progress),
        heads=len(progress),
        root="",
        newest=max(last.newest if last else "", seen),
        public_key="",
        signature="",
    )
