from collections.abc import Iterator

import pytest

import databases
import webapp
from webapp import Web


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """One service for all tests of a file; each uses references of its own."""
    with webapp.on_sqlite() as web:
        yield web


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def web_on_each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """As `web`, once on each database."""
    made = (
        databases.fresh_sqlite(tmp_path_factory.mktemp("each"))
        if request.param == "sqlite"
        else databases.fresh_postgresql()
    )
    with made as url, webapp.running(url) as web:
        yield web
