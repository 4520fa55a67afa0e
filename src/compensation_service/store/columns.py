"""Column types and one operator that SQLite and PostgreSQL spell differently."""

import json
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Boolean, CheckConstraint, DateTime, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Member = TypeVar("Member", bound=StrEnum)

KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids and references: compared byte by byte, so that the order is that of the ids whatever the database's language."""


class UTCDateTime(TypeDecorator[datetime]):
    """Aware moments in UTC; naive ones are refused. SQLite forgets the offset, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | str | None]:
        """What turns an aware moment into UTC, and into text where that is how it is kept.

        SQLAlchemy would do it in three calls: there are a dozen and more moments in an offer.
        """
        return _in_utc if dialect.name == "postgresql" else _written_in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Answer an aware moment in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.replace(tzinfo=UTC)


class Word(TypeDecorator[Member]):
    """A member of a StrEnum, kept as its text; the CHECK beside it is made by `one_of`."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[Member]) -> None:
        super().__init__()
        self.enum = enum

    def bind_processor(self, dialect: Dialect) -> Callable[[Member | None], str | None]:  # noqa: ARG002 - SQLAlchemy's signature
        """What answers the plain text."""
        return _spelt

    def process_result_value(self, value: object | None, dialect: Dialect) -> Member | None:  # noqa: ARG002 - as above
        """Answer the member."""
        return None if value is None else self.enum(str(value))


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset cannot be stored")
    return moment.astimezone(UTC)


@lru_cache(maxsize=1024)  # what is written together was recorded, and falls due, at the same few moments
def _written_in_utc(moment: datetime | None) -> str | None:
    """As SQLAlchemy's own type of SQLite writes moments, and reads them."""
    known = _in_utc(moment)
    return None if known is None else known.isoformat(" ", "microseconds").removesuffix("+00:00")


def _spelt(word: StrEnum | None) -> str | None:
    return None if word is None else str(word)


class TextList(TypeDecorator[Collection[str]]):
    """A list of texts as one parameter: the statement stays the same however many there are."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose an array on PostgreSQL and JSON on SQLite."""
        listed: TypeEngine[Any] = ARRAY(Text()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(listed)

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> list[str] | str:
        """Write the list as the dialect wants it."""
        texts = list(value or ())
        return texts if dialect.name == "postgresql" else json.dumps(texts)


class among(FunctionElement[bool]):  # noqa: N801 - reads as a function of SQL in a statement
    """Whether the column is one of the texts in a parameter: `among(table.c.id, texts("ids"))`."""

    name = "among"
    type = Boolean()
    inherit_cache = True


@compiles(among, "postgresql")
def _among_on_postgresql(element: among, compiler: SQLCompiler, **kw: object) -> str:
    column, listed = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} = ANY ({listed})"


@compiles(among, "sqlite")
def _among_on_sqlite(element: among, compiler: SQLCompiler, **kw: object) -> str:
    column, listed = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 - both are compiled SQL, not values


def texts(name: str) -> BindParameter[Collection[str]]:
    """Make a parameter that takes a list of texts."""
    return bindparam(name, type_=TextList())


def one_of(column: str, enum: type[StrEnum]) -> CheckConstraint:
    """Make the CHECK that lets only members of the enum into the column; NULL passes.

    It compares one by one: of an IN list SQLite makes a table for every row.
    """
    words = " OR ".join(f"{column} = '{member.value}'" for member in enum)
    return CheckConstraint(words, name=column)
