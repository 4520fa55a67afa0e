"""Inbound sources, and what they told us of."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, Table, text

from compensation_service.domain.inbound_event import InboundStatus
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

_PENDING = text(f"status = '{InboundStatus.PENDING}'")
_WITH_CUSTOMER = text("customer_reference IS NOT NULL")

inbound_sources = Table(
    "inbound_sources",
    metadata,
    key("merchant_id"),
    key("id"),
    words("name"),
    words("preset"),
    words("mapping", nullable=True),
    Column("decide", Boolean, nullable=False),
    words("language", nullable=True),
    words("expects"),
    words("secret"),
    words("previous_secret", nullable=True),
    moment("previous_until", nullable=True),
    Column("version", BigInteger, nullable=False),
    moment("created_at"),
    moment("changed_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("merchants", [], []),
    # A webhook names its source alone: whose it is, is found by that.
    Index("ix_inbound_sources_id", "id", unique=True),
)

inbound_events = Table(
    "inbound_events",
    metadata,
    key("merchant_id"),
    key("source_id"),
    key("id"),
    key("key"),
    words("topic", nullable=True),
    member("status", InboundStatus),
    Column("whole", Boolean, nullable=False),
    words("payload", nullable=True),
    words("place", nullable=True),
    words("code", nullable=True),
    words("reason", nullable=True),
    key("incident_id", nullable=True),
    key("offer_id", nullable=True),
    key("customer_reference", nullable=True),
    Column("tries", BigInteger, nullable=False),
    moment("next_at"),
    moment("received_at"),
    moment("finished_at", nullable=True),
    PrimaryKeyConstraint("merchant_id", "source_id", "id"),
    belongs_to("inbound_sources", ["source_id"], ["id"]),
    Index("ix_inbound_events_key", "merchant_id", "source_id", "key", unique=True),
    Index(
        "ix_inbound_events_due",
        "merchant_id",
        "source_id",
        "next_at",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index(
        "ix_inbound_events_customer",
        "merchant_id",
        "customer_reference",
        sqlite_where=_WITH_CUSTOMER,
        postgresql_where=_WITH_CUSTOMER,
    ),
    Index("ix_inbound_events_incident_id", "merchant_id", "incident_id"),
    one_of("status", InboundStatus),
)
