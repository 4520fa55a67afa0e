"""Who made a key and who ended it, and which key it took the place of; a key is replaced once."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0130"
down_revision = "20261122_0120"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INDEX = "ix_api_keys_merchant_id_replaces"


def upgrade() -> None:
    # Until now only the command line made keys.
    op.add_column("api_keys", sa.Column("created_by", KEY, nullable=False, server_default="command-line"))
    op.add_column("api_keys", sa.Column("revoked_by", KEY, nullable=True))
    op.add_column("api_keys", sa.Column("replaces", KEY, nullable=True))
    if op.get_context().dialect.name == "postgresql":
        # Others wait while the index is made: there are few keys.
        op.execute(
            "-- squawk-ignore require-concurrent-index-creation\n"
            f"CREATE UNIQUE INDEX {INDEX} ON api_keys (merchant_id, replaces)"
        )
    else:
        op.create_index(INDEX, "api_keys", ["merchant_id", "replaces"], unique=True)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="api_keys")
    for column in ("replaces", "revoked_by", "created_by"):
        op.drop_column("api_keys", column)
