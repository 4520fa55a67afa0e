"""Policies: every version of them, of which those that ever decided cannot change."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_2310"
down_revision = "20261121_2240"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
FIXED = (
    "merchant_id, version, name, text, frozen, sha256, created_at, created_by, changed_at, changed_by, "
    "active_from, activated_at, activated_by"
)
WAS_DRAFT = "OLD.status = 'draft'"
SAID = "a policy that was activated never changes"


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("merchant_id", KEY, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_by", sa.Text(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('draft', 'active', 'retired')", name=op.f("ck_policies_status")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_policies_version")),
        sa.CheckConstraint("(status = 'draft') = (active_from IS NULL)", name=op.f("ck_policies_begins")),
        sa.CheckConstraint(
            "(active_from IS NULL) = (activated_at IS NULL) AND (active_from IS NULL) = (activated_by IS NULL)",
            name=op.f("ck_policies_activated"),
        ),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_policies_ends")),
        sa.CheckConstraint("retired_at >= active_from", name=op.f("ck_policies_period")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"], name="fk_policies_merchants"),
        sa.PrimaryKeyConstraint("merchant_id", "version", name="pk_policies"),
    )
    op.create_index(
        "uq_policies_one_active",
        "policies",
        ["merchant_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    if op.get_context().dialect.name == "postgresql":
        wall_in("policies")
        freeze_on_postgresql()
    else:
        freeze_on_sqlite()


def wall_in(table: str) -> None:
    """Show rows of the transaction's merchant alone, to the table's owner as to anyone else."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON {table} USING (merchant_id = current_setting('app.merchant_id', true))")


def freeze_on_postgresql() -> None:
    """Decisions name the version that made them: it must say for ever what it said then."""
    op.execute(
        "CREATE FUNCTION refuse_change_of_policy() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAID}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    refuse = f"FOR EACH ROW WHEN (NOT {WAS_DRAFT}) EXECUTE FUNCTION refuse_change_of_policy()"
    op.execute(f"CREATE TRIGGER policies_stay BEFORE UPDATE OF {FIXED} ON policies {refuse}")
    op.execute(f"CREATE TRIGGER policies_remain BEFORE DELETE ON policies {refuse}")
    op.execute(
        "CREATE TRIGGER policies_go_forward BEFORE UPDATE OF status ON policies FOR EACH ROW "
        f"WHEN (NOT {WAS_DRAFT} AND NEW.status <> 'retired') EXECUTE FUNCTION refuse_change_of_policy()"
    )


def freeze_on_sqlite() -> None:
    """Do as on PostgreSQL. A later migration that copies the table has to make these triggers anew."""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    op.execute(
        f"CREATE TRIGGER policies_stay BEFORE UPDATE OF {FIXED} ON policies WHEN NOT {WAS_DRAFT} {refuse}",
    )
    op.execute(f"CREATE TRIGGER policies_remain BEFORE DELETE ON policies WHEN NOT {WAS_DRAFT} {refuse}")
    op.execute(
        "CREATE TRIGGER policies_go_forward BEFORE UPDATE OF status ON policies "
        f"WHEN NOT {WAS_DRAFT} AND NEW.status <> 'retired' {refuse}"
    )


def downgrade() -> None:
    op.drop_table("policies")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_policy()")
