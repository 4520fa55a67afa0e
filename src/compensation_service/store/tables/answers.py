"""Answers that are kept, so that a repeated request gets the same one."""

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table

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
)
