"""A database that may lose what it acknowledged is refused at the start, unless somebody says that this is wanted."""

import pytest
from starlette.testclient import TestClient

import databases
from compensation_service.api import health
from compensation_service.main import create_app
from compensation_service.settings import Settings
from compensation_service.store.engine import UnsafeDurability


@pytest.fixture
def careless_url(postgresql_url: str) -> str:
    """A database whose commits do not wait for the disk."""
    with databases.connect(postgresql_url) as connection:
        name = connection.execute("SELECT quote_ident(current_database())").fetchone()[0]
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    return postgresql_url


def test_an_unsafe_database_is_refused(careless_url):
    with (
        pytest.raises(UnsafeDurability, match="synchronous_commit=off"),
        TestClient(create_app(Settings(database_url=careless_url))),
    ):
        pass


def test_it_is_taken_where_that_is_wanted(careless_url):
    app = create_app(Settings(database_url=careless_url, allow_unsafe_durability=True))
    with TestClient(app) as client:
        assert client.get("/livez").status_code == 200


def test_readiness_tells_of_it(database_url, monkeypatch):
    monkeypatch.setattr(health, "CHECK_SECONDS_MOST", 60.0)  # on a machine that stands still /readyz says so
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        assert client.get("/readyz").json()["checks"]["durability"] == "ok"
