"""Workers: bad receivers delay nobody else, and workers that are killed at any moment lose nothing.

`WEBHOOK_DELIVERIES` makes the second test as long as one likes; 10000 is the figure that is claimed.
"""

import asyncio
import json
import os
import random
import re
import signal
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from standardwebhooks import Webhook

import records
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.domain.delivery import DeliveryStatus
from compensation_service.domain.errors import Unavailable
from compensation_service.domain.event import Link
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferStatus
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.deliveries import DeliveryService
from compensation_service.services.letters import LetterService
from compensation_service.settings import Settings
from compensation_service.store.engine import open_engines
from compensation_service.store.store import open_store
from compensation_service.webhooks.sealing import Seal
from compensation_service.webhooks.sender import Bounds, Sender
from compensation_service.webhooks.signature import new_secret
from compensation_service.worker import SENDING, Chore, Pace, Worker, make_sender, make_worker
from compensation_service.worker_metrics import WorkerMetrics
from processes import FORKED
from records import MERCHANT
from webhooks import receivers
from webhooks.receivers import Receiver, receiving
from working import work

SECRET_KEY = "k" * 32
DELIVERIES = int(os.environ.get("WEBHOOK_DELIVERIES", "200"))
EVENTS_OF_EACH = 4
KILL_EVERY = 60
"""Requests between two kills, in the middle."""
BAD = (receivers.hang, receivers.drip_body, receivers.reset, receivers.no_http)


def prepare(store, ports, secret, incidents, events_of_each):
    """Endpoints at the ports, and events of incidents for all of them."""
    now = system_clock()
    sealed = Seal(SECRET_KEY).close(secret)
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", now))
        unit.webhook_endpoints.add(
            [
                records.webhook_endpoint(number, url=f"http://127.0.0.1:{port}/", secret=sealed)
                for number, port in enumerate(ports)
            ]
        )
    for start in range(0, incidents, 100):
        numbers = range(start, min(start + 100, incidents))
        with store.writing(MERCHANT) as unit:
            unit.incidents.add([records.incident(number) for number in numbers])
            unit.offers.add([records.offer(n, status=OfferStatus.DECLINED) for n in numbers])  # nothing is due
            for sequence in range(events_of_each):
                made = [records.event(number, MERCHANT, Link(sequence, "")) for number in numbers]
                unit.events.add([replace(each, occurred_at=now) for each in made])


def a_worker(store, **options):
    base_url = "https://offers.example"
    links = CustomerLinks(SECRET_KEY, base_url)
    letters = LetterService(store, system_clock, random_id, links)
    deliveries = DeliveryService(
        store, system_clock, random_id, letters, links, Seal(SECRET_KEY), base_url, lambda: 0.5
    )
    sender = Sender(system_clock, allow_local=True, bounds=options.pop("bounds", Bounds(total_s=5)))
    chores, metrics = options.pop("chores", []), options.pop("metrics", None)
    return Worker(deliveries, sender, chores, system_clock, Pace(look_s=0.05, **options), metrics)


async def until(holds):
    """Wait for something that other tasks bring about, a minute at most."""
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:  # noqa: ASYNC110 - what is waited for is no event
        await asyncio.sleep(0.01)


@pytest.fixture
def one_store(sqlite_url):
    """For what does not depend on the database."""
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


def test_bad_receivers_delay_no_other(one_store):
    """Four endpoints that hang or break keep their own hands busy; what goes to the good one arrives meanwhile."""
    secret = new_secret(random_token)
    good = Receiver()

    async def scene():
        async with AsyncExitStack() as stack:
            bad = [await stack.enter_async_context(receiving(Receiver(each))) for each in BAD]
            await stack.enter_async_context(receiving(good))
            prepare(one_store, [each.port for each in (*bad, good)], secret, 12, 1)
            worker = a_worker(one_store, bounds=Bounds(total_s=60))
            running = asyncio.create_task(worker.run())
            await until(lambda: len(good.requests) == 12 and all(each.connections >= 4 for each in bad[:2]))
            worker.stop()
            for task in (task for each in bad for task in each.serving):
                task.cancel()  # they hang up
            await running
            return [each.connections for each in bad[:2]], worker.done

    taken, done = asyncio.run(scene())
    assert len(good.requests) == 12
    assert taken == [4, 4], "an endpoint has four sends under way at most, and no more is taken after the word to stop"
    assert done["delivered"] == 12, "and what is in hand is ended"
    for headers, body in good.requests:
        Webhook(secret).verify(body, headers)


