"""Incidents: what went wrong, and each time that it was not over."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.policy import Band
from compensation_service.domain.incident import IncidentStatus, Stage
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, minor, moment, words

_KNOWN = (
    ("owner", "id"),
    ("owner", "closed_at"),
    ("stage", "id"),
    *[(column, moment) for column in ("cause", "product", "carrier") for moment in ("id", "occurred_at")],
)
"""What few incidents have, and how those that have it are listed: the others cost nothing."""


def _where_known(column: str, then: str) -> Index:
    known = text(f"{column} IS NOT NULL")
    order = (then,) if then == "id" else (then, "id")
    return Index(None, "merchant_id", column, *order, sqlite_where=known, postgresql_where=known)


incidents = Table(
    "incidents",
    metadata,
    key("merchant_id"),
    key("id"),
    key("reference", nullable=True),
    key("category"),
    member("status", IncidentStatus),
    member("band", Band, nullable=True),
    words("severity", nullable=True),
    member("fault", Fault),
    Column("verified", Boolean, nullable=False),
    key("group", nullable=True),
    key("customer_reference"),
    key("order_reference", nullable=True),
    words("currency", nullable=True),
    minor("affected_minor"),
    words("summary", nullable=True),
    moment("occurred_at"),
    moment("reported_at", nullable=True),
    moment("recorded_at"),
    words("salt", nullable=True),
    moment("erased_at", nullable=True),
    Column("told", Text, nullable=False, server_default="{}"),
    words("fingerprint", nullable=True),
    key("owner", nullable=True),
    member("stage", Stage, nullable=True),
    key("cause", nullable=True),
    key("product", nullable=True),
    key("carrier", nullable=True),
    key("earlier", nullable=True),
    moment("closed_at", nullable=True),
    member("given_kind", RemedyKind, nullable=True),
    minor("given_minor", nullable=True),
    Column("reopened", BigInteger, nullable=False, server_default=text("0")),
    moment("escalated_at", nullable=True),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    # No foreign key to merchants: every insert would lock that one row, and a unit of work knows its merchant.
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "reference"),
    belongs_to("incidents", ["earlier"], ["id"]),
    Index(None, "merchant_id", "customer_reference", "id"),
    Index(None, "merchant_id", "order_reference"),
    Index(None, "merchant_id", "category", "id"),
    Index(None, "merchant_id", "status", "id"),
    Index(None, "merchant_id", "occurred_at", "id"),
    *[_where_known(*columns) for columns in _KNOWN],
    Index(
        "ix_incidents_to_decide",
        "merchant_id",
        "status",
        "id",
        sqlite_where=text("band IS NULL OR reopened > 0"),
        postgresql_where=text("band IS NULL OR reopened > 0"),
    ),
    Index(
        "ix_incidents_escalated",
        "merchant_id",
        "id",
        sqlite_where=text("escalated_at IS NOT NULL"),
        postgresql_where=text("escalated_at IS NOT NULL"),
    ),
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
    one_of("stage", Stage),
    one_of("given_kind", RemedyKind),
)

incident_words = Table(
    "incident_words",
    metadata,
    key("merchant_id"),
    key("word"),
    key("incident_id"),
    # No foreign key: an incident has a dozen words, and each would be looked up once more. They go with its summary.
    PrimaryKeyConstraint("merchant_id", "word", "incident_id"),
)

reopenings = Table(
    "reopenings",
    metadata,
    key("merchant_id"),
    key("incident_id"),
    Column("number", BigInteger, nullable=False, autoincrement=False),
    words("reason", nullable=True),
    key("by"),
    moment("at"),
    PrimaryKeyConstraint("merchant_id", "incident_id", "number"),
    belongs_to("incidents", ["incident_id"], ["id"]),
)
