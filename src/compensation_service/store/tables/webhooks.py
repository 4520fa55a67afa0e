"""Webhook endpoints, and what is on its way to them."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, text

from compensation_service.domain.delivery import DeliveryStatus, NoticeType
from compensation_service.domain.webhook_endpoint import EndpointStatus, PayloadFormat, Suspension
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

_PENDING = text(f"status = '{DeliveryStatus.PENDING}'")

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    key("merchant_id"),
    key("id"),
    words("url"),
    words("description", nullable=True),
    words("wants"),
    member("format", PayloadFormat),
    member("status", EndpointStatus),
    member("suspended_for", Suspension, nullable=True),
    words("secret"),
    words("previous_secret", nullable=True),
    moment("previous_until", nullable=True),
    Column("failures", BigInteger, nullable=False),
    moment("failing_since", nullable=True),
    Column("version", BigInteger, nullable=False),
    moment("created_at"),
    moment("changed_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("merchants", [], []),
    one_of("format", PayloadFormat),
    one_of("status", EndpointStatus),
    one_of("suspended_for", Suspension),
)

notices = Table(
    "notices",
    metadata,
    key("merchant_id"),
    key("id"),
    member("type", NoticeType),
    moment("occurred_at"),
    words("payload"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("merchants", [], []),
    one_of("type", NoticeType),
)

deliveries = Table(
    "deliveries",
    metadata,
    key("merchant_id"),
    key("endpoint_id"),
    key("message_id"),
    key("stream"),
    Column("sequence", BigInteger, nullable=False),
    words("type"),
    member("status", DeliveryStatus),
    Column("attempts", BigInteger, nullable=False),
    Column("token", BigInteger, nullable=False),
    moment("next_at"),
    moment("created_at"),
    moment("finished_at", nullable=True),
    PrimaryKeyConstraint("merchant_id", "endpoint_id", "message_id"),
    belongs_to("webhook_endpoints", ["endpoint_id"], ["id"]),
    Index(
        "ix_deliveries_due",
        "merchant_id",
        "endpoint_id",
        "next_at",
        "sequence",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index(
        "ix_deliveries_in_line",
        "merchant_id",
        "endpoint_id",
        "stream",
        "sequence",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    one_of("status", DeliveryStatus),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    key("merchant_id"),
    key("endpoint_id"),
    key("message_id"),
    Column("token", BigInteger, nullable=False),
    moment("at"),
    Column("duration_ms", BigInteger, nullable=False),
    Column("status_code", BigInteger, nullable=True),
    words("error", nullable=True),
    words("answer"),
    PrimaryKeyConstraint("merchant_id", "endpoint_id", "message_id", "token"),
    belongs_to("deliveries", ["endpoint_id", "message_id"], ["endpoint_id", "message_id"]),
)
