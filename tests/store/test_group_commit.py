"""Group commit: acknowledged is committed, one fails alone, nobody waits for ever."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

import databases
from compensation_service.domain.errors import Conflict, OutcomeUnknown, Overloaded, StoreUnavailable, Unprocessable
from compensation_service.store.failures import Taken
from compensation_service.store.group_commit import GroupCommit
from compensation_service.store.incidents import IncidentFilter
from compensation_service.store.store import Store, open_store
from compensation_service.store.unit_of_work import UnitOfWork
from records import MERCHANT, incident, offer, store_offers

OTHER = "umbrella"


def write(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
    store_offers(unit, *numbers)
    return list(numbers)


@asynccontextmanager
async def running(store: Store, work: Callable = write, **options: object) -> AsyncIterator[GroupCommit[int, int]]:
    group_commit: GroupCommit[int, int] = GroupCommit(store, work, **options)
    group_commit.start()
    yield group_commit
    await group_commit.stop()


def stored(store: Store, merchant: str = MERCHANT) -> set[int]:
    with store.reading(merchant) as unit:
        return {int(item.id.removeprefix("inc_")) for item in unit.incidents.page(IncidentFilter(), None, 100).items}


async def outcomes(group_commit: GroupCommit[int, int], numbers: Sequence[int]) -> list[object]:
    return await asyncio.gather(*(group_commit.submit(MERCHANT, number) for number in numbers), return_exceptions=True)


def test_what_is_acknowledged_is_committed(store):
    async def scenario() -> None:
        async with running(store) as group_commit:

            async def one(number: int) -> None:
                assert await group_commit.submit(MERCHANT, number) == number
                # Seen through another connection, the moment the answer is there.
                seen = await asyncio.to_thread(lambda: stored(store))
                assert number in seen

            await asyncio.gather(*map(one, range(20)))

    asyncio.run(scenario())
    assert stored(store) == set(range(20))


def test_what_arrives_together_shares_a_commit_and_one_alone_does_not_wait(store):
    sizes: list[int] = []
    busy, gathered = threading.Event(), threading.Event()

    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
        sizes.append(len(numbers))
        if len(sizes) == 1:
            busy.set()
            gathered.wait(5)
        return write(unit, numbers)

    async def scenario() -> None:
        async with running(store, work, most=8) as group_commit:
            first = asyncio.create_task(group_commit.submit(MERCHANT, 0))
            await asyncio.to_thread(busy.wait, 5)
            rest = [asyncio.create_task(group_commit.submit(MERCHANT, number)) for number in range(1, 13)]
            await asyncio.sleep(0)
            gathered.set()
            assert await asyncio.gather(first, *rest) == list(range(13))

    asyncio.run(scenario())
    assert sizes == [1, 8, 4]


def test_a_request_that_fails_in_a_batch_fails_alone(store):
    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
        write(unit, numbers)
        if 7 in numbers:
            raise Unprocessable("", "seven", "Not seven.")
        return list(numbers)

    async def scenario() -> list[object]:
        async with running(store, work) as group_commit:
            return await outcomes(group_commit, range(12))

    answers = asyncio.run(scenario())
    assert isinstance(answers.pop(7), Unprocessable)
    assert answers == [number for number in range(12) if number != 7]
    assert stored(store) == set(range(12)) - {7}


def test_a_refusal_that_is_answered_leaves_the_batch_in_one_piece(store):
    calls: list[int] = []

    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int | Exception]:
        calls.append(len(numbers))
        write(unit, [number for number in numbers if number != 3])
        return [Conflict("Not three.") if number == 3 else number for number in numbers]

    async def scenario() -> list[object]:
        async with running(store, work) as group_commit:
            return await outcomes(group_commit, range(6))

    answers = asyncio.run(scenario())
    assert isinstance(answers[3], Conflict)
    assert sum(calls) == 6
    assert stored(store) == {0, 1, 2, 4, 5}


def test_a_row_the_database_refuses_fails_alone(store):
    with store.writing(MERCHANT) as unit:
        store_offers(unit, 5)

    async def scenario() -> list[object]:
        async with running(store) as group_commit:
            return await outcomes(group_commit, range(10))

    answers = asyncio.run(scenario())
    assert isinstance(answers[5], Taken)
    assert [answer for answer in answers if not isinstance(answer, Exception)] == [n for n in range(10) if n != 5]
    assert stored(store) == set(range(10))


def test_two_of_a_name_never_share_a_transaction_and_the_later_sees_the_earlier(store):
    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
        assert len(numbers) == 1
        seen = unit.incidents.page(IncidentFilter(), None, 100).items
        write(unit, numbers)
        return [len(seen)]

    async def scenario() -> list[int]:
        async with running(store, work) as group_commit:
            same = frozenset({"customer:1"})
            return await asyncio.gather(*(group_commit.submit(MERCHANT, number, same) for number in range(6)))

    assert asyncio.run(scenario()) == [0, 1, 2, 3, 4, 5]


def test_merchants_in_one_batch_stay_apart(store):
    first, gathered = threading.Event(), threading.Event()

    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[str]:
        if not first.is_set():
            first.set()
            gathered.wait(5)
        write(unit, numbers)
        return [unit.merchant_id] * len(numbers)

    async def scenario() -> list[str]:
        async with running(store, work) as group_commit:
            begun = asyncio.create_task(group_commit.submit(MERCHANT, 99))
            await asyncio.to_thread(first.wait, 5)
            tasks = [
                asyncio.create_task(group_commit.submit((MERCHANT, OTHER)[number % 2], number)) for number in range(10)
            ]
            await asyncio.sleep(0)
            gathered.set()
            await begun
            return await asyncio.gather(*tasks)

    assert asyncio.run(scenario()) == [MERCHANT, OTHER] * 5
    assert stored(store) == {0, 2, 4, 6, 8, 99}
    assert stored(store, OTHER) == {1, 3, 5, 7, 9}


def test_the_queue_is_bounded_and_late_callers_are_told_what_is_known(store):
    busy, finish = threading.Event(), threading.Event()

    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
        busy.set()
        finish.wait(60)
        return write(unit, numbers)

    async def scenario() -> tuple[object, ...]:
        async with running(store, work, queue=1, timeout_s=2.0) as group_commit:
            taken = asyncio.create_task(group_commit.submit(MERCHANT, 1))
            await asyncio.to_thread(busy.wait, 5)
            queued = asyncio.create_task(group_commit.submit(MERCHANT, 2))
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await group_commit.submit(MERCHANT, 3)
            told = await asyncio.gather(taken, queued, return_exceptions=True)
            finish.set()
            return tuple(told)

    taken, queued = asyncio.run(scenario())
    assert isinstance(taken, OutcomeUnknown)
    assert isinstance(queued, StoreUnavailable)
    assert stored(store) == {1}


def test_stopping_writes_what_waits(store):
    async def scenario() -> list[int]:
        group_commit: GroupCommit[int, int] = GroupCommit(store, write, most=2)
        group_commit.start()
        tasks = [asyncio.create_task(group_commit.submit(MERCHANT, number)) for number in range(9)]
        await asyncio.sleep(0)
        await group_commit.stop()
        return await asyncio.gather(*tasks)

    assert asyncio.run(scenario()) == list(range(9))
    assert stored(store) == set(range(9))


def test_two_writers_that_race_for_one_incident_make_one_offer(store):
    """Two processes' worth of writers, stopped right before they insert, so that both believe to be the first."""
    barrier = threading.Barrier(2)
    attempts: list[int] = []

    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[str]:
        found = unit.incidents.by_reference(["ZD-0"])
        if found:
            return [found["ZD-0"][1].id]
        attempts.append(1)
        if store.dialect == "postgresql" and len(attempts) <= 2:
            barrier.wait(5)
        unit.incidents.add([incident(numbers[0], reference="ZD-0")])
        unit.offers.add([offer(numbers[0])])
        return [f"off_{numbers[0]:07}"]

    async def scenario() -> list[str]:
        async with running(store, work) as one, running(store, work) as two:
            return await asyncio.gather(one.submit(MERCHANT, 1), two.submit(MERCHANT, 2))

    answers = asyncio.run(scenario())
    assert len(set(answers)) == 1
    assert len(stored(store)) == 1


