"""Dying at every boundary of a write, and coming back.

Each life is a process of its own, forked from one that has everything loaded and nothing open. It first repeats what
the life before it died of, as a client does that got no answer, and acknowledges it; then it prepares a request of its
own, and dies at the boundary it was given, right after that acknowledgement at the latest. Between the lives the rows
of the merchant are counted: a request is there as a whole or not at all, and once it was repeated it is there once.
"""

import gc
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn, TextIO

from fastapi import FastAPI
from sqlalchemy import event, text
from starlette.testclient import TestClient

import webapp
from compensation_service.domain.budget import EntryKind
from compensation_service.main import create_app
from compensation_service.services.audit import AuditService, Count, Trust
from compensation_service.settings import Settings
from compensation_service.store.store import Store
from compensation_service.store.tables import metadata
from compensation_service.worker import make_inbound
from faults.scenes import HANDLE, SCENES, SETTLE, Call, Shop

KILLED = 137
NEVER = 10_000
ENDING_S = 60.0
"""How long a thread of a service that was stopped may take to end."""
AGONY_S = 0.2
"""How long the end takes at a COMMIT: an answer that does not wait for it is heard."""
REFUSED = 400
LONGER_THAN_A_LEASE = timedelta(minutes=5)
NOTHING = Call("GET", "/livez")
ONLY_CHANGE = frozenset(
    {
        "PATCH /budgets/{budget_id}",
        "PUT /policies/{version}",
        "POST /policies/{version}/activate",
        "POST /api-keys/{key_id}/revoke",
        "PATCH /webhook-endpoints/{endpoint_id}",
        "POST /webhook-endpoints/{endpoint_id}/rotate",
        "POST /webhook-endpoints/{endpoint_id}/enable",
        "POST /webhook-endpoints/{endpoint_id}/replay",
        "PATCH /inbound-sources/{source_id}",
        "POST /inbound-sources/{source_id}/rotate",
        "POST /inbound-sources/{source_id}/replay",
    }
)
"""These change rows and add none."""
SHOWN_ONCE = ("token", "secret")
"""What only the first answer holds."""
Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was on its way when a life ended, and how many rows its merchant had before."""

    merchant: str
    call: Call
    before: Counts


class Boundaries:
    """Counts the boundaries of one process at its store: before each statement and commit, and after each unit.

    At the boundary `fatal` the process ends as if it were killed.
    """

    def __init__(self, app: FastAPI, fatal: int = NEVER) -> None:
        self.passed: list[str] = []
        self._fatal = fatal
        self._engine = app.state.services.store._engines.writer
        self._heard = {
            "before_cursor_execute": lambda *heard: self._pass(heard[2].split()[0]),
            "commit": lambda *_: self._pass("COMMIT"),
            "checkin": lambda *_: self._pass("after"),
        }

    def __enter__(self) -> "Boundaries":
        for name, hear in self._heard.items():
            event.listen(self._engine, name, hear)
        return self

    def __exit__(self, *_: object) -> None:
        for name, hear in self._heard.items():
            event.remove(self._engine, name, hear)

    def _pass(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self._fatal:
            if name == "COMMIT":
                time.sleep(AGONY_S)  # in which nothing may be answered
            os._exit(KILLED)


@contextmanager
def looking(store: Store, merchant: str) -> Iterator[Callable[[str], Any]]:
    """Ask the database itself, as one merchant."""
    with store._engines.reader.begin() as connection:
        if store.dialect == "postgresql":
            connection.execute(text("SELECT set_config('app.merchant_id', :name, true)"), {"name": merchant})
        yield lambda question: connection.exec_driver_sql(question.replace("MERCHANT", f"'{merchant}'")).all()


def counted(store: Store, merchant: str) -> Counts:
    """How many rows a merchant has in each table."""
    parts = (f"SELECT '{name}', count(*) FROM {name} WHERE merchant_id = MERCHANT" for name in metadata.tables)
    with looking(store, merchant) as ask:
        return dict(ask(" UNION ALL ".join(parts)))


def unbalanced(store: Store, merchant: str) -> list[str]:
    """Budgets whose figures are not the sums of their entries, or are above the limit."""
    with looking(store, merchant) as ask:
        entries = ask("SELECT budget_id, kind, amount_minor FROM budget_entries WHERE merchant_id = MERCHANT")
        budgets = ask("SELECT id, limit_minor, reserved_minor, spent_minor FROM budgets WHERE merchant_id = MERCHANT")
    wrong = []
    for budget_id, limit, reserved, spent in budgets:
        sums: Counter[str] = Counter()
        for of, kind, amount in entries:
            sums[kind] += amount if of == budget_id else 0
        held = sums[EntryKind.RESERVE] - sums[EntryKind.SPEND] - sums[EntryKind.RELEASE]
        if (reserved, spent) != (held, sums[EntryKind.SPEND]) or reserved + spent > limit or held < 0:
            wrong.append(f"budget {budget_id}: {reserved} + {spent} of {limit}, but its entries say {dict(sums)}")
    return wrong


def falsified(store: Store, merchant: str) -> list[str]:
    """What the verification of the history finds."""
    found = AuditService(store).verify(merchant, Trust(frozenset()), Count())
    return [str(finding) for finding in found if finding.place != "checkpoints"]  # of which there are none here


def differences(before: Counts, after: Counts) -> Counts:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def make_app(url: str) -> FastAPI:
    """The service on a database, not started and not connected."""
    app = create_app(
        Settings(database_url=url, public_base_url=webapp.BASE, webhooks_to_localhost=True, **webapp.UNHELD)
    )
    endpoints = app.state.services.webhook_endpoints
    endpoints._around = replace(endpoints._around, pause=lambda _: None)
    return app


def settle(app: FastAPI, merchant: str) -> None:
    """Do what the worker does with the offers of a merchant whose time is over; that of others would come with it."""
    services = app.state.services
    with services.store.reading(merchant) as unit:
        due = unit.offers.due(services.clock(), "", 100)
    for offer_id in due:
        services.moves.settle(merchant, offer_id)


def handle(app: FastAPI, source_id: str, merchant: str) -> None:
    """Do what the worker does with what a source told of, and what it does once the lease of a dead one is over."""
    services = app.state.services
    for later in (timedelta(), LONGER_THAN_A_LEASE):
        worker = make_inbound(Settings(), services.store, lambda later=later: services.clock() + later)
        for told in worker._claim(merchant, source_id):
            worker._handle(merchant, told)


def done(client: TestClient, app: FastAPI, call: Call) -> tuple[int, Any]:
    """What a request is answered with, but for what is shown once."""
    if call.method == SETTLE:
        return 200, settle(app, call.body)
    if call.method == HANDLE:
        return 200, handle(app, call.path, call.body)
    way = "data" if call.form else "content" if isinstance(call.body, str) else "json"
    answer = client.request(call.method, call.path, headers=dict(call.headers), **{way: call.body})
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return answer.status_code, answer.text if answer.is_error else ""
    return answer.status_code, {name: value for name, value in answer.json().items() if name not in SHOWN_ONCE}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A scene that nobody died in: the boundaries it passed, and the rows it added."""

    passed: Sequence[str]
    effect: Counts


