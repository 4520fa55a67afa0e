"""Incidents say when they were escalated last; those opened again are found with those that wait for a decision."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0250"
down_revision = "20261122_0240"
branch_labels = None
depends_on = None

ESCALATED = "ix_incidents_escalated"
TO_DECIDE = "ix_incidents_to_decide"
UNDECIDED = "ix_incidents_undecided"
FROM_THE_EVENTS = (
    "UPDATE incidents SET escalated_at = (SELECT max(occurred_at) FROM events "
    "WHERE events.merchant_id = incidents.merchant_id AND events.incident_id = incidents.id "
    "AND events.type = 'incident.escalated') WHERE (merchant_id, id) IN "
    "(SELECT merchant_id, incident_id FROM events WHERE type = 'incident.escalated')"
)


def upgrade() -> None:
    op.add_column("incidents", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
    step_over_the_walls(FROM_THE_EVENTS)
    index(ESCALATED, "merchant_id, id", "escalated_at IS NOT NULL")
    index(TO_DECIDE, "merchant_id, status, id", "band IS NULL OR reopened > 0")
    without(UNDECIDED)


def downgrade() -> None:
    index(UNDECIDED, "merchant_id, status, id", "band IS NULL")
    without(TO_DECIDE)
    without(ESCALATED)
    op.drop_column("incidents", "escalated_at")


def step_over_the_walls(statement: str) -> None:
    """Change every merchant's incidents, as the tables' owner."""
    tables = ("incidents", "events") if op.get_context().dialect.name == "postgresql" else ()
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def index(name: str, columns: str, where: str) -> None:
    """Make an index. Others wait meanwhile: it reads the incidents once, a second or two for a million."""
    waits = "-- squawk-ignore require-concurrent-index-creation\n"
    made = f"CREATE INDEX {name} ON incidents ({columns}) WHERE {where}"
    op.execute(waits + made if op.get_context().dialect.name == "postgresql" else made)


def without(name: str) -> None:
    """Drop an index, which is a moment's work."""
    waits = "-- squawk-ignore require-concurrent-index-deletion\n"
    op.execute(f"{waits}DROP INDEX {name}" if op.get_context().dialect.name == "postgresql" else f"DROP INDEX {name}")
