"""Repeating a request: the same key answers as the first time and has no second effect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from compensation_service.domain.errors import IdempotencyKeyReused, NotFound
from compensation_service.store.answers import StoredAnswer

CREATED = 201
FOUND = 200


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's key for one request on one path, and the fingerprint of what it came with."""

    path: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, byte for byte; `replayed` if it was decided at an earlier request."""

    status_code: int
    body: bytes
    replayed: bool = False


def replay(
    stored: StoredAnswer, idempotency: Idempotency, present: Callable[[str], bytes | None]
) -> Answer | IdempotencyKeyReused | NotFound:
    """The stored answer; once its bytes were cleared, what `present` says about the id of what was made."""
    if stored.fingerprint != idempotency.fingerprint:
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
