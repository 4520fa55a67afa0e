"""The faults that `make faults` plants fit the source as it is, so that none of them is caught for a wrong reason."""

import ast

import pytest

from faults.planted import FAULTS, ROOT


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fits_the_source_and_its_test_is_there(fault):
    for name, before, after in fault.changes:
        text = (ROOT / name).read_text()
        assert text.count(before) == 1, f"{name} has this {text.count(before)} times: {before}"
        ast.parse(text.replace(before, after))
    file, _, test = fault.found_by.partition("::")
    assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text()
