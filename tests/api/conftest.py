from collections.abc import Iterator

import pytest

import webapp
from webapp import Web


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """One service for all tests of a file; each uses references of its own."""
    with webapp.on_sqlite() as web:
        yield web
