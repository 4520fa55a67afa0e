"""What every table is made of: the naming of constraints, and columns in one line each."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, MetaData, Text

from compensation_service.store.columns import KEY, UTCDateTime, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def words(name: str, *, nullable: bool = False) -> Column[str]:
    """Text without a bound of its own."""
    return Column(name, Text, nullable=nullable)


def key(name: str, *, nullable: bool = False) -> Column[str]:
    """A name that rows are found and ordered by, byte for byte."""
    return Column(name, KEY, nullable=nullable)


def member(name: str, enum: type[StrEnum], *, nullable: bool = False) -> Column[Any]:
    """A member of an enum, kept as its word."""
    return Column(name, Word(enum), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    """A moment, kept in UTC."""
    return Column(name, UTCDateTime, nullable=nullable)


def minor(name: str, *, nullable: bool = False) -> Column[int]:
    """Money in minor units."""
    return Column(name, BigInteger, nullable=nullable)


def belongs_to(table: str, columns: list[str], keys: list[str]) -> ForeignKeyConstraint:
    """Rows of the same merchant that these refer to: a reference to another merchant's cannot be stored."""
    return ForeignKeyConstraint(["merchant_id", *columns], [f"{table}.{key}" for key in ("merchant_id", *keys)])
