"""What every test may ask for: a fresh database on either dialect, and a store opened on it."""

import gc
import multiprocessing.util
import os
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

import databases
from compensation_service.store.store import Store, open_store

DIALECTS = ("sqlite", "postgresql")
AFTER_ALLOCATIONS = 50_000
"""How many containers are made before the garbage collector looks: at Python's 700 it took an eighth of a run."""
BEFORE = pytest.StashKey[dict[str, str]]()
PLAIN = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
# How long an example takes says something of the machine alone.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    """Name a place for the run's databases and files; worker processes find it in their environment."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background of a shell, and all that it starts
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A trace with every local in colour takes a quarter of a second, and only a test that fails shows it.
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], PLAIN])
    gc.set_threshold(AFTER_ALLOCATIONS, *gc.get_threshold()[1:])
    if not hasattr(config, "workerinput"):
        multiprocessing.util.get_temp_dir()  # one that is there until the process ends: it removes it itself
        config.stash[BEFORE] = dict(os.environ)
        place = str(databases.private_directory())
        os.environ |= dict.fromkeys((databases.CLUSTER_DIRECTORY, "TMPDIR", "PYTEST_DEBUG_TEMPROOT"), place)
        tempfile.tempdir = place


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the garbage collector leave alone what the whole run keeps: it took a tenth of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no server and no files behind."""
    if hasattr(config, "workerinput"):
        databases.let_go()
    else:
        databases.clean_up()
        for name in ("TMPDIR", "PYTEST_DEBUG_TEMPROOT"):  # the same process may run the tests once more
            os.environ.pop(name)
            if name in config.stash[BEFORE]:
                os.environ[name] = config.stash[BEFORE][name]
        tempfile.tempdir = None


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Iterator[str]:
    with databases.fresh_sqlite(tmp_path) as url:
        yield url


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    with databases.fresh_postgresql() as url:
        yield url


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest) -> str:
    """A migrated database with nothing in it; the test runs once on each dialect."""
    return str(request.getfixturevalue(f"{dialect}_url"))


@pytest.fixture
def empty_database_url(dialect: str, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    made = (
        databases.fresh_sqlite(tmp_path, migrated=False)
        if dialect == "sqlite"
        else databases.fresh_postgresql(migrated=False)
    )
    with made as url:
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()
