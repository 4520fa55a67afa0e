"""The incident file: who answers for it, where it went wrong, what was written, shown and done; opened again.

An incident can be kept before anything is decided, so its band, severity and currency may be unknown. It has one offer
at a time that waits for an answer, and as many as it takes that do not any more.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261122_0140"
down_revision = "20261122_0130"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
STAGES = (
    "stage IN ('listing', 'order', 'payment', 'stock', 'packing', 'dispatch', 'transit', 'delivery', 'support', "
    "'return')"
)
UNKNOWN_AT_FIRST = ("band", "severity", "currency")
NAMES = ("owner", "cause", "product", "carrier", "earlier")
TABLES = ("reopenings", "messages", "evidence", "accounts")
BEFORE = "status <> 'superseded'"
SINCE = "status IN ('countered', 'open', 'part_accepted', 'pending_approval')"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for name in UNKNOWN_AT_FIRST:
            # The version before can live with it: it shows null, and writes what it always wrote.
            op.execute(f"-- squawk-ignore ban-drop-not-null\nALTER TABLE incidents ALTER COLUMN {name} DROP NOT NULL")
        for column in columns():
            op.add_column("incidents", column)
        # Nothing has a stage or an earlier incident yet: the table is read once, and nothing is looked up.
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            f"ALTER TABLE incidents ADD CONSTRAINT ck_incidents_stage CHECK ({STAGES})"
        )
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint\n"
            "ALTER TABLE incidents ADD CONSTRAINT fk_incidents_incidents "
            "FOREIGN KEY (merchant_id, earlier) REFERENCES incidents (merchant_id, id)"
        )
    else:
        with op.batch_alter_table("incidents") as incidents:
            for name in UNKNOWN_AT_FIRST:
                incidents.alter_column(name, existing_type=sa.Text(), nullable=True)
            for column in columns():
                incidents.add_column(column)
            incidents.create_check_constraint(op.f("ck_incidents_stage"), STAGES)
            incidents.create_foreign_key(
                "fk_incidents_incidents", "incidents", ["merchant_id", "earlier"], ["merchant_id", "id"]
            )
    create_tables()
    let_live(SINCE)


def columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("told", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        *(sa.Column(name, KEY, nullable=True) for name in NAMES),
        sa.Column("reopened", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("version", sa.BigInteger(), nullable=False, server_default=sa.text("1")),
    ]


def create_tables() -> None:
    op.create_table(
        "reopenings",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        of_incident("reopenings"),
        sa.PrimaryKeyConstraint("merchant_id", "incident_id", "number", name="pk_reopenings"),
    )
    create_papers(
        "messages",
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_messages_direction")),
        sa.CheckConstraint(
            "channel IN ('email', 'phone', 'chat', 'social', 'letter', 'in_person', 'portal', 'other')",
            name=op.f("ck_messages_channel"),
        ),
    )
    create_papers(
        "evidence",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('receipt', 'photo', 'video', 'recording', 'document', 'tracking', 'statement', 'other')",
            name=op.f("ck_evidence_kind"),
        ),
    )
    create_papers("accounts", sa.Column("words", sa.Text(), nullable=False))
    if op.get_context().dialect.name == "postgresql":
        for table in TABLES:
            wall_in(table)


def create_papers(table: str, *own: sa.schema.SchemaItem) -> None:
    """Make a table of what an incident's file holds: each paper of its own kind, written by somebody at some time."""
    op.create_table(
        table,
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        *own,
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        of_incident(table),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_merchant_id_incident_id_id", table, ["merchant_id", "incident_id", "id"])


def of_incident(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id", "incident_id"], ["incidents.merchant_id", "incidents.id"], name=f"fk_{table}_incidents"
    )


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def let_live(which: str) -> None:
    """Change of which offers an incident has one at most."""
    op.execute("-- squawk-ignore require-concurrent-index-deletion\nDROP INDEX uq_offers_one_live_per_incident")
    # Nothing can be built concurrently within a transaction, and a migration is one: writers wait until it ends.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        f"CREATE UNIQUE INDEX uq_offers_one_live_per_incident ON offers (merchant_id, incident_id) WHERE {which}"
    )


def downgrade() -> None:
    step_over_the_wall("offers", SUPERSEDE_ALL_BUT_THE_LAST)
    let_live(BEFORE)
    for table in reversed(TABLES):
        op.drop_table(table)
    step_over_the_wall(
        "incidents",
        "UPDATE incidents SET band = coalesce(band, 'trivial'), severity = coalesce(severity, '0'), "
        "currency = coalesce(currency, 'XXX')",
    )
    with op.batch_alter_table("incidents") as incidents:
        incidents.drop_constraint("fk_incidents_incidents", type_="foreignkey")
        incidents.drop_constraint(op.f("ck_incidents_stage"), type_="check")
        for column in reversed(columns()):
            incidents.drop_column(column.name)
        for name in UNKNOWN_AT_FIRST:
            incidents.alter_column(name, existing_type=sa.Text(), nullable=False)


SUPERSEDE_ALL_BUT_THE_LAST = (
    "UPDATE offers SET status = 'superseded' WHERE EXISTS (SELECT 1 FROM offers AS later WHERE "
    "later.merchant_id = offers.merchant_id AND later.incident_id = offers.incident_id AND later.id > offers.id)"
)


def step_over_the_wall(table: str, statement: str) -> None:
    """Change a table for every merchant, as its owner."""
    walled = op.get_context().dialect.name == "postgresql"
    if walled:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    if walled:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
