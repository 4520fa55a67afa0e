"""Faults planted in a copy of the source, each of which a named test has to find. `make faults` prints the table.

A fault is a small change of text. The tests themselves are as they are: they run in a process of their own, in which
the copy comes first.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STORE = "src/compensation_service/store"
SERVICES = "src/compensation_service/services"
BUDGETS_MADE = "migrations/versions/20261122_0110_budgets.py"
CRASH = "tests/faults/test_crash_points.py::test_what_was_acknowledged_is_there_and_nothing_twice"
BUDGET = "tests/store/test_budgets.py"
RESERVED = "tests/services/test_reservations.py"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, the changes (file, before, after) that make it so, and the test that must fail for it."""

    name: str
    changes: tuple[tuple[str, str, str], ...]
    found_by: str


_KEEPING = """                answer, resource_id = work(unit, key)
                if idempotency is not None:
                    unit.answers.add([remember(idempotency, answer, resource_id, self._clock())])
                return answer
"""
_KEEPING_LATER = """                answer, resource_id = work(unit, key)
            if idempotency is not None:
                with self._store.writing(merchant_id) as unit:
                    unit.answers.add([remember(idempotency, answer, resource_id, self._clock())])
            return answer
"""
_ANSWERING = "                outcomes.extend(zip(asking, answers, strict=True))\n"
_ANSWERING_EARLY = _ANSWERING + "                self._loop.call_soon_threadsafe(_settle, list(outcomes))\n"
_LINING_UP = "self._deliveries.add([Message(e.id, e.incident_id, e.sequence, e.type, e.occurred_at) for e in new])"
_LINING_UP_LATER = f'self._scope._connection.info.setdefault("late", []).append(lambda: {_LINING_UP})'
_COMMITTING = "                begun.commit()\n"
_COMMITTING_TWICE = """                begun.commit()
                for late in connection.info.pop("late", []):
                    with connection.begin():
                        late()
"""
_UNIQUE = 'sa.PrimaryKeyConstraint("merchant_id", "offer_id", "budget_id", "kind", name="pk_budget_entries"),'
_CHECK = 'sa.CheckConstraint("reserved_minor + spent_minor <= limit_minor", name=op.f("ck_budgets_not_overspent")),'
_GIVEN = 'bindparam("more_{}", type_=budgets.c.limit_minor.type)'
_COVERING = "        return [_budget(row) for row in self._scope.rows(_COVERING, at=at)]\n"
_COVERING_KEPT = """        self._seen = {row.id: _budget(row) for row in self._scope.rows(_COVERING, at=at)}
        return list(self._seen.values())

    def _read(self, budget_id):
        return getattr(self, "_seen", {}).get(budget_id) or self.get(budget_id)
"""


def _pragma(value: str) -> tuple[tuple[str, str, str], ...]:
    return ((f"{STORE}/engine.py", '"synchronous=FULL"', f'"synchronous={value}"'),)


