"""Once for each key, on both databases: many at the same time, one that does not end, and refusals."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier, Event

import pytest

import records
from compensation_service.domain.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    IllegalMove,
    Unavailable,
    Unprocessable,
)
from compensation_service.domain.merchant import Merchant
from compensation_service.services.idempotency import CREATED, Answer, Idempotency, Once
from compensation_service.store.incidents import IncidentFilter
from records import MERCHANT, NOON

THREADS = 32
KEY = "abcdefgh2345"
PATH = "/things"


@pytest.fixture
def kept(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        unit.api_keys.add(records.api_key(KEY))
    return store


def named(key="once", body="f"):
    return Idempotency(PATH, key, body, lambda error: Answer(409, f"refused: {error.code}".encode()))


def once(store):
    return Once(store, lambda: NOON, lambda _, resource_id: f"still {resource_id}".encode())


def making(number):
    """Work whose effect is an incident; which attempt it was can be read from the answer."""
    attempts = count()

    def work(unit, _):
        attempt = next(attempts)
        unit.incidents.add([records.incident(number + attempt)])
        return Answer(CREATED, f"attempt {attempt}".encode()), f"inc_{number}"

    return work


def run_patiently(runner, work):
    """Repeat while the database is busy or the same request runs, as clients do."""
    while True:
        try:
            return runner.run(MERCHANT, KEY, named(), work)
        except (Unavailable, IdempotencyInProgress):
            continue


def test_many_with_one_key_have_one_effect_and_one_answer(kept):
    runner, work, barrier = once(kept), making(0), Barrier(THREADS)

    def one(_):
        barrier.wait()
        return run_patiently(runner, work)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(one, range(THREADS)))
    assert len({answer.body for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    with kept.reading(MERCHANT) as unit:
        assert len(unit.incidents.page(IncidentFilter(), None, 100).items) == 1


def test_who_comes_while_the_first_runs_is_told_so(kept, dialect):
    """On PostgreSQL they wait for this key alone; a file has one writer, and whoever waits is told that it is busy."""
    began, end, runner = Event(), Event(), once(kept)

    def slow(unit, key):
        began.set()
        assert end.wait(10)
        return making(0)(unit, key)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(runner.run, MERCHANT, KEY, named(), slow)
        assert began.wait(10)
        with pytest.raises(IdempotencyInProgress):
            runner.run(MERCHANT, KEY, named(), making(0))
        if dialect == "postgresql":
            assert not runner.run(MERCHANT, KEY, named("another"), making(5)).replayed
        else:
            with pytest.raises(Unavailable):
                runner.run(MERCHANT, KEY, named("another"), making(5))
        end.set()
        made = first.result()
    assert runner.run(MERCHANT, KEY, named(), making(0)) == Answer(CREATED, made.body, replayed=True)


def refusing(error):
    def work(unit, _):
        unit.incidents.add([records.incident(7)])
        raise error

    return work


def test_a_refusal_by_rule_leaves_nothing_but_itself(kept):
    with pytest.raises(IllegalMove):
        once(kept).run(MERCHANT, KEY, named(), refusing(IllegalMove("open", ())))
    again = once(kept).run(MERCHANT, KEY, named(), making(0))
    assert again == Answer(409, b"refused: illegal_move", replayed=True)
    with kept.reading(MERCHANT) as unit:
        assert unit.incidents.page(IncidentFilter(), None, 100).items == ()


def test_other_refusals_can_be_asked_again(kept):
    for error in (Unprocessable("/x", "wrong", "It is wrong."), ZeroDivisionError()):
        with pytest.raises(type(error)):
            once(kept).run(MERCHANT, KEY, named(), refusing(error))
    assert not once(kept).run(MERCHANT, KEY, named(), making(0)).replayed


def test_a_refusal_without_a_key_is_not_kept(kept):
    with pytest.raises(IllegalMove):
        once(kept).run(MERCHANT, KEY, None, refusing(IllegalMove("open", ())))
    assert once(kept).run(MERCHANT, KEY, None, making(0)).status_code == CREATED


def test_an_answer_that_came_first_wins_over_a_refusal(kept):
    """Of two with one key the second was refused by what the first did: it gets the first one's answer."""
    runner = once(kept)

    def meanwhile(error):
        runner.run(MERCHANT, KEY, named(), making(0))
        return Answer(409, error.code.encode())

    overtaken = Idempotency(PATH, "once", "f", meanwhile)
    answer = runner.run(MERCHANT, KEY, overtaken, refusing(IllegalMove("open", ())))
    assert answer == Answer(CREATED, b"attempt 0", replayed=True)


def test_another_body_is_refused(kept):
    once(kept).run(MERCHANT, KEY, named(), making(0))
    with pytest.raises(IdempotencyKeyReused):
        once(kept).run(MERCHANT, KEY, named(body="g"), making(1))
