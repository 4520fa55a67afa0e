"""What is kept of the link to an offer's page: the SHA-256 of its token, by which the page finds the offer."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0220"
down_revision = "20261122_0210"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INDEX = "ix_offers_link_sha256"


def upgrade() -> None:
    op.add_column("offers", sa.Column("link_sha256", KEY, nullable=True))
    if op.get_context().dialect.name == "postgresql":
        # Others wait while the index is made: it is empty, for offers before this revision have no link.
        op.execute(
            f"-- squawk-ignore require-concurrent-index-creation\nCREATE UNIQUE INDEX {INDEX} ON offers (link_sha256)"
        )
        # A customer is nobody's key: the token alone says which one offer may be seen.
        op.execute(
            "CREATE POLICY by_link ON offers FOR SELECT USING (link_sha256 = current_setting('app.link_sha256', true))"
        )
    else:
        op.create_index(INDEX, "offers", ["link_sha256"], unique=True)


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP POLICY by_link ON offers")
    op.drop_index(INDEX, table_name="offers")
    op.drop_column("offers", "link_sha256")
