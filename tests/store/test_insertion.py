"""INSERTs of many rows: as few statements as can be, in few sizes, and every row in its order."""

import pytest

from compensation_service.store.insertion import ROWS_MOST, portions


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        (0, []),
        (1, [1]),
        (5, [4, 1]),
        (ROWS_MOST, [ROWS_MOST]),
        (2 * ROWS_MOST + 7, [ROWS_MOST, ROWS_MOST, 4, 2, 1]),
    ],
)
def test_rows_go_in_portions_of_few_sizes(rows, sizes):
    given = list(range(rows))
    found = [list(some) for some in portions(given)]
    assert [len(some) for some in found] == sizes
    assert [row for some in found for row in some] == given
