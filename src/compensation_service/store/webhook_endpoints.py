"""Webhook endpoints in the store; their secrets are sealed before they come here."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import bindparam, func

from compensation_service.domain.webhook_endpoint import EndpointStatus, WebhookEndpoint
from compensation_service.store.pages import Page, turn
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_delete, scoped_update
from compensation_service.store.tables import webhook_endpoints

_FIELDS = [field.name for field in fields(WebhookEndpoint)]
_HEALTH = ("failures", "failing_since")
_CHANGING = [name for name in _FIELDS if name not in {"id", "merchant_id", "created_at", "version", *_HEALTH}]
_ALL = scoped(webhook_endpoints, columns=columns_of(webhook_endpoints, WebhookEndpoint))
_ONE = _ALL.where(webhook_endpoints.c.id == bindparam("endpoint_id"))
_COUNT = scoped(webhook_endpoints, columns=[func.count()])
_SAME = (webhook_endpoints.c.id == bindparam("of_endpoint"), webhook_endpoints.c.version == bindparam("version_before"))
_CHANGE = (
    scoped_update(webhook_endpoints)
    .where(*_SAME)
    .values(
        version=webhook_endpoints.c.version + 1,
        failures=bindparam("new_failures"),
        failing_since=bindparam("new_failing_since"),
        **{name: bindparam(f"new_{name}") for name in _CHANGING},
    )
)
_NOTE_HEALTH = (
    scoped_update(webhook_endpoints)
    .where(
        webhook_endpoints.c.id == bindparam("of_endpoint"),
        webhook_endpoints.c.status == EndpointStatus.ENABLED,
    )
    .values(failures=bindparam("new_failures"), failing_since=bindparam("new_failing_since"))
)
_REMOVE = scoped_delete(webhook_endpoints).where(webhook_endpoints.c.id == bindparam("of_endpoint"))


class WebhookEndpoints:
    """The merchant's webhook endpoints."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, endpoint_id: str) -> WebhookEndpoint | None:
        """Answer one endpoint, or None."""
        rows = self._scope.rows(_ONE, endpoint_id=endpoint_id)
        return WebhookEndpoint(*rows[0]) if rows else None

    def all(self) -> list[WebhookEndpoint]:
        """Answer every endpoint; there are few."""
        return [WebhookEndpoint(*row) for row in self._scope.rows(_ALL)]

    def count(self) -> int:
        """Answer how many there are."""
        return int(self._scope.rows(_COUNT)[0][0])

    def page(self, after: str | None, limit: int) -> Page[WebhookEndpoint]:
        """Answer a page of endpoints, newest first, that begins after the id `after`."""
        return turn(
            self._scope,
            _ALL,
            webhook_endpoints.c.id,
            after=after,
            limit=limit,
            read=lambda row: WebhookEndpoint(*row),
        )

    def add(self, new: Sequence[WebhookEndpoint]) -> None:
        """Add endpoints."""
        self._scope.add(webhook_endpoints, new)

    def change(self, changed: WebhookEndpoint) -> bool:
        """Write an endpoint's next version; `changed` has the version that was read. False where it has another now."""
        values = {f"new_{name}": getattr(changed, name) for name in (*_CHANGING, *_HEALTH)}
        return self._scope.change(_CHANGE, of_endpoint=changed.id, version_before=changed.version, **values) == 1

    def note_health(self, endpoint_id: str, failures: int, failing_since: datetime | None) -> None:
        """Write down how an enabled endpoint fares; its version stays."""
        self._scope.change(
            _NOTE_HEALTH, of_endpoint=endpoint_id, new_failures=failures, new_failing_since=failing_since
        )

    def remove(self, endpoint_id: str) -> bool:
        """Remove an endpoint to which nothing belongs any more; False where there is none."""
        return self._scope.remove(_REMOVE, of_endpoint=endpoint_id) == 1