def test_a_worker_goes_on_when_a_chore_fails_and_measures_what_it_does(one_store):
    registry, good = CollectorRegistry(), Receiver()
    troubles = [Unavailable("The database is away."), RuntimeError("a fault of ours"), RuntimeError("another")]

    def work():
        if troubles:
            raise troubles.pop()
        return {"mended": 2}

    def measured(name, **labels):
        return registry.get_sample_value(f"worker_{name}", labels)

    async def scene():
        async with receiving(good):
            prepare(one_store, [good.port], new_secret(random_token), 2, 1)
            worker = a_worker(one_store, chores=[Chore("work", 0.01, work)], metrics=WorkerMetrics(registry))
            running = asyncio.create_task(worker.run())
            await until(lambda: measured("done_total", what="mended") and len(good.requests) == 2)
            worker.stop()
            await running

    began = time.time()
    asyncio.run(scene())
    assert measured("failures_total", chore="work", code="fault") == 2
    assert measured("failures_total", chore="work", code="unavailable") == 1
    assert measured("done_total", what="mended") % 2 == 0
    assert measured("deliveries_total", status="delivered") == 2
    for chore in ("work", "sending"):
        assert began <= measured("last_success_timestamp_seconds", chore=chore) <= time.time()


def test_the_guide_names_every_chore(one_store):
    settings = Settings(database_url="sqlite:///unused.db", smtp_host="mail.example", smtp_sender="help@shop.example")
    guide = (Path(__file__).parents[1] / "docs/operations.md").read_text("utf-8")
    (line,) = [line for line in guide.splitlines() if line.startswith("| `worker_last_success_timestamp_seconds`")]
    worker = make_worker(settings, one_store, make_sender(settings))
    assert set(re.findall(r"`(\w+)`", line)[2:]) == {SENDING, *(chore.name for chore in worker._chores)}
    worker._close()


def test_what_is_done_once_is_done_though_a_chore_fails(one_store):
    good = Receiver()

    def fail():
        raise RuntimeError("a fault of ours")

    async def scene():
        async with receiving(good):
            prepare(one_store, [good.port], new_secret(random_token), 2, 1)
            done = []
            chores = [Chore("fails", 1, fail), Chore("works", 1, lambda: done.append(1) or {})]
            with pytest.raises(RuntimeError, match="a fault of ours"):
                await a_worker(one_store, chores=chores).run_once()
            return done

    assert asyncio.run(scene()) == [1]
    assert len(good.requests) == 2


def test_an_endpoint_that_cannot_be_worked_for_holds_up_no_other(one_store):
    """Whatever goes wrong before anything is sent to one of them."""
    good = Receiver()

    class Broken(DeliveryService):
        def claim(self, merchant_id, endpoint_id, most):
            if endpoint_id == "whe_0000000":
                raise RuntimeError("a fault of ours")
            return super().claim(merchant_id, endpoint_id, most)

    async def scene():
        async with receiving(good):
            prepare(one_store, [9, good.port], new_secret(random_token), 2, 1)
            worker = a_worker(one_store)
            worker._deliveries.__class__ = Broken
            running = asyncio.create_task(worker.run())
            await until(lambda: len(good.requests) == 2)
            worker.stop()
            await running

    asyncio.run(scene())
    assert len(good.requests) == 2


def test_what_receivers_answer_is_heeded(one_store):
    """Gone, too much at once, moved inside: each in its way, and whoever listens still is told of who does not."""
    answers = ("410 Gone", ""), ("429 Slowly", "Retry-After: 3600"), ("302 Found", "Location: http://169.254.169.254/")
    refusing = [Receiver(answer=receivers.answer(*each)) for each in answers]
    good = Receiver()
    began = system_clock()

    async def scene():
        async with AsyncExitStack() as stack:
            for each in (*refusing, good):
                await stack.enter_async_context(receiving(each))
            prepare(one_store, [each.port for each in (*refusing, good)], new_secret(random_token), 1, 2)
            return await a_worker(one_store, bounds=Bounds(total_s=30)).run_once()

    counts = asyncio.run(scene())
    with one_store.reading(MERCHANT) as unit:
        endpoints = [unit.webhook_endpoints.get(f"whe_{number:07}") for number in range(4)]
        lines = [unit.deliveries.page(each.id, DeliveryStatus.PENDING, None, None, 9).items for each in endpoints[:3]]
        first = [line[-1] for line in lines]
        made = [unit.deliveries.attempts(each.endpoint_id, [each.message_id])[each.message_id] for each in first]
    assert [each.status for each in endpoints] == ["suspended", "enabled", "enabled", "enabled"]
    assert [{attempt.status_code for attempt in each} for each in made] == [{410}, {429}, {302}]
    later = [(each.next_at - began).total_seconds() for each in first]
    assert later[1] >= 3600
    assert 4.5 <= later[2] < 1800
    told = [{json.loads(body)["type"] for _, body in each.requests} for each in (*refusing, good)]
    both = {"offer.created", "webhook_endpoint.suspended"}
    assert told == [{"offer.created"}, both, both, both]
    assert counts["sent"] == len(good.requests) == 3


