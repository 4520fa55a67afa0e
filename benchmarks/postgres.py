"""PostgreSQL with `fsync` on in a cluster of its own, and what it can do without a service in front of it.

pgbench runs the statements that one offer sends, one transaction an offer. They are not copied here: they are listened
to while the service makes an offer, and the rows of one table are put into one INSERT.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, Engine, event, make_url

import cases
from compensation_service.api.offer_request import OfferBody
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.new_offers import Desk
from compensation_service.services.offers import OfferRequest, make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.store import Store

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import databases

CLIENTS = (4, 8, 16, 32)
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers", "max_wal_size")
NUMBER = "lpad((:number)::text, 19, '0')"
CUSTOMER = "('C-' || lpad((:customer)::text, 10, '0'))"


@contextmanager
def database() -> Iterator[str]:
    """A database that belongs to the service's role, in a new cluster; its URL."""
    directory = Path(tempfile.mkdtemp(prefix="benchmark-"))
    directory.chmod(0o755)
    cluster = databases.Cluster(directory / "cluster")
    try:
        cluster.create()
        cluster.start()
        owner = databases.application(cluster.url)
        yield databases.plain(databases.create_database(cluster.url, owner, "benchmark"))
    finally:
        if cluster.running:
            cluster.stop()
        shutil.rmtree(directory, ignore_errors=True)


def description(url: str) -> dict[str, str]:
    """The server's version, and the settings that decide what a commit costs."""
    with databases.connect(url) as connection:
        found = {"postgresql": connection.execute("SHOW server_version").fetchone()}
        found |= {name: connection.execute(sql.SQL("SHOW {}").format(sql.SQL(name))).fetchone() for name in SETTINGS}
    return {name: str(row[0]) if row else "?" for name, row in found.items()}


class Pgbench:
    """pgbench with the statements of one offer."""

    def __init__(self, url: str, script: Path) -> None:
        self._script = script
        self._program = databases.binaries() / "pgbench"
        self._environment = {**os.environ, **_environment(make_url(url))}

    def best(self, seconds: float) -> dict[str, Any]:
        """Transactions a second with each number of clients, and the best of them."""
        rates = {clients: self._rate(clients, max(1, round(seconds))) for clients in CLIENTS}
        return {"rate": max(rates.values()), "rates": rates}

    def _rate(self, clients: int, seconds: int) -> float:
        command = [str(self._program), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)]
        command += ["-D", f"n={time.time_ns() // 1000}", "-f", str(self._script)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or not found:
            raise RuntimeError(f"pgbench failed:\n{done.stderr[-3000:]}")
        return float(found[1])


def _environment(url: URL) -> dict[str, str]:
    host = url.host or str(url.query["host"])
    return {
        "PGHOST": host,
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password),
        "PGDATABASE": str(url.database),
    }


def script_of(store: Store, merchant_id: str, key_id: str, url: str) -> str:
    """The pgbench script of one offer, as the service makes it now."""
    statements = list(_statements_of_one_offer(store, merchant_id, key_id))
    own = _expressions(statements)
    with databases.connect(url) as connection:
        lines = [_line(statement, rows, own, connection) for statement, rows in statements]
    head = ["\\set n :n + 1", "\\set number :n * 100 + :client_id", "\\set customer random(0, 999999)"]
    return "\n".join([*head, "BEGIN;", *lines, "COMMIT;"]) + "\n"


Statement = tuple[str, list[Mapping[str, Any]]]


def _statements_of_one_offer(store: Store, merchant_id: str, key_id: str) -> list[Statement]:
    """What the service sends between BEGIN and COMMIT."""
    heard: list[Statement] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "jsonb_to_recordset" in statement:
            heard.append(_of_values(statement, json.loads(parameters["rows"])))
        else:
            heard.append((statement, [dict(parameters)]))

    body = OfferBody.model_validate_json(cases.body())
    request = OfferRequest(body.to_facts(system_clock()), body.incident.summary, "en", key_id)
    book = PolicyBook(store, system_clock)
    work = partial(
        make_offers,
        desk=Desk(book, system_clock, random_id, "http://127.0.0.1:8000", CustomerLinks("", ""), random_token),
    )
    with store.writing(merchant_id) as unit:
        book.deciding(unit, system_clock())  # asked once for a policy's text, as of a connection: no part of an offer
    event.listen(Engine, "before_cursor_execute", hear)
    try:
        with store.writing(merchant_id) as unit:
            (outcome,) = work(unit, [request])
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    if isinstance(outcome, Exception):
        raise outcome
    return heard


def _of_values(statement: str, rows: list[Mapping[str, Any]]) -> Statement:
    """An INSERT of a document as the INSERT of values that anybody would write, and pgbench can."""
    names = ", ".join(f"%({name})s" for name in rows[0])
    return f"{statement.partition(' SELECT ')[0]} VALUES ({names})", rows


def _expressions(statements: list[Statement]) -> dict[str, str]:
    """What must differ from transaction to transaction, and the SQL that makes it differ."""
    inserted = {_table(statement): rows[0] for statement, rows in statements if statement.startswith("INSERT")}
    ids = {inserted[table]["id"]: f"('{table[:3]}_' || {NUMBER})" for table in ("incidents", "offers", "events")}
    return ids | {
        inserted["offers"]["link_sha256"]: "lpad((:number)::text, 64, '0')",
        f"ZD-{cases.MARK}": f"('ZD-' || {NUMBER})",
        f"A-{cases.MARK}": f"('A-' || {NUMBER})",
        f"C-{cases.MARK}": CUSTOMER,
    }


def _table(statement: str) -> str:
    return statement.split()[2]


def _line(statement: str, rows: list[Mapping[str, Any]], own: Mapping[str, str], connection: psycopg.Connection) -> str:
    """One statement with its values in it, the rows of an INSERT together."""
    if "pg_advisory_xact_lock" in statement:
        return statement % {"keys": "ARRAY[(:number)::bigint, (:customer)::bigint]"} + ";"
    written = [{name: _written(value, own, connection) for name, value in row.items()} for row in rows]
    flat = " ".join(statement.split())
    if len(written) == 1:
        return flat % written[0] + ";"
    head, _, values = flat.partition(" VALUES ")
    return f"{head} VALUES {', '.join(values % row for row in written)};"


def _written(value: object, own: Mapping[str, str], connection: psycopg.Connection) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(_written(item, own, connection) for item in value)}]"
    if isinstance(value, str):
        return own.get(value) or _quoted(value)
    return sql.Literal(value).as_string(connection)


def _quoted(text: str) -> str:
    """A string in which pgbench sees no variable: it looks for colons everywhere."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    return f"E'{escaped}'"
