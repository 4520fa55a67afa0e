"""How far the import of a file has come."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table

from compensation_service.store.tables.parts import belongs_to, key, metadata, moment

imports = Table(
    "imports",
    metadata,
    key("merchant_id"),
    key("sha256"),
    *[Column(name, BigInteger, nullable=False) for name in ("line", "added", "known", "refused")],
    moment("begun_at"),
    moment("changed_at"),
    PrimaryKeyConstraint("merchant_id", "sha256"),
    belongs_to("merchants", [], []),
)
