"""A webhook endpoint: an address that a merchant wants told what happens."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from compensation_service.domain.moves import Moves, follow

ENDPOINTS_MOST = 50
"""How many endpoints a merchant may have."""
HOPELESS_AFTER = timedelta(days=5)
"""After so long with nothing but failures an endpoint is suspended."""
SERIES_WITHIN = timedelta(hours=24)
SERIES_LEAST = 3
"""So many failures within SERIES_WITHIN begin the time that HOPELESS_AFTER counts: one bad moment does not."""


class EndpointStatus(StrEnum):
    """Whether an endpoint is sent to."""

    ENABLED = "enabled"
    """It is sent to."""
    SUSPENDED = "suspended"
    """It refused or failed for too long: what happens is kept for it, and sent once it is enabled again."""
    DISABLED = "disabled"
    """The merchant switched it off: what happens passes it by."""


class EndpointAction(StrEnum):
    """What can be done with an endpoint."""

    ENABLE = "enable"
    """The merchant switches it on."""
    SUSPEND = "suspend"
    """It is given up by itself."""
    DISABLE = "disable"
    """The merchant switches it off."""


class Suspension(StrEnum):
    """Why an endpoint was suspended."""

    GONE = "gone"
    """It answered 410: it wants no more."""
    FAILING = "failing"
    """It failed for five days without a success."""


class PayloadFormat(StrEnum):
    """How a body is written. Headers and signature are those of Standard Webhooks in both."""

    STANDARD = "standard"
    """Standard Webhooks: type, timestamp, data."""
    CLOUDEVENTS = "cloudevents"
    """CloudEvents 1.0, structured JSON."""


MOVES: Moves[EndpointStatus, EndpointAction] = {
    EndpointStatus.ENABLED: {
        EndpointAction.SUSPEND: EndpointStatus.SUSPENDED,
        EndpointAction.DISABLE: EndpointStatus.DISABLED,
        EndpointAction.ENABLE: EndpointStatus.ENABLED,
    },
    EndpointStatus.SUSPENDED: {
        EndpointAction.ENABLE: EndpointStatus.ENABLED,
        EndpointAction.DISABLE: EndpointStatus.DISABLED,
    },
    EndpointStatus.DISABLED: {
        EndpointAction.ENABLE: EndpointStatus.ENABLED,
        EndpointAction.DISABLE: EndpointStatus.DISABLED,
    },
}


def move(status: EndpointStatus, action: EndpointAction) -> EndpointStatus:
    """Answer the status after `action`; IllegalMove where it is not allowed."""
    return follow(MOVES, status, action)


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """One endpoint as it is kept. Times are aware; `secret` and `previous_secret` are sealed.

    `wants` are the types of events that it wants, and families such as `offer.*`, between spaces; empty for all. The
    previous secret signs too until `previous_until`. `failures` counts those since the last success or since the series
    began, `failing_since` is the first of them. `version` grows with every change but those of these two.
    """

    id: str
    merchant_id: str
    url: str
    description: str | None
    wants: str
    format: PayloadFormat
    status: EndpointStatus
    suspended_for: Suspension | None
    secret: str
    previous_secret: str | None
    previous_until: datetime | None
    failures: int
    failing_since: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime

    def secrets_at(self, at: datetime) -> tuple[str, ...]:
        """The sealed secrets that sign at that moment, the newest first."""
        if self.previous_secret is not None and self.previous_until is not None and at < self.previous_until:
            return self.secret, self.previous_secret
        return (self.secret,)

    def failed(self, at: datetime) -> "WebhookEndpoint":
        """The endpoint after one more failure."""
        since = self.failing_since
        if since is None or (self.failures < SERIES_LEAST and at - since > SERIES_WITHIN):
            return replace(self, failures=1, failing_since=at)
        return replace(self, failures=self.failures + 1)

    def is_hopeless(self, at: datetime) -> bool:
        """Whether it has failed for so long that it is given up."""
        since = self.failing_since
        return since is not None and self.failures >= SERIES_LEAST and at - since >= HOPELESS_AFTER


def wants_text(types: Collection[str]) -> str:
    """Types of events as they are kept; none for all of them."""
    return f" {' '.join(sorted(set(types)))} " if types else ""
