"""Incidents without a decision are found without those that have one: they are looked for every few seconds."""

from alembic import op

revision = "20261122_0240"
down_revision = "20261122_0230"
branch_labels = None
depends_on = None

INDEX = "ix_incidents_undecided"


def upgrade() -> None:
    # Others wait while the index is made, which reads the incidents once: a second or two for a million.
    waits = "-- squawk-ignore require-concurrent-index-creation\n"
    made = f"CREATE INDEX {INDEX} ON incidents (merchant_id, status, id) WHERE band IS NULL"
    op.execute(waits + made if op.get_context().dialect.name == "postgresql" else made)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="incidents")
