"""Inbound sources, and the events they told of: received once, handled by a worker, kept with what became of them.

A webhook comes before anybody knows whose it is: its source alone may be seen then. The worker sees which sources have
something to be handled, whosever they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0180"
down_revision = "20261122_0170"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
PENDING = sa.text("status = 'pending'")
WITH_CUSTOMER = sa.text("customer_reference IS NOT NULL")
TABLES = ("inbound_sources", "inbound_events")


def upgrade() -> None:
    add_sources()
    add_events()
    if op.get_context().dialect.name == "postgresql":
        for table in TABLES:
            wall_in(table)
            op.execute(
                f"CREATE POLICY by_worker ON {table} FOR SELECT "
                "USING (current_setting('app.every_merchant', true) = 'yes')"
            )
        op.execute(
            "CREATE POLICY by_webhook ON inbound_sources FOR SELECT "
            "USING (id = current_setting('app.inbound_source', true))"
        )


def add_sources() -> None:
    op.create_table(
        "inbound_sources",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=True),
        sa.Column("decide", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("expects", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", MOMENT, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_inbound_sources_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_inbound_sources"),
    )
    op.create_index("ix_inbound_sources_id", "inbound_sources", ["id"], unique=True)


def add_events() -> None:
    op.create_table(
        "inbound_events",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("incident_id", KEY, nullable=True),
        sa.Column("offer_id", KEY, nullable=True),
        sa.Column("customer_reference", KEY, nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'handled', 'failed', 'aside')", name=op.f("ck_inbound_events_status")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "source_id"],
            ["inbound_sources.merchant_id", "inbound_sources.id"],
            name="fk_inbound_events_inbound_sources",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "source_id", "id", name="pk_inbound_events"),
    )
    op.create_index("ix_inbound_events_key", "inbound_events", ["merchant_id", "source_id", "key"], unique=True)
    op.create_index("ix_inbound_events_incident_id", "inbound_events", ["merchant_id", "incident_id"])
    for name, columns, where in (
        ("due", ["source_id", "next_at"], PENDING),
        ("customer", ["customer_reference"], WITH_CUSTOMER),
    ):
        op.create_index(
            f"ix_inbound_events_{name}",
            "inbound_events",
            ["merchant_id", *columns],
            sqlite_where=where,
            postgresql_where=where,
        )


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
