"""Merchants, keys, incidents, offers with options and remedies, events, answers."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_2240"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLES = ("merchants", "api_keys", "incidents", "offers", "options", "remedies", "events", "answers")


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("path", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status_code", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("resource_id", KEY, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "path", "key", name="pk_answers"),
    )
    op.create_table(
        "incidents",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("reference", KEY, nullable=True),
        sa.Column("category", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("group", KEY, nullable=True),
        sa.Column("customer_reference", KEY, nullable=False),
        sa.Column("order_reference", KEY, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("affected_minor", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "band IN ('trivial', 'low', 'moderate', 'high', 'critical')", name=op.f("ck_incidents_band")
        ),
        sa.CheckConstraint(
            "fault IN ('company', 'partner', 'unknown', 'shared', 'external', 'customer')",
            name=op.f("ck_incidents_fault"),
        ),
        sa.CheckConstraint("status IN ('open', 'offered', 'resolved', 'closed')", name=op.f("ck_incidents_status")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_incidents"),
        sa.UniqueConstraint("merchant_id", "reference", name="uq_incidents_merchant_id_reference"),
    )
    op.create_index("ix_incidents_merchant_id_category_id", "incidents", ["merchant_id", "category", "id"])
    op.create_index(
        "ix_incidents_merchant_id_customer_reference_id",
        "incidents",
        ["merchant_id", "customer_reference", "id"],
    )
    op.create_index("ix_incidents_merchant_id_order_reference", "incidents", ["merchant_id", "order_reference"])

    op.create_table(
        "merchants",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name="pk_merchants"),
    )
    op.create_table(
        "api_keys",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('service', 'agent', 'lead', 'manager', 'admin')", name=op.f("ck_api_keys_role")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_api_keys_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_api_keys"),
        sa.UniqueConstraint("id", name="uq_api_keys_id"),
    )
    op.create_table(
        "events",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.CheckConstraint("type IN ('offer.created')", name=op.f("ck_events_type")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "incident_id"], ["incidents.merchant_id", "incidents.id"], name="fk_events_incidents"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "incident_id", "sequence", name="pk_events"),
        sa.UniqueConstraint("merchant_id", "id", name="uq_events_merchant_id_id"),
    )
    op.create_table(
        "offers",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("policy_name", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("goodwill_minor", sa.BigInteger(), nullable=False),
        sa.Column("entitlement_minor", sa.BigInteger(), nullable=False),
        sa.Column("worth_minor", sa.BigInteger(), nullable=False),
        sa.Column("approval_role", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("respond_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("default_option", KEY, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint("approval_role IN ('agent', 'lead', 'manager')", name=op.f("ck_offers_approval_role")),
        sa.CheckConstraint("mode IN ('kept', 'rejected')", name=op.f("ck_offers_mode")),
        sa.CheckConstraint(
            (
                "status IN ('pending_approval', 'open', 'informational', 'accepted', 'declined', "
                "'countered', 'superseded', 'expired', 'withdrawn', 'rejected', 'fulfilled')"
            ),
            name=op.f("ck_offers_status"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "incident_id"], ["incidents.merchant_id", "incidents.id"], name="fk_offers_incidents"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name="pk_offers"),
    )
    op.create_index("ix_offers_merchant_id_incident_id", "offers", ["merchant_id", "incident_id"])
    op.create_index("ix_offers_merchant_id_status_id", "offers", ["merchant_id", "status", "id"])
    op.create_index(
        "uq_offers_one_live_per_incident",
        "offers",
        ["merchant_id", "incident_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'superseded'"),
        postgresql_where=sa.text("status <> 'superseded'"),
    )

    op.create_table(
        "options",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("worth_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "offer_id"], ["offers.merchant_id", "offers.id"], name="fk_options_offers"
        ),
        sa.PrimaryKeyConstraint("merchant_id", "offer_id", "id", name="pk_options"),
    )
    op.create_table(
        "remedies",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("option_id", KEY, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.CheckConstraint(
            (
                "kind IN ('partial_refund', 'full_refund', 'payment', 'replacement', 'repair', "
                "'redelivery', 'correction', 'store_credit', 'next_purchase_discount', 'bonus_points', "
                "'free_shipping', 'gift', 'free_upgrade', 'free_service_period', 'priority_support', "
                "'personal_call', 'apology')"
            ),
            name=op.f("ck_remedies_kind"),
        ),
        sa.CheckConstraint("status IN ('promised', 'fulfilled', 'failed')", name=op.f("ck_remedies_status")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "offer_id", "option_id"],
            ["options.merchant_id", "options.offer_id", "options.id"],
            name="fk_remedies_options",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "offer_id", "option_id", "position", name="pk_remedies"),
    )
    if op.get_context().dialect.name == "postgresql":
        for table in TABLES:
            wall_in(table)
        # A request brings the id of its key before anyone knows whose key it is: that one row may be seen.
        op.execute("CREATE POLICY by_id ON api_keys FOR SELECT USING (id = current_setting('app.key_id', true))")
        # Documents of a few kilobytes stay in the row as they are: compressing each costs more than the space is worth.
        for table in ("offers", "answers"):
            op.execute(f"ALTER TABLE {table} SET (toast_tuple_target = 8160)")


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    for table in ("answers", "events", "remedies", "options", "offers", "incidents", "api_keys", "merchants"):
        op.drop_table(table)
