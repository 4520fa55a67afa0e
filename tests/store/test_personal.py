"""Every column of text is declared: it names or quotes a person, or it does not."""

import pytest
from sqlalchemy import LargeBinary, Text

from compensation_service.store.columns import Word
from compensation_service.store.tables import metadata
from compensation_service.store.tables.personal import IMPERSONAL, PERSONAL, REDACTED


def texts(table):
    """The columns that could hold a name or a quotation: neither our own words nor the merchant's slug."""
    return {
        column.name
        for column in table.columns
        if isinstance(column.type, Text | LargeBinary)
        and not isinstance(column.type, Word)
        and column.name != "merchant_id"
    }


def personal(table):
    return {name for each in PERSONAL if each.table is table for name in each.erased} | REDACTED.get(table.name, set())


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=str)
def test_every_column_of_text_is_declared_once(table):
    named, unnamed = personal(table), IMPERSONAL.get(table.name, frozenset())
    assert named & texts(table) | unnamed == texts(table)
    assert not named & unnamed


def test_nothing_is_declared_that_is_not_there():
    assert set(IMPERSONAL) <= set(metadata.tables)
    for each in PERSONAL:
        assert set(each.erased) <= set(each.table.c.keys())
        assert all(value is not None or each.table.c[name].nullable for name, value in each.erased.items())
