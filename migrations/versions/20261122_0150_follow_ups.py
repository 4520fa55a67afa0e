"""Follow-ups: when the customer is asked whether it is solved, and what they said."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0150"
down_revision = "20261122_0140"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WAITING = sa.text("status IN ('due', 'planned')")


def upgrade() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("rating", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('planned', 'due', 'done', 'cancelled')", name=op.f("ck_follow_ups_status")),
        sa.CheckConstraint("outcome IN ('solved', 'unsolved', 'unreachable')", name=op.f("ck_follow_ups_outcome")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_follow_ups_rating")),
        sa.CheckConstraint(
            "(status = 'done') = (outcome IS NOT NULL) AND (status = 'done') = (done_at IS NOT NULL)",
            name=op.f("ck_follow_ups_done"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "incident_id"], ["incidents.merchant_id", "incidents.id"], name="fk_follow_ups_incidents"
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "offer_id"], ["offers.merchant_id", "offers.id"], name="fk_follow_ups_offers"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_follow_ups"),
    )
    op.create_index("ix_follow_ups_merchant_id_incident_id", "follow_ups", ["merchant_id", "incident_id"])
    op.create_index("ix_follow_ups_merchant_id_due_at_id", "follow_ups", ["merchant_id", "due_at", "id"])
    op.create_index(
        "ix_follow_ups_waiting",
        "follow_ups",
        ["merchant_id", "due_at", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    if op.get_context().dialect.name == "postgresql":
        wall_in("follow_ups")


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    op.drop_table("follow_ups")
