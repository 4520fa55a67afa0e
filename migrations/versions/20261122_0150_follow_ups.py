"""Follow ups."""

revision = "20261122_0150"
down_revision = "20261122_0140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
