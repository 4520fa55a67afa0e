"""Merchants and the keys that speak for them."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from compensation_service.domain.api_key import COMMAND_LINE, Role
from compensation_service.store.columns import KEY, one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

merchants = Table(
    "merchants",
    metadata,
    key("merchant_id"),
    words("name"),
    moment("created_at"),
    PrimaryKeyConstraint("merchant_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    key("merchant_id"),
    key("id"),
    words("name"),
    member("role", Role),
    words("scopes"),
    words("secret_sha256"),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("revoked_at", nullable=True),
    Column("created_by", KEY, nullable=False, server_default=COMMAND_LINE),
    key("revoked_by", nullable=True),
    key("replaces", nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("id"),  # a request brings the key's id before anyone knows whose it is
    belongs_to("merchants", [], []),
    one_of("role", Role),
    Index(None, "merchant_id", "replaces", unique=True),  # a key is replaced once
)
