"""On SQLite the CHECKs of what every offer writes compare word by word: an IN list is made a table of for every row.

A row of remedies took twice as long for that. PostgreSQL makes an array of a list once, and needs nothing.
"""

import re
from collections.abc import Callable

from alembic import op

revision = "20261122_0230"
down_revision = "20261122_0220"
branch_labels = None
depends_on = None

TABLES = ("incidents", "offers", "remedies", "events", "follow_ups", "budget_entries")
AMONG = re.compile(r"CHECK \((\w+) IN \(([^)]*)\)\)")
ONE_BY_ONE = re.compile(r"CHECK \(((\w+) = '[^']*'(?: OR \2 = '[^']*')*)\)")
WORD = re.compile("'[^']*'")


def upgrade() -> None:
    rewrite(lambda sql: AMONG.sub(one_by_one, sql))


def downgrade() -> None:
    rewrite(lambda sql: ONE_BY_ONE.sub(among, sql))


def one_by_one(check: re.Match[str]) -> str:
    return f"CHECK ({' OR '.join(f'{check[1]} = {word}' for word in WORD.findall(check[2]))})"


def among(check: re.Match[str]) -> str:
    return f"CHECK ({check[2]} IN ({', '.join(WORD.findall(check[1]))}))"


def rewrite(rewritten: Callable[[str], str]) -> None:
    """Make the tables of SQLite anew from their own SQL, with their rows, indexes and triggers."""
    if op.get_context().dialect.name != "sqlite":
        return
    connection = op.get_bind()
    for table in TABLES:
        found = connection.exec_driver_sql(
            "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'table' DESC",
            (table,),
        )
        (_, made), *around = found.all()
        columns = made.partition("(")[2]
        op.execute(f"CREATE TABLE {table}_anew ({rewritten(columns)}")
        op.execute(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608 - names of our own tables
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
        for _, sql in around:
            connection.exec_driver_sql(sql)
