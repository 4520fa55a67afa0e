"""The queue before the writer."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.domain.errors import Overloaded
from compensation_service.store.queue import Queue, Waiting


def waiting(number: int, *names: str) -> Waiting[int, int]:
    future = asyncio.Future(loop=LOOP)
    return Waiting("acme", number, frozenset(("acme", name) for name in names), future)


LOOP = asyncio.new_event_loop()
LOOP.close()  # futures are only carried here, never awaited


def numbers(batch: list[Waiting[int, int]]) -> list[int]:
    return [item.request for item in batch]


def test_what_waits_is_taken_in_order_up_to_the_bound():
    queue: Queue[int, int] = Queue(10)
    for number in range(5):
        queue.put(waiting(number))
    assert numbers(queue.take(3)) == [0, 1, 2]
    assert numbers(queue.take(3)) == [3, 4]


def test_a_full_or_closed_queue_refuses():
    queue: Queue[int, int] = Queue(1)
    queue.put(waiting(0))
    with pytest.raises(Overloaded):
        queue.put(waiting(1))
    queue.close()
    assert numbers(queue.take(5)) == [0]
    with pytest.raises(Overloaded):
        queue.put(waiting(2))
    assert queue.take(5) == []


def test_who_shares_a_name_waits_and_keeps_its_place():
    queue: Queue[int, int] = Queue(10)
    for number, names in enumerate([("a",), ("a", "b"), ("b",), ("c",)]):
        queue.put(waiting(number, *names))
    assert numbers(queue.take(10)) == [0, 3]
    assert numbers(queue.take(10)) == [1]
    assert numbers(queue.take(10)) == [2]


def test_what_was_taken_back_is_never_written():
    queue: Queue[int, int] = Queue(10)
    first, second = waiting(0), waiting(1)
    queue.put(first)
    queue.put(second)
    assert queue.withdraw(first)
    assert not queue.withdraw(first)
    assert numbers(queue.take(10)) == [1]
    assert not queue.withdraw(second)


@given(st.lists(st.frozensets(st.sampled_from("abcde"), max_size=3), max_size=40), st.integers(1, 8))
def test_each_is_taken_once_no_two_of_a_name_meet_and_names_keep_their_order(requests, most):
    queue: Queue[int, int] = Queue(100)
    for number, names in enumerate(requests):
        queue.put(waiting(number, *names))
    queue.close()
    seen: list[int] = []
    while batch := queue.take(most):
        assert len(batch) <= most
        of_batch = [name for item in batch for name in item.names]
        assert len(of_batch) == len(set(of_batch))
        seen += numbers(batch)
    assert sorted(seen) == list(range(len(requests)))
    for name in "abcde":
        of_name = [number for number in seen if name in requests[number]]
        assert of_name == sorted(of_name)
