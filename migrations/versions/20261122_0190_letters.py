"""Letters as they were written, and what stands on a merchant's letterhead."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0190"
down_revision = "20261122_0180"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KINDS = (
    "kind IN ('apology', 'information', 'acknowledgement', 'approval_delay', 'acceptance_receipt', 'follow_up', "
    "'what_we_changed')"
)


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=True),
        sa.Column("customer_reference", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("locale", KEY, nullable=False),
        sa.Column("variant", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", KEY, nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_letters_kind")),
        sa.CheckConstraint("status IN ('draft', 'ready', 'sent', 'failed')", name=op.f("ck_letters_status")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "incident_id"], ["incidents.merchant_id", "incidents.id"], name="fk_letters_incidents"
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "offer_id"], ["offers.merchant_id", "offers.id"], name="fk_letters_offers"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_letters"),
    )
    op.create_index("ix_letters_merchant_id_incident_id_id", "letters", ["merchant_id", "incident_id", "id"])
    op.create_index(
        "ix_letters_merchant_id_customer_reference_written_at",
        "letters",
        ["merchant_id", "customer_reference", "written_at"],
    )
    op.create_index(
        "uq_letters_one_of_a_kind_per_offer",
        "letters",
        ["merchant_id", "offer_id", "kind"],
        unique=True,
        sqlite_where=sa.text("offer_id IS NOT NULL"),
        postgresql_where=sa.text("offer_id IS NOT NULL"),
    )
    to_send = sa.text("status = 'ready' AND recipient IS NOT NULL")
    op.create_index(
        "ix_letters_to_send", "letters", ["merchant_id", "id"], sqlite_where=to_send, postgresql_where=to_send
    )
    op.create_table(
        "letterheads",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", KEY, nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_letterheads_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", name="pk_letterheads"),
    )
    if op.get_context().dialect.name == "postgresql":
        for table in ("letters", "letterheads"):
            wall_in(table)


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    for table in ("letterheads", "letters"):
        op.drop_table(table)
