"""Budgets with the book of what offers reserved, spent and released, and what the goodwill in each option costs.

Offers made before have reserved nothing, so the cost of the goodwill in their options is asked for by nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0110"
down_revision = "20261122_0100"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("options", sa.Column("goodwill_cost_minor", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "budgets",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("category", KEY, nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("low_percent", sa.BigInteger(), nullable=False),
        sa.Column("reserved_minor", sa.BigInteger(), nullable=False),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
        sa.Column("low_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("low_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_budgets_period")),
        sa.CheckConstraint("reserved_minor >= 0", name=op.f("ck_budgets_reserved")),
        sa.CheckConstraint("spent_minor >= 0", name=op.f("ck_budgets_spent")),
        sa.CheckConstraint("reserved_minor + spent_minor <= limit_minor", name=op.f("ck_budgets_not_overspent")),
        sa.CheckConstraint("low_percent BETWEEN 0 AND 100", name=op.f("ck_budgets_low_percent")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_budgets_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_budgets"),
    )
    op.create_index("ix_budgets_merchant_id_ends_at", "budgets", ["merchant_id", "ends_at"])
    op.create_table(
        "budget_entries",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("budget_id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('reserve', 'spend', 'release')", name=op.f("ck_budget_entries_kind")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_budget_entries_amount")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "offer_id"], ["offers.merchant_id", "offers.id"], name="fk_budget_entries_offers"
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "budget_id"], ["budgets.merchant_id", "budgets.id"], name="fk_budget_entries_budgets"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "offer_id", "budget_id", "kind", name="pk_budget_entries"),
    )
    if op.get_context().dialect.name == "postgresql":
        wall_in("budgets")
        wall_in("budget_entries")


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    op.drop_table("budget_entries")
    op.drop_table("budgets")
    op.drop_column("options", "goodwill_cost_minor")