FAULTS = (
    Fault(
        "commit after the answer",
        ((f"{STORE}/group_commit.py", _ANSWERING, _ANSWERING_EARLY),),
        f"{CRASH}[sqlite-0]",
    ),
    Fault(
        "idempotency record in another transaction",
        ((f"{SERVICES}/idempotency.py", _KEEPING, _KEEPING_LATER),),
        f"{CRASH}[sqlite-0]",
    ),
    Fault(
        "PostgreSQL synchronous_commit=off",
        ((f"{STORE}/engine.py", "    options = {\n", '    options = {\n        "synchronous_commit": "off",\n'),),
        "tests/store/test_engine.py::test_what_we_open_is_durable[postgresql]",
    ),
    Fault("SQLite synchronous=OFF", _pragma("OFF"), "tests/store/test_engine.py::test_what_we_open_is_durable[sqlite]"),
    Fault(
        "SQLite synchronous=NORMAL",
        _pragma("NORMAL"),
        "tests/store/test_engine.py::test_what_we_open_is_durable[sqlite]",
    ),
    Fault(
        "budget read, then written",
        (
            (f"{STORE}/budgets.py", 'budgets.c.reserved_minor + bindparam("more_reserved")', _GIVEN.format("reserved")),
            (f"{STORE}/budgets.py", 'budgets.c.spent_minor + bindparam("more_spent")', _GIVEN.format("spent")),
            (f"{STORE}/budgets.py", "more_reserved=sum(", "more_reserved=self._read(budget_id).reserved_minor + sum("),
            (f"{STORE}/budgets.py", "more_spent=sum(", "more_spent=self._read(budget_id).spent_minor + sum("),
            (f"{STORE}/budgets.py", _COVERING, _COVERING_KEPT),
        ),
        f"{RESERVED}::test_64_clients_race_for_a_budget_and_none_is_oversold[postgresql]",
    ),
    Fault(
        "no UNIQUE on budget entries",
        ((BUDGETS_MADE, _UNIQUE, ""),),
        f"{BUDGET}::test_nothing_is_reserved_or_settled_twice",
    ),
    Fault(
        "no CHECK on the budget",
        ((BUDGETS_MADE, _CHECK, ""),),
        f"{BUDGET}::test_the_database_itself_refuses_what_no_budget_can_be",
    ),
    Fault(
        "reserve twice",
        (
            (
                f"{SERVICES}/reservations.py",
                "RESERVE, reservation.amount_minor",
                "RESERVE, 2 * reservation.amount_minor",
            ),
        ),
        f"{RESERVED}::test_an_offer_reserves_what_its_dearest_option_costs",
    ),
    Fault(
        "release missing",
        ((f"{SERVICES}/reservations.py", " and offer.status not in GAVE_NOTHING:", ":"),),
        f"{RESERVED}::test_each_end_of_an_offer_settles_its_reservation_once",
    ),
    Fault(
        "outbox row after the commit",
        (
            (f"{STORE}/events.py", _LINING_UP, _LINING_UP_LATER),
            (f"{STORE}/unit_of_work.py", _COMMITTING, _COMMITTING_TWICE),
        ),
        f"{CRASH}[sqlite-0]",
    ),
    Fault(
        "expiry judged by transaction start",
        ((f"{STORE}/offers.py", "func.clock_timestamp()", "func.now()"),),
        "tests/services/test_offer_moves.py::test_the_moment_of_a_move_is_not_the_begin_of_its_transaction",
    ),
    Fault(
        "lease without fencing token",
        ((f"{STORE}/deliveries.py", '.token == bindparam("of_token")', '.token >= bindparam("of_token")'),),
        "tests/store/test_deliveries.py::test_only_who_has_it_in_hand_may_settle_it",
    ),
)


def plant(fault: Fault, folder: Path) -> None:
    """Make its changes in a copy; LookupError where the text is not there exactly once."""
    for name, before, after in fault.changes:
        file = folder / name
        text = file.read_text()
        if text.count(before) != 1:
            raise LookupError(f"{fault.name}: {name} has this {text.count(before)} times: {before}")
        file.write_text(text.replace(before, after))


def run(test: str, folder: Path) -> int:
    """Run a test on the source in a folder; pytest's exit code."""
    paths = os.pathsep.join([str(folder / "src"), str(ROOT / "tests")])
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "-q", "-x", str(ROOT / test)]
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, stdout=output, stderr=output, check=False
        )
    return done.returncode


def caught(fault: Fault) -> bool:
    """Whether the test that stands for it fails, and for no other reason than that."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("src", "migrations"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        plant(fault, folder)
        return run(fault.found_by, folder) == 1


def main() -> int:
    """Plant each fault and print whether it was caught; the exit code is how many were not."""
    missed = 0
    for fault in FAULTS:
        began = time.monotonic()
        found = caught(fault)
        missed += not found
        seconds = time.monotonic() - began
        line = f"{'caught' if found else 'MISSED'}  {fault.name:42} {fault.found_by}  {seconds:.0f} s"
        print(line, flush=True)  # noqa: T201 - it is what a person asked for
    return missed


if __name__ == "__main__":
    sys.exit(main())
