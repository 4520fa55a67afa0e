"""Webhook endpoints: registered, changed, rotated, tested, switched off and on."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from compensation_service.domain import ids as prefixes
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.delivery import NoticeType
from compensation_service.domain.errors import ChangedMeanwhile, Conflict, NotFound, Unauthenticated, Unprocessable
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.domain.webhook_endpoint import (
    ENDPOINTS_MOST,
    EndpointAction,
    EndpointStatus,
    PayloadFormat,
    WebhookEndpoint,
    move,
    wants_text,
)
from compensation_service.services.documents import dump, moment
from compensation_service.services.idempotency import CREATED, Answer, Done, Idempotency, Once
from compensation_service.services.notices import made
from compensation_service.store.silence import SETTLE_S
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork
from compensation_service.webhooks import egress, signature
from compensation_service.webhooks.egress import Resolver
from compensation_service.webhooks.sealing import Seal
from compensation_service.webhooks.sender import prompt_resolver

LOCK = "webhook-endpoints"
ACCEPTED = 202
EVER = datetime.max.replace(tzinfo=UTC)
FORGET_AT_ONCE = 500
"""How many deliveries are removed in one transaction."""
Document = dict[str, Any]


class TooManyEndpoints(Conflict):
    """The merchant has as many endpoints as are allowed."""

    code = "too_many_endpoints"

    def __init__(self) -> None:
        super().__init__(f"There are {ENDPOINTS_MOST} webhook endpoints, which is the most; remove one first.")


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """What an endpoint shall be. `events` are types and families such as `offer.*`; none for all."""

    url: str
    description: str | None
    events: Sequence[str]
    format: PayloadFormat


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What shall be different; None leaves it, except that `forget_description` empties that."""

    url: str | None = None
    description: str | None = None
    forget_description: bool = False
    events: Sequence[str] | None = None
    format: PayloadFormat | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What endpoints need of the world outside: who looks names up, and whether http and loopback are allowed.

    `pause` waits so many seconds: an endpoint is only acknowledged once every process knows of it.
    """

    seal: Seal
    random_bytes: RandomBytes
    allow_local: bool = False
    resolver: Resolver = prompt_resolver
    pause: Callable[[float], None] = time.sleep


class WebhookEndpointService:
    """The use cases around webhook endpoints. They block on the store, on name servers, and on `pause`."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, around: Surroundings) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._around = around
        self._once = Once(store, clock, lambda unit, endpoint_id: dump(document(_find(unit, endpoint_id))))

    def create(self, merchant_id: str, wanted: EndpointRequest, key_id: str, idempotency: Idempotency) -> Answer:
        """Register an endpoint. Its secret is in this answer, and in no repetition of it.

        What happens after the answer is told to it. Raises Unprocessable for an address that is not to be sent to, or
        TooManyEndpoints.
        """
        secret = signature.new_secret(self._around.random_bytes)
        unsafe = self._unsafe(wanted.url)

        def work(unit: UnitOfWork, _: ApiKey) -> Done:
            if unsafe is not None:
                raise unsafe
            unit.lock({LOCK})
            if unit.webhook_endpoints.count() >= ENDPOINTS_MOST:
                raise TooManyEndpoints
            endpoint = self._new(merchant_id, wanted, secret)
            unit.webhook_endpoints.add([endpoint])
            return Answer(CREATED, dump(document(endpoint))), endpoint.id

        answer = self._once.run(merchant_id, key_id, idempotency, work)
        if answer.replayed:
            return answer
        self._around.pause(SETTLE_S)
        return Answer(CREATED, dump({**orjson.loads(answer.body), "secret": secret}))

    def get(self, merchant_id: str, endpoint_id: str) -> Document:
        """One endpoint; NotFound if this merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            return document(_find(unit, endpoint_id))

    def page(self, merchant_id: str, _: None, after: str | None, limit: int) -> tuple[list[Document], str | None]:
        """At most `limit` endpoints, newest first, from the one after `after` on; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            page = unit.webhook_endpoints.page(after, limit)
        return [document(endpoint) for endpoint in page.items], page.next_after

    def change(
        self, merchant_id: str, endpoint_id: str, wanted: EndpointChange, key_id: str, version: str | None
    ) -> Document:
        """Change an endpoint; `version` is the one that the caller read, None for whatever it is.

        Raises NotFound, ChangedMeanwhile, or Unprocessable for an address that is not to be sent to.
        """
        if wanted.url is not None and (unsafe := self._unsafe(wanted.url)) is not None:
            raise unsafe

        def changed(unit: UnitOfWork, before: WebhookEndpoint) -> WebhookEndpoint:
            after = replace(
                before,
                url=wanted.url or before.url,
                description=None if wanted.forget_description else wanted.description or before.description,
                wants=before.wants if wanted.events is None else wants_text(wanted.events),
                format=wanted.format or before.format,
            )
            if wanted.enabled is None:
                return after
            return self._switched(unit, after, EndpointAction.ENABLE if wanted.enabled else EndpointAction.DISABLE)

        return self._change(merchant_id, endpoint_id, key_id, version, changed)

    def enable(self, merchant_id: str, endpoint_id: str, key_id: str, version: str | None = None) -> Document:
        """Send to an endpoint again, what was kept for it first, oldest first; NotFound or ChangedMeanwhile."""
        return self.change(merchant_id, endpoint_id, EndpointChange(enabled=True), key_id, version)

    def rotate(
        self, merchant_id: str, endpoint_id: str, overlap: timedelta, key_id: str, version: str | None
    ) -> Document:
        """Give an endpoint a new secret, which is in this answer only; the one before signs too for `overlap`.

        One that was sealed under another secret key cannot sign any more, and is not kept.
        """
        secret = signature.new_secret(self._around.random_bytes)

        def changed(_: UnitOfWork, before: WebhookEndpoint) -> WebhookEndpoint:
            kept = bool(overlap) and self._around.seal.opens(before.secret)
            return replace(
                before,
                secret=self._around.seal.close(secret),
                previous_secret=before.secret if kept else None,
                previous_until=self._clock() + overlap if kept else None,
            )

        return {**self._change(merchant_id, endpoint_id, key_id, version, changed), "secret": secret}

    def remove(self, merchant_id: str, endpoint_id: str, key_id: str) -> None:
        """Remove an endpoint with all that was to be sent to it; NotFound.

        Much of it is removed piece by piece. Where that takes too long, the same again goes on.
        """
        with self._store.writing(merchant_id) as unit:
            _demand_usable(unit, key_id, self._clock())
            found = _find(unit, endpoint_id)
            unit.webhook_endpoints.change(replace(found, status=EndpointStatus.DISABLED, changed_at=self._clock()))
        while True:
            with self._store.writing(merchant_id) as unit:
                if not unit.deliveries.forget(endpoint_id, EVER, FORGET_AT_ONCE):
                    unit.webhook_endpoints.remove(endpoint_id)
                    return

    def test(self, merchant_id: str, endpoint_id: str, key_id: str, idempotency: Idempotency) -> Answer:
        """Put a test in line for an endpoint, whatever that wants; the log of deliveries shows what became of it."""

        def work(unit: UnitOfWork, _: ApiKey) -> Done:
            _find(unit, endpoint_id)
            notice = made(self._ids, NoticeType.ENDPOINT_TEST, self._clock(), {"endpoint": endpoint_id})
            unit.deliveries.add_for(endpoint_id, unit.notices.keep(notice))
            return Answer(ACCEPTED, dump({"delivery": notice.id})), endpoint_id

        return self._once.run(merchant_id, key_id, idempotency, work)

    def _new(self, merchant_id: str, wanted: EndpointRequest, secret: str) -> WebhookEndpoint:
        now = self._clock()
        return WebhookEndpoint(
            id=self._ids(prefixes.WEBHOOK_ENDPOINT),
            merchant_id=merchant_id,
            url=wanted.url,
            description=wanted.description,
            wants=wants_text(wanted.events),
            format=wanted.format,
            status=EndpointStatus.ENABLED,
            suspended_for=None,
            secret=self._around.seal.close(secret),
            previous_secret=None,
            previous_until=None,
            failures=0,
            failing_since=None,
            version=1,
            created_at=now,
            changed_at=now,
        )

    def _change(
        self,
        merchant_id: str,
        endpoint_id: str,
        key_id: str,
        version: str | None,
        changed: Callable[[UnitOfWork, WebhookEndpoint], WebhookEndpoint],
    ) -> Document:
        with self._store.writing(merchant_id) as unit:
            _demand_usable(unit, key_id, self._clock())
            before = _find(unit, endpoint_id)
            if version is not None and version != str(before.version):
                raise ChangedMeanwhile
            after = changed(unit, before)
            if after == before:  # the same again
                return document(before)
            after = replace(after, changed_at=self._clock())
            if not unit.webhook_endpoints.change(after):
                raise ChangedMeanwhile
        if EndpointStatus.DISABLED in {before.status, after.status} and before.status is not after.status:
            self._around.pause(SETTLE_S)
        return document(replace(after, version=before.version + 1))

    def _switched(self, unit: UnitOfWork, endpoint: WebhookEndpoint, action: EndpointAction) -> WebhookEndpoint:
        status = move(endpoint.status, action)
        if status is EndpointStatus.ENABLED and endpoint.status is not status:
            unit.deliveries.resume(endpoint.id)
            endpoint = replace(endpoint, failures=0, failing_since=None)
        return replace(endpoint, status=status, suspended_for=None)

    def _unsafe(self, url: str) -> Unprocessable | None:
        """What speaks against sending to an address, as its name resolves now."""
        allow_local = self._around.allow_local
        try:
            target = egress.read(url, allow_local=allow_local)
            egress.resolve(target, self._around.resolver, allow_local=allow_local)
        except egress.Refused as refused:
            return Unprocessable("/url", refused.code, str(refused))
        return None


def _demand_usable(unit: UnitOfWork, key_id: str, at: datetime) -> None:
    if key_id not in unit.api_keys.usable({key_id}, at):
        raise Unauthenticated


def _find(unit: UnitOfWork, endpoint_id: str) -> WebhookEndpoint:
    found = unit.webhook_endpoints.get(endpoint_id)
    if found is None:
        raise NotFound
    return found


def document(endpoint: WebhookEndpoint) -> Document:
    """An endpoint as it is answered; its secrets are not in it."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.wants.split(),
        "format": endpoint.format,
        "status": endpoint.status,
        "suspended_for": endpoint.suspended_for,
        "failing_since": endpoint.failing_since and moment(endpoint.failing_since),
        "previous_secret_until": endpoint.previous_until and moment(endpoint.previous_until),
        "version": endpoint.version,
        "created_at": moment(endpoint.created_at),
        "changed_at": moment(endpoint.changed_at),
    }
