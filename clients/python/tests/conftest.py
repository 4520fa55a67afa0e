"""The client's tests speak with the service itself, behind a real socket."""

import pytest

import databases
import webapp
from compensation_client import Client
from compensation_service.domain.api_key import Role, Scope
from compensation_service.main import create_app
from compensation_service.settings import Settings


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with databases.fresh_sqlite(tmp_path_factory.mktemp("client")) as url:
        yield create_app(Settings(database_url=url, **webapp.UNHELD))


@pytest.fixture(scope="module")
def address(app):
    with webapp.serving(app) as address:
        yield address


@pytest.fixture(scope="module")
def new_key(app):
    """Make a key of a merchant that may do what its scopes say."""
    return lambda *scopes: app.state.services.keys.create("north", "client", Role.SERVICE, frozenset(scopes))[1]


@pytest.fixture(scope="module")
def key(new_key):
    return new_key(*Scope)


@pytest.fixture
def client(address, key):
    with Client(address, key) as client:
        yield client
