"""Incidents from before: what was given for them elsewhere, and how far the import of a file has come."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0210"
down_revision = "20261122_0200"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KINDS = (
    "given_kind IN ('apology', 'personal_call', 'replacement', 'repair', 'redelivery', 'correction', 'free_upgrade', "
    "'free_service_period', 'free_shipping', 'gift', 'partial_refund', 'full_refund', 'payment', 'store_credit', "
    "'next_purchase_discount', 'bonus_points', 'priority_support')"
)


def upgrade() -> None:
    given = (
        sa.Column("given_kind", sa.Text(), nullable=True),
        sa.Column("given_minor", sa.BigInteger(), nullable=True),
    )
    if op.get_context().dialect.name == "postgresql":
        for column in given:
            op.add_column("incidents", column)
        # Nothing was given yet: the table is read once.
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            f"ALTER TABLE incidents ADD CONSTRAINT ck_incidents_given_kind CHECK ({KINDS})"
        )
    else:
        with op.batch_alter_table("incidents") as incidents:
            for column in given:
                incidents.add_column(column)
            incidents.create_check_constraint(op.f("ck_incidents_given_kind"), KINDS)
    op.create_table(
        "imports",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("known", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_imports_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "sha256", name="pk_imports"),
    )
    if op.get_context().dialect.name == "postgresql":
        wall_in("imports")


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    op.drop_table("imports")
    if op.get_context().dialect.name == "postgresql":
        op.drop_column("incidents", "given_minor")
        op.drop_column("incidents", "given_kind")
    else:
        with op.batch_alter_table("incidents") as incidents:
            incidents.drop_constraint(op.f("ck_incidents_given_kind"), type_="check")
            incidents.drop_column("given_minor")
            incidents.drop_column("given_kind")
