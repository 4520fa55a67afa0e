"""One merchant's view of one transaction: every statement goes through it, and none passes without the merchant.

`scoped` builds statements that ask for the merchant's rows; `Scope` fills the merchant in and refuses a statement that
does not ask. Row-level security stands behind it on PostgreSQL.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakSet

from sqlalchemy import (
    Column,
    Connection,
    CursorResult,
    Delete,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.selectable import Alias, TableValuedAlias

from compensation_service.store.insertion import insertion

COLUMN = "merchant_id"
MERCHANT: BindParameter[str] = bindparam("of_merchant")  # not the column's name: SQLAlchemy keeps that for SET


Query: TypeAlias = Select[*tuple[Any, ...]]
Record: TypeAlias = Row[*tuple[Any, ...]]

Statement: TypeAlias = Query | Update | ReturningUpdate[*tuple[Any, ...]] | Delete | Insert

_seen: WeakSet[Statement] = WeakSet()


class Unscoped(AssertionError):
    """A statement reads or writes a table without asking for the merchant: a fault of ours."""


def scoped(*tables: Table, columns: Iterable[Any]) -> Query:
    """Begin a SELECT of the columns in which every one of the tables is held to the merchant; add joins as criteria."""
    return select(*columns).select_from(*tables).where(*(table.c.merchant_id == MERCHANT for table in tables))


def scoped_update(table: Table) -> Update:
    """Begin an UPDATE that touches rows of the merchant alone."""
    return update(table).where(table.c.merchant_id == MERCHANT)


def scoped_delete(table: Table) -> Delete:
    """Begin a DELETE that removes rows of the merchant alone."""
    return delete(table).where(table.c.merchant_id == MERCHANT)


def scoped_insert(table: Table, names: Sequence[str], found: Query) -> Insert:
    """Make an INSERT of what a scoped SELECT finds: its first column is the merchant, the others are `names`."""
    return insert(table).from_select([COLUMN, *names], found).execution_options(preserve_rowcount=True)


def columns_of(table: Table, record: type[Any]) -> list[Column[Any]]:
    """Answer the table's columns in the order of a dataclass's fields, so that a row is its arguments."""
    return [table.c[field.name] for field in fields(record) if field.name in table.c]


def demand_merchant(statement: Statement) -> None:
    """Raise Unscoped unless every table in the statement is held to the merchant's parameter."""
    if isinstance(statement, Insert):
        _demand_own(statement)
        return
    held, used = set(), set()
    for element in visitors.iterate(statement):
        if isinstance(element, Alias) and not isinstance(element, TableValuedAlias):
            raise Unscoped("an alias hides whose rows it reads")
        if isinstance(element, Table):
            used.add(element.name)
        if isinstance(element, Column) and isinstance(element.table, Table):
            used.add(element.table.name)
        if isinstance(element, BinaryExpression) and _names_merchant(element):
            held.add(element.left.table.name)
    if missing := used - held:
        raise Unscoped(f"not held to a merchant: {', '.join(sorted(missing))}")


def _demand_own(statement: Insert) -> None:
    """Raise Unscoped unless an INSERT takes what it finds from the merchant's rows, their merchant first."""
    found = statement.select
    if not isinstance(found, Select) or found.selected_columns[0].name != COLUMN:
        raise Unscoped("what is inserted would not be the merchant's")
    demand_merchant(found)


def _names_merchant(expression: BinaryExpression[Any]) -> bool:
    return (
        expression.operator is operators.eq
        and isinstance(expression.left, Column)
        and expression.left.name == COLUMN
        and isinstance(expression.right, BindParameter)
        and expression.right.key == MERCHANT.key
    )


class Scope:
    """One merchant's view of an open connection."""

    def __init__(self, connection: Connection, merchant_id: str) -> None:
        self._connection = connection
        self.merchant_id = merchant_id

    @property
    def dialect(self) -> str:
        """The database's name: `sqlite` or `postgresql`."""
        return self._connection.dialect.name

    def rows(self, statement: Query, **parameters: object) -> Sequence[Record]:
        """Answer the rows of a scoped SELECT."""
        return self._execute(statement, parameters).all()

    def change(self, statement: Update, **parameters: object) -> int:
        """Run a scoped UPDATE and answer how many rows it changed."""
        return int(self._execute(statement, parameters).rowcount)

    def changed(self, statement: ReturningUpdate[*tuple[Any, ...]], **parameters: object) -> Sequence[Record]:
        """Run a scoped UPDATE … RETURNING and answer what it says of the rows that it changed."""
        return self._execute(statement, parameters).all()

    def remove(self, statement: Delete, **parameters: object) -> int:
        """Run a scoped DELETE and answer how many rows it removed."""
        return int(self._execute(statement, parameters).rowcount)

    def add_found(self, statement: Insert, **parameters: object) -> int:
        """Run a scoped INSERT of what it finds, and answer how many rows that were."""
        return int(self._execute(statement, parameters).rowcount)

    def _execute(self, statement: Statement, parameters: Mapping[str, object]) -> CursorResult[*tuple[Any, ...]]:
        if statement not in _seen:
            demand_merchant(statement)
            _seen.add(statement)
        return self._connection.execute(statement, {**parameters, MERCHANT.key: self.merchant_id})

    def add(self, table: Table, records: Sequence[Any], **same: object) -> None:
        """Insert dataclass records as the merchant's own, all in one go; none is allowed too.

        Their fields are the columns; `same` are values that all of them have besides, or in place of a field. A record
        of another merchant is a fault of ours that must not be repaired in silence: ValueError.
        """
        if records:
            reader = _reader(records[0].__class__, tuple(same))
            if reader.owned and any(record.merchant_id != self.merchant_id for record in records):
                raise ValueError("a unit of work writes its own merchant's rows only")
            self.add_values(table, reader.columns, list(map(reader.read, records)), **same)

    def add_values(
        self, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]], **same: object
    ) -> None:
        """Insert rows of these columns as the merchant's own, all in one go; none is allowed too."""
        if rows:
            found = insertion(table, (*columns, *same, COLUMN), self._connection.dialect)
            found.run(self._connection, rows, (*same.values(), self.merchant_id))


class _Reader(NamedTuple):
    """How records of a kind become rows."""

    columns: tuple[str, ...]
    read: Callable[[Any], tuple[object, ...]]
    owned: bool
    """Whether each says whose it is."""


@cache
def _reader(kind: type[Any], without: tuple[str, ...]) -> _Reader:
    names = [field.name for field in fields(kind)]
    columns = tuple(name for name in names if name not in {COLUMN, *without})
    return _Reader(columns, attrgetter(*columns), COLUMN in names)
