"""What previews decide by: the version of a few seconds ago, and the last one known while the store is away."""

import asyncio
import threading
from datetime import timedelta
from time import monotonic

import pytest

from compensation_service.clock import random_id
from compensation_service.domain.api_key import Role
from compensation_service.domain.errors import StoreUnavailable
from compensation_service.policies.load import default_policy, default_text
from compensation_service.services.keys import KeyService
from compensation_service.services.policies import Author, PolicyService
from compensation_service.services.policy_book import PolicyBook, UnknownVersion
from records import MERCHANT, NOON
from stopwatch import quickest

GENEROUS = default_text().replace("share_max: 0.30", "share_max: 0.35", 1)
SECOND = timedelta(seconds=1)


class Hands:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


class Door:
    """A store whose reading can be shut, counted and held up."""

    def __init__(self, store):
        self.store = store
        self.asked = 0
        self.away = False
        self.hold = threading.Event()
        self.hold.set()

    def reading(self, merchant_id):
        self.asked += 1
        self.hold.wait(5)
        if self.away:
            raise StoreUnavailable
        return self.store.reading(merchant_id)


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def door(store):
    return Door(store)


@pytest.fixture
def book(door, clock):
    return PolicyBook(door, clock, patience_s=60)


@pytest.fixture
def activate(store, clock):
    """Make a version with a higher share for late deliveries decide from now on."""
    KeyService(store, clock, bytes).create(MERCHANT, "key", Role.SERVICE, frozenset())

    def activate():
        policies = PolicyService(store, PolicyBook(store, clock), clock, random_id)
        policies.create(MERCHANT, GENEROUS, Author("anna"))
        policies.activate(MERCHANT, 2, Author("boris"))

    return activate


def recall(book, at, times=1):
    async def all_of_them():
        return await asyncio.gather(*(book.recall(MERCHANT, at) for _ in range(times)))

    return asyncio.run(all_of_them())[0]


def test_a_preview_decides_by_the_version_of_its_moment(book, clock, activate):
    clock.now += SECOND
    activate()
    assert recall(book, clock.now).policy.version == 2
    assert recall(book, NOON).policy == default_policy()
    assert recall(book, NOON - 9999 * SECOND).policy.version == 1
    assert recall(book, clock.now).stale_since is None


def test_the_store_is_asked_once_in_five_seconds_by_all_who_wait(book, clock, door, activate):
    assert recall(book, clock.now, times=20).policy.version == 1
    assert door.asked == 1
    activate()
    clock.now += 4 * SECOND
    assert recall(book, clock.now).policy.version == 1
    clock.now += SECOND
    assert recall(book, clock.now).policy.version == 2
    assert door.asked == 2


def test_whoever_activates_here_sees_it_at_once(book, store, clock):
    KeyService(store, clock, bytes).create(MERCHANT, "key", Role.SERVICE, frozenset())
    assert recall(book, clock.now).policy.version == 1
    policies = PolicyService(store, book, clock, random_id)
    policies.create(MERCHANT, GENEROUS, Author("anna"))
    policies.activate(MERCHANT, 2, Author("boris"))
    assert recall(book, clock.now).policy.version == 2


def test_while_the_store_is_away_the_last_one_known_decides_and_says_so(book, clock, door, activate):
    activate()
    seen = clock.now
    recall(book, clock.now)
    door.away = True
    clock.now += 3600 * SECOND
    found = recall(book, clock.now)
    assert (found.policy.version, found.stale_since) == (2, seen)
    asked = door.asked
    clock.now += SECOND
    assert recall(book, clock.now) == found
    assert door.asked == asked
    door.away = False
    clock.now += 5 * SECOND
    assert recall(book, clock.now).stale_since is None


def test_a_moment_whose_version_was_never_read_is_decided_by_the_newest_known(book, clock, door, activate):
    clock.now += SECOND
    activate()
    recall(book, clock.now)
    door.away = True
    found = recall(book, NOON)
    assert (found.policy.version, found.stale_since) == (2, clock.now)


@pytest.mark.usefixtures("activate")
def test_where_nothing_is_known_the_default_decides_and_says_so(book, clock, door):
    door.away = True
    found = recall(book, clock.now)
    assert (found.policy, found.stale_since) == (default_policy(), clock.now)


@pytest.mark.usefixtures("activate")
def test_a_preview_does_not_wait_for_a_store_that_hangs(clock, door):
    book, found = PolicyBook(door, clock), []

    async def hanging():
        clock.now += 5 * SECOND
        door.hold.clear()
        found.append(await book.recall(MERCHANT, clock.now))
        door.hold.set()

    while recall(book, clock.now).stale_since is not None:
        clock.now += 5 * SECOND
    seen = clock.now
    assert quickest(lambda: asyncio.run(hanging()), 0.5) < 0.5
    assert (found[0].policy.version, found[0].stale_since) == (1, seen)


@pytest.mark.usefixtures("activate")
def test_previews_wait_from_the_question_on_and_not_each_for_itself(clock, door):
    book = PolicyBook(door, clock, patience_s=0.3)

    async def hanging():
        clock.now += 5 * SECOND
        door.hold.clear()
        waits = []
        for _ in range(20):
            began = monotonic()
            assert (await book.recall(MERCHANT, clock.now)).stale_since is not None
            waits.append(monotonic() - began)
        door.hold.set()
        return waits

    recall(book, clock.now)
    first, *others = asyncio.run(hanging())
    assert first > 0.27
    assert sorted(others)[9] < 0.15


def test_a_text_is_compiled_once_however_many_merchants_have_it(store, clock, activate, book):
    activate()
    KeyService(store, clock, lambda size: b"\x01" * size).create("other", "key", Role.SERVICE, frozenset())
    with store.reading(MERCHANT) as unit:
        mine = book.version(unit, 1)
    with store.reading("other") as unit:
        theirs = book.version(unit, 1)
    assert mine.categories is theirs.categories
    with store.reading(MERCHANT) as unit:
        assert book.version(unit, 2).version == 2
        with pytest.raises(UnknownVersion):
            book.version(unit, 3)


def test_what_is_kept_compiled_is_bounded(clock, store, activate):
    book = PolicyBook(store, clock, compiled_most=1)
    activate()
    with store.reading(MERCHANT) as unit:
        assert [book.version(unit, version).version for version in (1, 2, 1)] == [1, 2, 1]
    assert len(book._compiled) == 1
