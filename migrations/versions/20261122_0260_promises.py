"""Offers say by when what they promised has to be confirmed, until somebody was told that it was not."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0260"
down_revision = "20261122_0250"
branch_labels = None
depends_on = None

BY = "confirm_by"
TO_CONFIRM = "ix_offers_to_confirm"
INDEX = (
    f"CREATE INDEX {TO_CONFIRM} ON offers (merchant_id, id) "
    f"WHERE status IN ('accepted', 'part_accepted') AND {BY} IS NOT NULL"
)


def upgrade() -> None:
    op.add_column("offers", sa.Column(BY, sa.DateTime(timezone=True), nullable=True))
    changing_indexes(INDEX, "require-concurrent-index-creation")


def downgrade() -> None:
    changing_indexes(f"DROP INDEX {TO_CONFIRM}", "require-concurrent-index-deletion")
    op.drop_column("offers", BY)


def changing_indexes(statement: str, rule: str) -> None:
    """Run it. Others wait meanwhile: making one reads the offers once, a second or two for a million."""
    postgresql = op.get_context().dialect.name == "postgresql"
    op.execute(f"-- squawk-ignore {rule}\n{statement}" if postgresql else statement)
