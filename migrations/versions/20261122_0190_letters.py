"""Letters."""

revision = "20261122_0190"
down_revision = "20261122_0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
