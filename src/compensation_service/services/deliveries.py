"""Deliveries: taken in hand by a worker, sent outside any transaction, settled once; looked at and replayed.

Nothing here sends. A worker that dies loses nothing: what it had in hand is free again after LEASE.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from compensation_service.domain.delivery import KEPT_FOR, Attempt, Delivery, DeliveryStatus, NoticeType
from compensation_service.domain.errors import NotFound, Unauthenticated
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.webhook_endpoint import (
    EndpointAction,
    EndpointStatus,
    Suspension,
    WebhookEndpoint,
    move,
)
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.documents import moment
from compensation_service.services.letters import LetterService
from compensation_service.services.notices import announce
from compensation_service.services.webhook_payloads import MEDIA_TYPES, bodies, unwritten
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork
from compensation_service.webhooks import signature
from compensation_service.webhooks.schedule import next_attempt
from compensation_service.webhooks.sealing import Seal, Unsealable
from compensation_service.webhooks.sender import Outcome

LEASE = timedelta(seconds=60)
"""How long a delivery stays in one worker's hands; four times what an attempt may take."""
FORGET_AT_ONCE = 500
"""How many old deliveries of an endpoint are removed in one transaction."""
GONE = "message_gone"
UNSEALABLE = "secret_unreadable"
Document = dict[str, Any]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery in hand, ready to be sent. `trouble` is the word of what makes that impossible, None usually."""

    merchant_id: str
    delivery: Delivery
    url: str
    media_type: str
    body: bytes
    secrets: tuple[str, ...]
    trouble: str | None = None

    def headers(self, at: datetime) -> dict[str, str]:
        """The headers of an attempt at that moment."""
        signed = signature.headers(self.delivery.message_id, at, self.body, self.secrets)
        return {"content-type": self.media_type, "user-agent": "compensation-service", **signed}


class DeliveryService:
    """The use cases around deliveries. They block on the store; `chance` answers a number from 0 to 1."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        letters: LetterService,
        links: CustomerLinks,
        seal: Seal,
        base_url: str,
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._letters = letters
        self._links = links
        self._seal = seal
        self._base_url = base_url
        self._chance = chance

    def waiting(self) -> list[tuple[str, str]]:
        """The endpoints to which something is due, by merchant and id."""
        return self._store.waiting_endpoints(self._clock())

    def claim(self, merchant_id: str, endpoint_id: str, most: int) -> list[Parcel]:
        """Take so many due deliveries to an endpoint in hand at most; each is settled or falls free after LEASE.

        The letters that go with them are written first, where that was not done before.
        """

        def attempt() -> tuple[WebhookEndpoint, list[Delivery]] | None:
            now = self._clock()
            with self._store.writing(merchant_id) as unit:
                endpoint = unit.webhook_endpoints.get(endpoint_id)
                if endpoint is None or endpoint.status is not EndpointStatus.ENABLED:
                    return None
                return endpoint, unit.deliveries.claim(endpoint_id, now, now + LEASE, most)

        endpoint, taken = retried(attempt) or (None, [])
        if endpoint is None or not taken:
            return []
        now = self._clock()
        with self._store.reading(merchant_id) as unit:
            lacking = unwritten(unit, taken, now)
        for offer in lacking:
            self._letters.write_once(merchant_id, offer.incident_id, offer.id)
        with self._store.reading(merchant_id) as unit:
            written = self._bodies(unit, endpoint, taken)
        return [self._packed(endpoint, each, written.get(each.message_id), now) for each in taken]

    def _bodies(self, unit: UnitOfWork, endpoint: WebhookEndpoint, wanted: list[Delivery]) -> dict[str, bytes]:
        """What is sent, with the customers' links in it."""
        found = bodies(unit, wanted, endpoint.format, self._base_url, self._clock())
        return {message_id: self._links.reveal(body) for message_id, body in found.items()}

    def settle(self, parcel: Parcel, outcome: Outcome, began: datetime) -> DeliveryStatus | None:
        """Write down what became of an attempt; what the delivery is now, None where another worker has it in hand."""

        def attempt() -> DeliveryStatus | None:
            ended = self._clock()
            with self._store.writing(parcel.merchant_id) as unit:
                settled = self._after(parcel.delivery, outcome, ended)
                if not unit.deliveries.settle(settled):
                    return None
                made = _attempt(parcel.delivery, outcome, began, ended)
                unit.deliveries.note(replace(made, answer="") if _is_erased(unit, parcel) else made)
                self._note_health(unit, parcel.delivery.endpoint_id, outcome, ended)
                return settled.status

        return retried(attempt)

    def page(
        self, merchant_id: str, wanted: Mapping[str, Any], after: str | None, limit: int
    ) -> tuple[list[Document], str | None]:
        """At most `limit` deliveries to `wanted["endpoint_id"]`, newest first, each with its last attempt; NotFound."""
        with self._store.reading(merchant_id) as unit:
            endpoint_id = wanted["endpoint_id"]
            if unit.webhook_endpoints.get(endpoint_id) is None:
                raise NotFound
            page = unit.deliveries.page(endpoint_id, wanted.get("status"), wanted.get("type"), after, limit)
            made = unit.deliveries.attempts(endpoint_id, [item.message_id for item in page.items])
        shown = [{**document(item), "last_attempt": _last(made.get(item.message_id, []))} for item in page.items]
        return shown, page.next_after

    def get(self, merchant_id: str, endpoint_id: str, message_id: str) -> Document:
        """One delivery with what is sent and what was answered, attempt by attempt; NotFound."""
        with self._store.reading(merchant_id) as unit:
            endpoint = unit.webhook_endpoints.get(endpoint_id)
            found = unit.deliveries.get(endpoint_id, message_id)
            if endpoint is None or found is None:
                raise NotFound
            body = self._bodies(unit, endpoint, [found]).get(message_id)
            made = unit.deliveries.attempts(endpoint_id, [message_id]).get(message_id, [])
        request = body and {
            "url": endpoint.url,
            "headers": {"content-type": MEDIA_TYPES[endpoint.format], "webhook-id": message_id},
            "body": body.decode(),
        }
        return {**document(found), "request": request, "attempts_made": [_shown(each) for each in made]}

    def replay(
        self, merchant_id: str, endpoint_id: str, message_id: str | None, since: datetime | None, key_id: str
    ) -> int:
        """Put a delivery in line anew, or all since a moment whose attempts all failed; how many. NotFound."""
        with self._store.writing(merchant_id) as unit:
            now = self._clock()
            if key_id not in unit.api_keys.usable({key_id}, now):
                raise Unauthenticated
            if unit.webhook_endpoints.get(endpoint_id) is None:
                raise NotFound
            if message_id is None:
                return unit.deliveries.replay_failed(endpoint_id, since or now, now)
            if not unit.deliveries.replay(endpoint_id, message_id, now):
                raise NotFound
            return 1

    def forget(self) -> int:
        """Remove deliveries and notices of every merchant that are older than KEPT_FOR, some at a time; how many."""
        before, removed = self._clock() - KEPT_FOR, 0
        for merchant_id in self._store.merchant_ids():
            with self._store.reading(merchant_id) as unit:
                endpoints = [endpoint.id for endpoint in unit.webhook_endpoints.all()]
            for endpoint_id in endpoints:
                with self._store.writing(merchant_id) as unit:
                    removed += unit.deliveries.forget(endpoint_id, before, FORGET_AT_ONCE)
        return removed

    def _packed(self, endpoint: WebhookEndpoint, delivery: Delivery, body: bytes | None, now: datetime) -> Parcel:
        media_type = MEDIA_TYPES[endpoint.format]
        trouble = GONE if body is None else None
        try:
            secrets = tuple(map(self._seal.open, endpoint.secrets_at(now)))
        except Unsealable:
            secrets, trouble = (), UNSEALABLE
        return Parcel(endpoint.merchant_id, delivery, endpoint.url, media_type, body or b"", secrets, trouble)

    def _after(self, delivery: Delivery, outcome: Outcome, at: datetime) -> Delivery:
        """The delivery after an attempt."""
        made = delivery.attempts + 1
        if outcome.succeeded:
            return replace(delivery, status=DeliveryStatus.DELIVERED, attempts=made, next_at=at, finished_at=at)
        if outcome.gone:  # kept for the day when the endpoint is enabled again
            return replace(delivery, attempts=made, next_at=at)
        again = next_attempt(made, at, self._chance(), outcome.retry_after)
        if again is None or outcome.error == GONE:
            return replace(delivery, status=DeliveryStatus.EXHAUSTED, attempts=made, next_at=at, finished_at=at)
        return replace(delivery, attempts=made, next_at=again)

    def _note_health(self, unit: UnitOfWork, endpoint_id: str, outcome: Outcome, at: datetime) -> None:
        """Count failures in a row; give an endpoint up that wants no more or failed for too long."""
        endpoint = unit.webhook_endpoints.get(endpoint_id)
        if endpoint is None or endpoint.status is not EndpointStatus.ENABLED:
            return
        if outcome.succeeded:
            if endpoint.failures:
                unit.webhook_endpoints.note_health(endpoint_id, 0, None)
            return
        failed = endpoint.failed(at)
        if outcome.gone or failed.is_hopeless(at):
            self._suspend(unit, failed, Suspension.GONE if outcome.gone else Suspension.FAILING, at)
        else:
            unit.webhook_endpoints.note_health(endpoint_id, failed.failures, failed.failing_since)

    def _suspend(self, unit: UnitOfWork, endpoint: WebhookEndpoint, reason: Suspension, at: datetime) -> None:
        status = move(endpoint.status, EndpointAction.SUSPEND)
        suspended = replace(endpoint, status=status, suspended_for=reason, changed_at=at)
        if unit.webhook_endpoints.change(suspended):
            told = {"endpoint": endpoint.id, "reason": reason}
            announce(unit, self._ids, NoticeType.ENDPOINT_SUSPENDED, at, told)
            _log.warning("webhook endpoint suspended", merchant=endpoint.merchant_id, **told)


