"""Search."""

revision = "20261122_0200"
down_revision = "20261122_0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
