"""What a worker tells Prometheus: that it works, what came of it, and what did not work."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge

from compensation_service.domain.delivery import DeliveryStatus

TAKEN_OVER = "taken_over"
"""A delivery of which somebody else says what became of it: its lease had ended."""


class WorkerMetrics:
    """The measurements of one worker, in a registry: of its own, or of the service beside which it runs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._succeeded = Gauge(
            "worker_last_success_timestamp_seconds",
            "When a chore was last done without a failure, in seconds since 1970.",
            ("chore",),
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self._failures = Counter(
            "worker_failures", "Chores that failed, by the code of the problem.", ("chore", "code"), registry=registry
        )
        self._done = Counter(
            "worker_done",
            "What the chores did: offers that expired, reminders, and so on.",
            ("what",),
            registry=registry,
        )
        self._deliveries = Counter(
            "worker_deliveries",
            "Attempts to deliver a webhook, by what the delivery became.",
            ("status",),
            registry=registry,
        )

    def succeeded(self, chore: str, counts: Mapping[str, int]) -> None:
        """Tell of a chore that was done."""
        self._succeeded.labels(chore).set_to_current_time()
        for what, count in counts.items():
            self._done.labels(what).inc(count)

    def failed(self, chore: str, code: str) -> None:
        """Tell of a chore that was not done, or not to its end."""
        self._failures.labels(chore, code).inc()

    def delivered(self, status: DeliveryStatus | None) -> None:
        """Tell of an attempt to deliver; None if somebody else had taken the delivery over."""
        self._deliveries.labels(status or TAKEN_OVER).inc()
