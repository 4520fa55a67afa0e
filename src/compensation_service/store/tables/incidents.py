"""Incidents: what went wrong."""

from sqlalchemy import Boolean, Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint, text

from compensation_service.decision.facts import Fault
from compensation_service.decision.policy import Band
from compensation_service.domain.incident import IncidentStatus
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import key, member, metadata, minor, moment, words

incidents = Table(
    "incidents",
    metadata,
    key("merchant_id"),
    key("id"),
    key("reference", nullable=True),
    key("category"),
    member("status", IncidentStatus),
    member("band", Band),
    words("severity"),
    member("fault", Fault),
    Column("verified", Boolean, nullable=False),
    key("group", nullable=True),
    key("customer_reference"),
    key("order_reference", nullable=True),
    words("currency"),
    minor("affected_minor"),
    words("summary", nullable=True),
    moment("occurred_at"),
    moment("reported_at", nullable=True),
    moment("recorded_at"),
    words("salt", nullable=True),
    moment("erased_at", nullable=True),
    # No foreign key to merchants: every insert would lock that one row, and a unit of work knows its merchant.
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "reference"),
    Index(None, "merchant_id", "customer_reference", "id"),
    Index(None, "merchant_id", "order_reference"),
    Index(None, "merchant_id", "category", "id"),
    Index(
        "ix_incidents_to_erase",
        "merchant_id",
        "id",
        sqlite_where=text(f"status = '{IncidentStatus.CLOSED}' AND erased_at IS NULL"),
        postgresql_where=text(f"status = '{IncidentStatus.CLOSED}' AND erased_at IS NULL"),
    ),
    one_of("status", IncidentStatus),
    one_of("band", Band),
    one_of("fault", Fault),
)
