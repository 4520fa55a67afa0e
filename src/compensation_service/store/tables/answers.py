"""Answers that are kept, so that a repeated request gets the same one."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, PrimaryKeyConstraint, Table, text

from compensation_service.store.tables.parts import key, metadata, moment, words

answers = Table(
    "answers",
    metadata,
    key("merchant_id"),
    key("path"),
    key("key"),
    words("fingerprint"),
    Column("status_code", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=True),
    key("resource_id", nullable=True),
    moment("created_at"),
    PrimaryKeyConstraint("merchant_id", "path", "key"),
    Index(None, "merchant_id", "resource_id"),
    Index(
        "ix_answers_with_a_body",
        "merchant_id",
        "created_at",
        sqlite_where=text("body IS NOT NULL"),
        postgresql_where=text("body IS NOT NULL"),
    ),
)
