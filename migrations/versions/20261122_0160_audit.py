"""A history that tells when it is falsified: events in chains, signed checkpoints, nothing of both ever changed.

Incidents get a salt, under which events hold digests of what can be erased. Events from before get their hashes here,
so the chain begins with what the database said at this moment.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

import sqlalchemy as sa
from alembic import context, op

revision = "20261122_0160"
down_revision = "20261122_0150"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LASTING = ("events", "checkpoints", "checkpoint_heads")
ERASABLE = "status = 'closed' AND erased_at IS NULL"
SAID = "what the audit trail holds is never changed"
BATCH = 1000

events = sa.table(
    "events",
    sa.column("merchant_id", sa.Text()),
    sa.column("incident_id", sa.Text()),
    sa.column("sequence", sa.BigInteger()),
    sa.column("type", sa.Text()),
    sa.column("id", sa.Text()),
    sa.column("occurred_at", sa.DateTime(timezone=True)),
    sa.column("payload", sa.Text()),
    sa.column("hash", sa.Text()),
)


def upgrade() -> None:
    op.add_column("events", sa.Column("hash", sa.Text(), nullable=False, server_default=""))
    op.add_column("incidents", sa.Column("salt", sa.Text(), nullable=True))
    op.add_column("incidents", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    make_tables()
    make_indexes()
    walled = op.get_context().dialect.name == "postgresql"
    if not context.is_offline_mode():
        if walled:
            op.execute("ALTER TABLE events NO FORCE ROW LEVEL SECURITY")
        chain_what_is_there()
        if walled:
            op.execute("ALTER TABLE events FORCE ROW LEVEL SECURITY")
    if walled:
        wall_in("checkpoints")
        wall_in("checkpoint_heads")
        hold_on_postgresql()
    else:
        hold_on_sqlite()


def make_tables() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("incidents", sa.BigInteger(), nullable=False),
        sa.Column("heads", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("newest", KEY, nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "number", name="pk_checkpoints"),
    )
    op.create_table(
        "checkpoint_heads",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "checkpoint"],
            ["checkpoints.merchant_id", "checkpoints.number"],
            name="fk_checkpoint_heads_checkpoints",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "incident_id", "sequence"],
            ["events.merchant_id", "events.incident_id", "events.sequence"],
            name="fk_checkpoint_heads_events",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "incident_id", "sequence", name="pk_checkpoint_heads"),
    )


def make_indexes() -> None:
    op.create_index(
        "ix_checkpoint_heads_merchant_id_checkpoint_incident_id",
        "checkpoint_heads",
        ["merchant_id", "checkpoint", "incident_id"],
    )
    op.create_index("ix_answers_merchant_id_resource_id", "answers", ["merchant_id", "resource_id"])
    op.create_index(
        "ix_answers_with_a_body",
        "answers",
        ["merchant_id", "created_at"],
        sqlite_where=sa.text("body IS NOT NULL"),
        postgresql_where=sa.text("body IS NOT NULL"),
    )
    op.create_index(
        "ix_incidents_to_erase",
        "incidents",
        ["merchant_id", "id"],
        sqlite_where=sa.text(ERASABLE),
        postgresql_where=sa.text(ERASABLE),
    )


def chain_what_is_there() -> None:
    """Give every event its hash, a thousand at a time."""
    connection = op.get_bind()
    own = (events.c.merchant_id, events.c.incident_id, events.c.sequence)
    change = (
        events.update()
        .where(*(column == sa.bindparam(f"of_{column.name}") for column in own))
        .values(hash=sa.bindparam("new_hash"))
    )
    hashes: list[dict[str, object]] = []
    for _, chain in groupby(in_order(connection), key=lambda row: (row.merchant_id, row.incident_id)):
        previous = "0" * 64
        for row in chain:
            previous = hash_of(previous, row)
            hashes.append({**{f"of_{column.name}": getattr(row, column.name) for column in own}, "new_hash": previous})
        if len(hashes) >= BATCH:
            connection.execute(change, hashes)
            hashes = []
    if hashes:
        connection.execute(change, hashes)


def in_order(connection: sa.Connection) -> Iterator[sa.Row[tuple[object, ...]]]:
    """Read all events by key, a thousand at a time: hashes are written meanwhile."""
    key = (events.c.merchant_id, events.c.incident_id, events.c.sequence)
    after: tuple[object, ...] = ("", "", 0)
    while True:
        page = sa.select(events).where(sa.tuple_(*key) > after).order_by(*key).limit(BATCH)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < BATCH:
            return
        after = (rows[-1].merchant_id, rows[-1].incident_id, rows[-1].sequence)


def hash_of(previous: str, row: sa.Row[tuple[object, ...]]) -> str:
    at: datetime = row.occurred_at
    shown = (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)).isoformat(timespec="microseconds")
    parts = (previous, row.merchant_id, row.incident_id, row.sequence, row.type, row.id, shown, row.payload)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def hold_on_postgresql() -> None:
    """Refuse changes. Who owns the tables can drop the triggers; `verify` finds what they did then."""
    op.execute(
        "CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAID}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in LASTING:
        op.execute(
            f"CREATE TRIGGER {table}_last BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()"
        )


def hold_on_sqlite() -> None:
    """Do as on PostgreSQL. A later migration that copies one of the tables has to make its triggers anew."""
    for table in LASTING:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_last_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
            )


def downgrade() -> None:
    """Let go of the events first: what lies before this revision deletes some."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER events_last ON events")
    else:
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER events_last_{verb}")
    op.drop_table("checkpoint_heads")
    op.drop_table("checkpoints")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_history()")
    op.drop_index("ix_incidents_to_erase", "incidents")
    op.drop_index("ix_answers_with_a_body", "answers")
    op.drop_index("ix_answers_merchant_id_resource_id", "answers")
    op.drop_column("incidents", "erased_at")
    op.drop_column("incidents", "salt")
    op.drop_column("events", "hash")
