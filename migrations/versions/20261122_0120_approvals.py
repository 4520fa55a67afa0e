"""What is owed can be taken while goodwill waits for approval, and an offer names the one that took its place."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_0120"
down_revision = "20261122_0110"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BEFORE = (
    "status IN ('pending_approval', 'open', 'informational', 'accepted', 'declined', 'countered', 'superseded', "
    "'expired', 'withdrawn', 'rejected', 'fulfilled')"
)
SINCE = BEFORE.replace("'open'", "'part_accepted', 'open'")


def upgrade() -> None:
    op.add_column("offers", sa.Column("owed_remedies", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("offers", sa.Column("superseded_by", KEY, nullable=True))
    let_be(SINCE)


def let_be(statuses: str) -> None:
    """Change where an offer can stand. SQLite copies the table for that."""
    if op.get_context().dialect.name == "postgresql":
        # The table is read once while others wait: at this revision it is small.
        op.execute("-- squawk-ignore ban-drop-constraint\nALTER TABLE offers DROP CONSTRAINT ck_offers_status")
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            f"ALTER TABLE offers ADD CONSTRAINT ck_offers_status CHECK ({statuses})"
        )
    else:
        with op.batch_alter_table("offers", recreate="always") as offers:
            offers.drop_constraint(op.f("ck_offers_status"), type_="check")
            offers.create_check_constraint(op.f("ck_offers_status"), statuses)


def downgrade() -> None:
    accept_what_was_taken()
    let_be(BEFORE)
    for column in ("superseded_by", "owed_remedies"):
        op.drop_column("offers", column)


def accept_what_was_taken() -> None:
    """Call offers accepted of which what is owed was taken, of every merchant: the owner steps over the wall."""
    walled = op.get_context().dialect.name == "postgresql"
    if walled:
        op.execute("ALTER TABLE offers NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE offers SET status = 'accepted' WHERE status = 'part_accepted'")
    if walled:
        op.execute("ALTER TABLE offers FORCE ROW LEVEL SECURITY")