@pytest.fixture
def postgresql(postgresql_url):
    opened = open_store(postgresql_url)
    yield opened
    opened.close()


def test_a_connection_lost_before_the_commit_is_made_again(postgresql, postgresql_url):
    lost: list[int] = []

    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
        if not lost:
            lost.append(1)
            cut_off(postgresql_url)
        return write(unit, numbers)

    async def scenario() -> list[object]:
        async with running(postgresql, work) as group_commit:
            return await outcomes(group_commit, range(4))

    assert asyncio.run(scenario()) == [0, 1, 2, 3]
    assert stored(postgresql) == {0, 1, 2, 3}


def test_a_connection_lost_at_the_commit_leaves_the_outcome_unknown(postgresql, postgresql_url):
    def work(unit: UnitOfWork, numbers: Sequence[int]) -> list[int]:
        write(unit, numbers)
        cut_off(postgresql_url)
        return list(numbers)

    async def scenario() -> list[object]:
        async with running(postgresql, work) as group_commit:
            return await outcomes(group_commit, [1])

    (answer,) = asyncio.run(scenario())
    assert isinstance(answer, OutcomeUnknown)
    assert stored(postgresql) == set()


def cut_off(url: str) -> None:
    """Kill every other session of the database, and wait until they are gone."""
    with databases.connect(url) as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
        for _ in range(100):
            if connection.execute(f"SELECT count(*) {others}").fetchone() == (0,):
                return
            time.sleep(0.02)
    raise TimeoutError
