"""Accounts of what was done about an incident."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from compensation_service.store.tables.parts import belongs_to, key, metadata, moment, words

accounts = Table(
    "accounts",
    metadata,
    key("merchant_id"),
    key("id"),
    key("incident_id"),
    words("words"),
    words("by"),
    moment("at"),
    moment("recorded_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    Index(None, "merchant_id", "incident_id", "id"),
)