def rehearse(client: TestClient, app: FastAPI, name: str) -> Rehearsal:
    """Play a scene to its end."""
    store = app.state.services.store
    shop = Shop(client, app.state.services, f"rehearsal-{list(SCENES).index(name)}")
    call = SCENES[name](shop)
    before = counted(store, shop.merchant)
    with Boundaries(app) as boundaries:
        status, said = done(client, app, call)
    assert status < REFUSED, f"{name}: {status} {said}"
    effect = differences(before, counted(store, shop.merchant))
    assert effect or name in ONLY_CHANGE, f"{name}: it writes nothing"
    return Rehearsal(boundaries.passed, effect)


class Lives:
    """Lives one after the other on one database. `troubles` says what was wrong after them."""

    def __init__(self, app: FastAPI) -> None:
        self.troubles: list[str] = []
        self.lived = 0
        self._app = app
        self._store: Store = app.state.services.store
        self._before: tuple[Request, Rehearsal, str] | None = None

    def die_in(self, name: str, rehearsal: Rehearsal, fatal: int) -> None:
        """Die in a scene at one of its boundaries, after repeating what the life before died of."""
        place = f"{name}: died at {fatal} of {len(rehearsal.passed)}"
        request, code, answered = self._live(name, fatal)
        if code != KILLED:
            self.troubles.append(f"{place}: it did not die")
        found = differences(request.before, counted(self._store, request.merchant))
        if answered and not found:
            self.troubles.append(f"{place}: it was answered, and is not there")
        if found not in ({}, rehearsal.effect):
            self.troubles.append(f"{place}: half of it is there, {found} of {rehearsal.effect}")
        self._before = request, rehearsal, place

    def end(self) -> None:
        """Live once more, and die of nothing."""
        self._live(None, NEVER)

    def _judge(self) -> None:
        """Look at what the life before died of, now that it was repeated and acknowledged."""
        if self._before is None:
            return
        request, rehearsal, place = self._before
        found = differences(request.before, counted(self._store, request.merchant))
        if found != rehearsal.effect:
            self.troubles.append(f"{place}: {found} is there in the end, and not {rehearsal.effect}")
        for wrong in (
            *unbalanced(self._store, request.merchant),
            *falsified(self._store, request.merchant),
        ):
            self.troubles.append(f"{place}: {wrong}")

    def _live(self, name: str | None, fatal: int) -> tuple[Request, int, bool]:
        """One life in a process of its own: what it asked for, how it ended, and whether that was answered before."""
        self.lived += 1
        reading, writing = os.pipe()
        self._store.close()  # nothing that is open may be shared
        child = os.fork()
        if child == 0:
            self._end_well_or_not(name, fatal, os.fdopen(writing, "w", buffering=1))
        os.close(writing)
        with os.fdopen(reading) as told:
            said: dict[str, Any] = {what: value for line in told for what, value in json.loads(line).items()}
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if "trouble" in said:
            self.troubles.append(f"life {self.lived}, {name} at {fatal}: {said['trouble']}")
        self._judge()
        merchant, call, before = said.get("asked", ("nobody", asdict(NOTHING), counted(self._store, "nobody")))
        return Request(merchant, Call(**call), before), code, "answered" in said

    def _end_well_or_not(self, name: str | None, fatal: int, out: TextIO) -> NoReturn:
        """The child's side."""

        def tell(what: str, *, value: object) -> None:
            out.write(json.dumps({what: value}) + "\n")

        try:
            with TestClient(self._app, base_url=webapp.BASE, follow_redirects=False) as client:
                if self._before is not None:
                    self._repeat(client, self._before[0].call)
                if name is not None:
                    shop = Shop(client, self._app.state.services, f"shop-{self.lived}")
                    call = SCENES[name](shop)
                    tell("asked", value=(shop.merchant, asdict(call), counted(self._store, shop.merchant)))
                    with Boundaries(self._app, fatal):
                        done(client, self._app, call)
                        tell("answered", value=True)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent tells of it
            tell("trouble", value=f"{type(error).__name__}: {error}")
            os._exit(1)

    def _repeat(self, client: TestClient, call: Call) -> None:
        """Ask again as a client without an answer does, and once more: the same is answered."""
        first, second = (done(client, self._app, call) for _ in range(2))
        for status, said in (first, second):
            assert status < REFUSED or status in call.again, f"{call.method} {call.path} again: {status} {said}"
        assert first == second or second[0] in call.again, f"{call.method} {call.path}: {first}, then {second}"


