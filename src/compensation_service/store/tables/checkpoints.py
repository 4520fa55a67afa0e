"""Checkpoints: signed words on where the chains of events ended. Migrations add triggers: no row is ever changed."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table

from compensation_service.store.tables.parts import belongs_to, key, metadata, moment, words

checkpoints = Table(
    "checkpoints",
    metadata,
    key("merchant_id"),
    Column("number", BigInteger, nullable=False, autoincrement=False),
    moment("made_at"),
    words("previous"),
    Column("events", BigInteger, nullable=False),
    Column("incidents", BigInteger, nullable=False),
    Column("heads", BigInteger, nullable=False),
    words("root"),
    key("newest"),
    words("public_key"),
    words("signature"),
    PrimaryKeyConstraint("merchant_id", "number"),
)

checkpoint_heads = Table(
    "checkpoint_heads",
    metadata,
    key("merchant_id"),
    key("incident_id"),
    Column("sequence", BigInteger, nullable=False),
    words("hash"),
    Column("checkpoint", BigInteger, nullable=False),
    PrimaryKeyConstraint("merchant_id", "incident_id", "sequence"),
    belongs_to("checkpoints", ["checkpoint"], ["number"]),
    belongs_to("events", ["incident_id", "sequence"], ["incident_id", "sequence"]),
    Index(None, "merchant_id", "checkpoint", "incident_id"),
)
