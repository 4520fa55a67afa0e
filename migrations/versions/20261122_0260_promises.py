"""Offers say when it was told of that what they promised is late; those that were not told of are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0260"
down_revision = "20261122_0250"
branch_labels = None
depends_on = None

TOLD = "carry_out_escalated_at"
PROMISED = "ix_offers_promised"
INDEX = (
    f"CREATE INDEX {PROMISED} ON offers (merchant_id, id) "
    f"WHERE status IN ('accepted', 'part_accepted') AND {TOLD} IS NULL"
)


def upgrade() -> None:
    op.add_column("offers", sa.Column(TOLD, sa.DateTime(timezone=True), nullable=True))
    changing_indexes(INDEX, "require-concurrent-index-creation")


def downgrade() -> None:
    changing_indexes(f"DROP INDEX {PROMISED}", "require-concurrent-index-deletion")
    op.drop_column("offers", TOLD)


def changing_indexes(statement: str, rule: str) -> None:
    """Run it. Others wait meanwhile: making one reads the offers once, a second or two for a million."""
    postgresql = op.get_context().dialect.name == "postgresql"
    op.execute(f"-- squawk-ignore {rule}\n{statement}" if postgresql else statement)