def _is_erased(unit: UnitOfWork, parcel: Parcel) -> bool:
    """Whether somebody was erased while they were told of: the answer may hold what was sent."""
    incident = unit.incidents.get(parcel.delivery.stream)
    return incident is not None and incident.erased_at is not None


def _attempt(delivery: Delivery, outcome: Outcome, began: datetime, ended: datetime) -> Attempt:
    return Attempt(
        endpoint_id=delivery.endpoint_id,
        message_id=delivery.message_id,
        token=delivery.token,
        at=began,
        duration_ms=max(0, round((ended - began) / timedelta(milliseconds=1))),
        status_code=outcome.status_code,
        error=outcome.error,
        answer=outcome.answer,
    )


def document(delivery: Delivery) -> Document:
    """A delivery as it is answered."""
    return {
        "id": delivery.message_id,
        "type": delivery.type,
        "stream": delivery.stream,
        "sequence": delivery.sequence,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "next_attempt_at": moment(delivery.next_at) if delivery.status is DeliveryStatus.PENDING else None,
        "created_at": moment(delivery.created_at),
        "finished_at": delivery.finished_at and moment(delivery.finished_at),
    }


def _shown(attempt: Attempt) -> Document:
    return {
        "number": attempt.token,
        "at": moment(attempt.at),
        "duration_ms": attempt.duration_ms,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "answer": attempt.answer,
    }


def _last(made: list[Attempt]) -> Document | None:
    return _shown(made[-1]) if made else None
