"""What else can happen to an incident: recorded without an offer, written about, followed up."""

from alembic import op

revision = "20261122_0100"
down_revision = "20261122_0020"
branch_labels = None
depends_on = None

BEFORE = (
    "type IN ('offer.created', 'offer.approved', 'offer.rejected', 'offer.accepted', 'offer.declined', "
    "'offer.countered', 'offer.withdrawn', 'offer.expired', 'offer.fulfilled', 'remedy.fulfilled', 'remedy.failed')"
)
SINCE = (
    "type IN ('offer.created', 'offer.approved', 'offer.rejected', 'offer.accepted', 'offer.declined', "
    "'offer.countered', 'offer.withdrawn', 'offer.expired', 'offer.kept', 'offer.superseded', "
    "'offer.overridden', 'offer.fulfilled', 'remedy.fulfilled', 'remedy.failed', 'incident.recorded', "
    "'incident.changed', 'incident.resolved', 'incident.closed', 'incident.reopened', 'incident.escalated', "
    "'incident.erased', 'message.added', 'evidence.added', 'account.added', 'letter.written', 'letter.sent', "
    "'letter.failed', 'follow_up.planned', 'follow_up.due', 'follow_up.done', 'follow_up.cancelled')"
)


def upgrade() -> None:
    let_in(SINCE)


def let_in(types: str) -> None:
    """Change which events there may be. SQLite copies the table for that."""
    if op.get_context().dialect.name == "postgresql":
        # The table is read once while others wait: there are few events before this revision.
        op.execute("-- squawk-ignore ban-drop-constraint\nALTER TABLE events DROP CONSTRAINT ck_events_type")
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            f"ALTER TABLE events ADD CONSTRAINT ck_events_type CHECK ({types})"
        )
    else:
        with op.batch_alter_table("events", recreate="always") as events:
            events.drop_constraint(op.f("ck_events_type"), type_="check")
            events.create_check_constraint(op.f("ck_events_type"), types)


def downgrade() -> None:
    forget_later_events()
    let_in(BEFORE)


def forget_later_events() -> None:
    """Delete the events that the tables before do not know, of every merchant: the owner steps over the wall."""
    walled = op.get_context().dialect.name == "postgresql"
    if walled:
        op.execute("ALTER TABLE events NO FORCE ROW LEVEL SECURITY")
    op.execute(f"DELETE FROM events WHERE NOT ({BEFORE})")  # noqa: S608 - words of this file
    if walled:
        op.execute("ALTER TABLE events FORCE ROW LEVEL SECURITY")