class Moody(Receiver):
    """Takes what comes, fails one time in four in some way; notes what it took and in which order."""

    def __init__(self, secret: str, chance: random.Random) -> None:
        super().__init__(self.react)
        self.taken: list[dict] = []
        self.bad_signatures = 0
        self.chance = chance
        self.webhook = Webhook(secret)

    async def react(self, reader, writer):
        headers, body = self.requests.pop()
        try:
            told = self.webhook.verify(body, headers)
        except Exception:  # noqa: BLE001 - whatever it is, it was not signed well
            self.bad_signatures += 1
            return
        mood = self.chance.random()
        if mood < 0.1:
            writer.write(receivers.answer("503 No"))
        elif mood < 0.2:
            await receivers.reset(reader, writer)
            return
        else:
            if mood < 0.25:  # it took it, and its answer is lost
                self.taken.append(told)
                await receivers.reset(reader, writer)
                return
            self.taken.append(told)
            writer.write(receivers.answer("200 OK"))
        await writer.drain()


def start_worker(url):
    worker = FORKED.Process(target=work, args=(url, SECRET_KEY))
    worker.start()
    return worker


class Hurry:
    """Lets time pass for what waits to be sent again, and for what a dead worker has in hand: it stood still."""

    def __init__(self, url: str) -> None:
        self.engines = open_engines(url)
        self.before: set[tuple[str, int]] = set()

    def __call__(self) -> None:
        with self.engines.writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT set_config('app.merchant_id', :own, true)"), {"own": MERCHANT})
            waits = text("SELECT message_id, token FROM deliveries WHERE status = 'pending' AND next_at > :now")
            found = {tuple(row) for row in connection.execute(waits, {"now": shown(connection, system_clock())})}
            again = text("UPDATE deliveries SET next_at = created_at, attempts = 0 WHERE message_id = :id")
            if still := [{"id": message_id} for message_id, _ in found & self.before]:
                connection.execute(again, still)
            self.before = found


def shown(connection, moment):
    """A moment as the database keeps it."""
    if connection.dialect.name == "postgresql":
        return moment
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def left(store):
    with store.reading(MERCHANT) as unit:
        return len(unit.deliveries.page("whe_0000000", DeliveryStatus.PENDING, None, None, 100).items)


def run_and_kill(store, url, receiver, chance):
    """Two workers, one of them killed after every few requests, until nothing is left; how many were killed."""
    workers = [start_worker(url) for _ in range(2)]
    hurry = Hurry(url)
    began = hurried = time.monotonic()
    killed, next_kill = 0, KILL_EVERY
    try:
        while left(store):
            assert time.monotonic() - began < 240 + DELIVERIES / 4, "it takes too long"
            time.sleep(0.05)
            if receiver.connections >= next_kill:
                index = chance.randrange(2)
                workers[index].kill()
                workers[index].join()
                workers[index] = start_worker(url)
                killed += 1
                next_kill = receiver.connections + chance.randrange(KILL_EVERY // 2, KILL_EVERY * 2)
            if time.monotonic() - hurried > 0.25:
                with suppress(OperationalError):  # the workers are busy
                    hurry()
                hurried = time.monotonic()
        for worker in workers:
            worker.terminate()
            worker.join(30)
            assert worker.exitcode in {0, -signal.SIGTERM}, "one that has not begun yet has nothing to end"
    finally:
        hurry.engines.dispose()
        for worker in workers:
            worker.kill()
            worker.join()
    return killed


@pytest.mark.parametrize("seed", [int(os.environ.get("WEBHOOK_SEED", "7"))])
def test_workers_that_are_killed_lose_nothing_and_keep_the_order(store, database_url, seed):
    """Failing receivers, workers killed at random: missing 0, bad signatures 0, out of order 0; duplicates counted."""
    chance = random.Random(seed)
    secret = new_secret(random_token)
    receiver = Moody(secret, chance)
    incidents = DELIVERIES // EVENTS_OF_EACH

    async def scene():
        async with receiving(receiver):
            prepare(store, [receiver.port], secret, incidents, EVENTS_OF_EACH)
            return await asyncio.to_thread(run_and_kill, store, database_url, receiver, chance)

    began = time.monotonic()
    killed = asyncio.run(scene())
    took = time.monotonic() - began
    times = Counter(told["id"] for told in receiver.taken)
    first = defaultdict(list)
    for told in receiver.taken:
        if told["sequence"] not in first[told["data"]["incident"]["id"]]:
            first[told["data"]["incident"]["id"]].append(told["sequence"])
    found = {
        "deliveries": incidents * EVENTS_OF_EACH,
        "killed": killed,
        "requests": receiver.connections,
        "seconds": round(took, 1),
        "duplicates": sum(times.values()) - len(times),
        "missing": incidents * EVENTS_OF_EACH - len(times),
        "bad signatures": receiver.bad_signatures,
        "out of order": sum(order != sorted(order) for order in first.values()),
    }
    print(json.dumps(found))  # noqa: T201 - the figures are the point of the long form
    assert [found[name] for name in ("missing", "bad signatures", "out of order")] == [0, 0, 0]
    assert killed >= 2
