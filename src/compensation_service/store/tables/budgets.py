"""Budgets, and the book of what offers reserved, spent and released."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, PrimaryKeyConstraint, Table

from compensation_service.domain.budget import EntryKind
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, minor, moment, words

budgets = Table(
    "budgets",
    metadata,
    key("merchant_id"),
    key("id"),
    words("name"),
    words("currency"),
    key("category", nullable=True),
    moment("starts_at"),
    moment("ends_at"),
    minor("limit_minor"),
    Column("low_percent", BigInteger, nullable=False),
    minor("reserved_minor"),
    minor("spent_minor"),
    moment("low_since", nullable=True),
    moment("low_told_at", nullable=True),
    Column("version", BigInteger, nullable=False),
    moment("created_at"),
    words("created_by"),
    moment("changed_at"),
    words("changed_by"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("merchants", [], []),
    Index(None, "merchant_id", "ends_at"),
    CheckConstraint("starts_at < ends_at", name="period"),
    CheckConstraint("reserved_minor >= 0", name="reserved"),
    CheckConstraint("spent_minor >= 0", name="spent"),
    CheckConstraint("reserved_minor + spent_minor <= limit_minor", name="not_overspent"),
    CheckConstraint("low_percent BETWEEN 0 AND 100", name="low_percent"),
)

budget_entries = Table(
    "budget_entries",
    metadata,
    key("merchant_id"),
    key("offer_id"),
    key("budget_id"),
    member("kind", EntryKind),
    minor("amount_minor"),
    moment("at"),
    # One of a kind for an offer and a budget: whatever the code does, nothing is reserved, spent or released twice.
    PrimaryKeyConstraint("merchant_id", "offer_id", "budget_id", "kind"),
    belongs_to("offers", ["offer_id"], ["id"]),
    belongs_to("budgets", ["budget_id"], ["id"]),
    one_of("kind", EntryKind),
    CheckConstraint("amount_minor >= 0", name="amount"),
)
