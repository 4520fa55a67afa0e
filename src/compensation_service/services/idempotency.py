"""Repeating a request: the same key answers as the first time and has no second effect."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from threading import Lock
from typing import TypeAlias

from compensation_service.decision.record import record
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import (
    CompensationError,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    NotFound,
    Overloaded,
    Unauthenticated,
)
from compensation_service.domain.ids import Clock
from compensation_service.store.answers import StoredAnswer
from compensation_service.store.failures import Contended, translated
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

CREATED = 201
FOUND = 200


@record
class Answer:
    """What is sent back, byte for byte; `replayed` if it was decided at an earlier request."""

    status_code: int
    body: bytes
    replayed: bool = False


@record
class Idempotency:
    """The caller's key for one request on one path, and the fingerprint of what it came with.

    `refusal` writes an error down as it is answered, so that it can be answered again byte for byte.
    """

    path: str
    key: str
    fingerprint: str
    refusal: Callable[[CompensationError], Answer] | None = field(default=None, compare=False)


Done: TypeAlias = tuple[Answer, str]
"""An answer, and the id of what it is about."""


def replay(
    stored: StoredAnswer, idempotency: Idempotency, present: Callable[[str], bytes | None]
) -> Answer | IdempotencyKeyReused | NotFound:
    """The stored answer; once its bytes were cleared, what `present` says about the id of what was made."""
    if stored.fingerprint not in {idempotency.fingerprint, ""}:
        return IdempotencyKeyReused()
    if stored.body is not None:
        return Answer(stored.status_code, stored.body, replayed=True)
    body = present(stored.resource_id or "")
    return NotFound() if body is None else Answer(FOUND, body, replayed=True)


def remember(idempotency: Idempotency, answer: Answer, resource_id: str, at: datetime) -> StoredAnswer:
    """The record of an answer, to be kept in the transaction of its effect."""
    return StoredAnswer(
        path=idempotency.path,
        key=idempotency.key,
        fingerprint=idempotency.fingerprint,
        status_code=answer.status_code,
        body=answer.body,
        resource_id=resource_id,
        created_at=at,
    )


class Running:
    """What is being done here, by key: a file has one writer, and who waits for it in vain is told for what.

    On PostgreSQL they wait for the key itself. Of what other processes do with a file nothing is known here: who waits
    for those is told to come back later.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: Counter[tuple[str, str, str]] = Counter()

    @contextmanager
    def entered(self, merchant_id: str, idempotency: Idempotency | None) -> Iterator[None]:
        """Raise IdempotencyInProgress where the store was busy while the same key was at work."""
        if idempotency is None:
            yield
            return
        name = (merchant_id, idempotency.path, idempotency.key)
        self._count(name, 1)
        try:
            yield
        except (Contended, Overloaded) as busy:
            if self._names[name] > 1:
                raise IdempotencyInProgress from busy
            raise
        finally:
            self._count(name, -1)

    def _count(self, name: tuple[str, str, str], more: int) -> None:
        with self._lock:
            self._names[name] += more
            if not self._names[name]:
                del self._names[name]


class Once:
    """Runs what a key asks for in a unit of its own, and once for each idempotency key. It blocks on the store.

    `again` writes down what stands there today, by the id that the work gave: for answers whose bytes were cleared.
    """

    def __init__(self, store: Store, clock: Clock, again: Callable[[UnitOfWork, str], bytes]) -> None:
        self._store = store
        self._clock = clock
        self._again = again
        self._running = Running()

    def run(
        self,
        merchant_id: str,
        key_id: str,
        idempotency: Idempotency | None,
        work: Callable[[UnitOfWork, ApiKey], Done],
        about: str = "",
    ) -> Answer:
        """Do the work, or answer as before; `about` is the id of what it is about, should it be refused.

        A refusal by rule is kept as an answer too. Raises Unauthenticated for a key that is not usable any more,
        IdempotencyKeyReused, IdempotencyInProgress where the same request does not end, and what the work raises.
        """

        def attempt() -> Answer:
            with self._store.writing(merchant_id) as unit:
                key = unit.api_keys.usable({key_id}, self._clock()).get(key_id)
                if key is None:
                    raise Unauthenticated
                if idempotency is not None and (before := self._before(unit, idempotency)):
                    return before
                answer, resource_id = work(unit, key)
                if idempotency is not None:
                    unit.answers.add([remember(idempotency, answer, resource_id, self._clock())])
                return answer

        try:
            with self._running.entered(merchant_id, idempotency):
                return retried(attempt)
        except CompensationError as refusal:
            if idempotency is None or idempotency.refusal is None or not refusal.recorded:
                raise
            kept = self._keep(merchant_id, idempotency, idempotency.refusal(refusal), about)
            if kept is None:
                raise
            return kept

    def _keep(self, merchant_id: str, idempotency: Idempotency, answer: Answer, about: str) -> Answer | None:
        """Keep a refusal, in a unit of its own as that of the work is rolled back; or the answer that came first."""

        def attempt() -> Answer | None:
            with self._store.writing(merchant_id) as unit:
                before = self._before(unit, idempotency)
                if before is None:
                    unit.answers.add([remember(idempotency, answer, about, self._clock())])
                return before

        return retried(attempt)

    def _before(self, unit: UnitOfWork, idempotency: Idempotency) -> Answer | None:
        """What was answered to this key before; whoever has it at the same time waits here for the first to end."""
        name = (idempotency.path, idempotency.key)
        try:
            with translated():
                unit.lock({f"key:{idempotency.path}:{idempotency.key}"})
        except Contended as running:
            raise IdempotencyInProgress from running
        stored = unit.answers.find([name]).get(name)
        if stored is None:
            return None
        outcome = replay(stored, idempotency, lambda resource_id: self._again(unit, resource_id))
        if isinstance(outcome, Answer):
            return outcome
        raise outcome