def everywhere(rehearsals: Mapping[str, Rehearsal]) -> Iterator[tuple[str, int]]:
    """Every boundary of every scene."""
    for name, rehearsal in rehearsals.items():
        yield from ((name, fatal) for fatal in range(1, len(rehearsal.passed) + 1))


def around_commits(rehearsals: Mapping[str, Rehearsal]) -> Iterator[tuple[str, int]]:
    """One boundary of each scene, by turns before the last commit and after it.

    Work that is split in two, or answered too early, shows there.
    """
    for number, (name, rehearsal) in enumerate(rehearsals.items()):
        last = max(place for place, passed in enumerate(rehearsal.passed, 1) if passed == "COMMIT")
        yield name, last + number % 2


def run(url: str, names: Sequence[str], *, thorough: bool) -> tuple[int, list[str]]:
    """Scenes on a database, each in one life, or in as many as they have boundaries.

    Answers how many lives were lived, and what was wrong.
    """
    app, rehearsed = make_app(url), make_app(url)
    with TestClient(rehearsed, base_url=webapp.BASE, follow_redirects=False) as client:
        Shop(client, rehearsed.state.services, "nobody")
        read = dict(rehearsed.state.services.budgets._book._compiled)
        rehearsals = {name: rehearse(client, rehearsed, name) for name in names}
    # What was compiled in the rehearsals is not compiled again in each life.
    app.state.services.store._engines = rehearsed.state.services.store._engines
    app.state.services.budgets._book._compiled.update(read)
    gc.freeze()  # or each life would copy what it looks through
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(ENDING_S)
    assert threading.active_count() == 1, f"only a process with one thread may fork: {threading.enumerate()}"
    lives = Lives(app)
    for name, fatal in everywhere(rehearsals) if thorough else around_commits(rehearsals):
        lives.die_in(name, rehearsals[name], fatal)
    lives.end()
    return lives.lived, lives.troubles
