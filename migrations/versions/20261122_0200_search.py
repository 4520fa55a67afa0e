"""Finding incidents: by the words of their summaries, by who and what had to do with them, by when they were closed."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0200"
down_revision = "20261122_0190"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ALWAYS: tuple[tuple[str, ...], ...] = (("status", "id"), ("occurred_at", "id"))
WHERE_KNOWN = (
    ("owner", "id"),
    ("owner", "closed_at", "id"),
    ("stage", "id"),
    ("cause", "id"),
    ("cause", "occurred_at", "id"),
    ("product", "id"),
    ("product", "occurred_at", "id"),
    ("carrier", "id"),
    ("carrier", "occurred_at", "id"),
)


def upgrade() -> None:
    op.add_column("incidents", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "incident_words",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("word", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "word", "incident_id", name="pk_incident_words"),
    )
    if op.get_context().dialect.name == "postgresql":
        wall_in("incident_words")
    for columns in ALWAYS:
        index(columns)
    for columns in WHERE_KNOWN:
        index(columns, f"{columns[0]} IS NOT NULL")


def name_of(columns: tuple[str, ...]) -> str:
    return "_".join(("ix_incidents_merchant_id", *columns))


def index(columns: tuple[str, ...], known: str | None = None) -> None:
    """Make an index. Others wait while it is made: there are few incidents before this revision."""
    where = f" WHERE {known}" if known else ""
    made = f"CREATE INDEX {name_of(columns)} ON incidents ({', '.join(('merchant_id', *columns))}){where}"
    waits = "-- squawk-ignore require-concurrent-index-creation\n"
    op.execute(waits + made if op.get_context().dialect.name == "postgresql" else made)


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def downgrade() -> None:
    for columns in (*WHERE_KNOWN, *ALWAYS):
        op.drop_index(name_of(columns), table_name="incidents")
    op.drop_table("incident_words")
    op.drop_column("incidents", "closed_at")
