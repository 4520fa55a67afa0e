"""Webhook endpoints, the deliveries on their way to them, what became of each attempt, and notices of no incident.

The worker sees which endpoints have something due, whosever they are; it sends for one merchant at a time.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0170"
down_revision = "20261122_0160"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
PENDING = sa.text("status = 'pending'")
TABLES = ("webhook_endpoints", "notices", "deliveries", "delivery_attempts")
SEEN_BY_WORKER = ("webhook_endpoints", "deliveries")


def upgrade() -> None:
    add_endpoints()
    op.create_table(
        "notices",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "type IN ('policy.activated', 'budget.low', 'webhook_endpoint.suspended', 'webhook_endpoint.test')",
            name=op.f("ck_notices_type"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_notices_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_notices"),
    )
    add_deliveries()
    if op.get_context().dialect.name == "postgresql":
        for table in TABLES:
            wall_in(table)
        for table in SEEN_BY_WORKER:
            op.execute(
                f"CREATE POLICY by_worker ON {table} FOR SELECT "
                "USING (current_setting('app.every_merchant', true) = 'yes')"
            )


def add_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("suspended_for", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", MOMENT, nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("format IN ('standard', 'cloudevents')", name=op.f("ck_webhook_endpoints_format")),
        sa.CheckConstraint("status IN ('enabled', 'suspended', 'disabled')", name=op.f("ck_webhook_endpoints_status")),
        sa.CheckConstraint("suspended_for IN ('gone', 'failing')", name=op.f("ck_webhook_endpoints_suspended_for")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_webhook_endpoints_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_webhook_endpoints"),
    )


def add_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("endpoint_id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("stream", KEY, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'exhausted')", name=op.f("ck_deliveries_status")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "endpoint_id"],
            ["webhook_endpoints.merchant_id", "webhook_endpoints.id"],
            name="fk_deliveries_webhook_endpoints",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "endpoint_id", "message_id", name="pk_deliveries"),
    )
    for name, columns in (("due", ["next_at", "sequence"]), ("in_line", ["stream", "sequence"])):
        op.create_index(
            f"ix_deliveries_{name}",
            "deliveries",
            ["merchant_id", "endpoint_id", *columns],
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        )
    op.create_table(
        "delivery_attempts",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("endpoint_id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("status_code", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "endpoint_id", "message_id"],
            ["deliveries.merchant_id", "deliveries.endpoint_id", "deliveries.message_id"],
            name="fk_delivery_attempts_deliveries",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "endpoint_id", "message_id", "token", name="pk_delivery_attempts"),
    )


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
