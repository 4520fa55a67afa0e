"""Let the worker see which merchants there are; what they have it sees one merchant at a time, as everybody does."""

from alembic import op

revision = "20261122_0020"
down_revision = "20261122_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE POLICY by_worker ON merchants FOR SELECT "
            "USING (current_setting('app.every_merchant', true) = 'yes')"
        )


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP POLICY by_worker ON merchants")
