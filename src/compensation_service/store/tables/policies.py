"""Versions of policies."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, PrimaryKeyConstraint, Table, text

from compensation_service.domain.policy_version import PolicyStatus
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

policies = Table(
    "policies",
    metadata,
    key("merchant_id"),
    Column("version", BigInteger, nullable=False, autoincrement=False),
    words("name"),
    member("status", PolicyStatus),
    words("text"),
    words("frozen"),
    words("sha256"),
    moment("created_at"),
    words("created_by"),
    moment("changed_at"),
    words("changed_by"),
    moment("active_from", nullable=True),
    moment("activated_at", nullable=True),
    words("activated_by", nullable=True),
    moment("retired_at", nullable=True),
    # The migration adds triggers: once a version is no draft any more it can be retired, and nothing else.
    PrimaryKeyConstraint("merchant_id", "version"),
    belongs_to("merchants", [], []),
    Index(
        "uq_policies_one_active",
        "merchant_id",
        unique=True,
        sqlite_where=text(f"status = '{PolicyStatus.ACTIVE}'"),
        postgresql_where=text(f"status = '{PolicyStatus.ACTIVE}'"),
    ),
    one_of("status", PolicyStatus),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint(f"(status = '{PolicyStatus.DRAFT}') = (active_from IS NULL)", name="begins"),
    CheckConstraint(
        "(active_from IS NULL) = (activated_at IS NULL) AND (active_from IS NULL) = (activated_by IS NULL)",
        name="activated",
    ),
    CheckConstraint(f"(status = '{PolicyStatus.RETIRED}') = (retired_at IS NOT NULL)", name="ends"),
    CheckConstraint("retired_at >= active_from", name="period"),
)
