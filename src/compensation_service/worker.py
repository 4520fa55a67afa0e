"""The worker: sends webhooks and does what is due, until it is told to stop. Any number of them may run.

What a worker has in hand is leased, so one that is killed loses nothing. Each endpoint has a few sends under way and no
more: a receiver that hangs holds up itself alone.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import structlog
from prometheus_client import CollectorRegistry

from compensation_service.api.inbound_reading import RequestReader
from compensation_service.clock import chance, random_id, random_token, system_clock
from compensation_service.domain.delivery import DeliveryStatus
from compensation_service.domain.errors import CompensationError, Unavailable
from compensation_service.domain.ids import Clock, Ids
from compensation_service.letters.post import Relay, hand_over
from compensation_service.services.checkpoints import CheckpointService, Signer
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.deliveries import DeliveryService, Parcel
from compensation_service.services.due import DueService
from compensation_service.services.erasure import ErasureService, Retention
from compensation_service.services.escalations import EscalationService
from compensation_service.services.follow_ups import FollowUpService
from compensation_service.services.inbound_handling import InboundHandlingService
from compensation_service.services.inbound_receipt import InboundReceiptService
from compensation_service.services.incidents import IncidentService
from compensation_service.services.letters import LetterService
from compensation_service.services.low_budgets import LowBudgetService
from compensation_service.services.mail import MailService
from compensation_service.services.new_offers import Desk
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.policy_book import PolicyBook
from compensation_service.settings import Settings
from compensation_service.store.store import Store
from compensation_service.webhooks.sealing import Seal
from compensation_service.webhooks.sender import Outcome, Sender
from compensation_service.worker_metrics import WorkerMetrics

Endpoint = tuple[str, str]
"""An endpoint by merchant and id."""
Answer = TypeVar("Answer")

INBOUND_EVERY_S = 0.5
MAIL_EVERY_S = 2.0
DUE_EVERY_S = 10.0
SEAL_EVERY_S = 60.0
FORGET_EVERY_S = 600.0
SENDING = "sending"
"""What handing out deliveries is called, beside the names of the chores."""
FAULT = "fault"
"""What a failure of our own is called; others are called by their problem's code."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done again and again, `every_s` seconds after it was done; it blocks and answers counts."""

    name: str
    every_s: float
    work: Callable[[], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a worker looks for deliveries, and how much it does at once.

    `look_s` is how long it waits after it found nothing to send; `threads` is how many questions it has at the database
    at once.
    """

    look_s: float = 0.5
    each_endpoint: int = 4
    in_all: int = 512
    threads: int = 4
    write_again_s: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
    """Pauses before an outcome that could not be written is written again; in all well within a lease."""


class Worker:
    """One worker. `run` returns once it was told to stop and what it had in hand is settled."""

    def __init__(
        self,
        deliveries: DeliveryService,
        sender: Sender,
        chores: Sequence[Chore],
        clock: Clock,
        pace: Pace | None = None,
        metrics: WorkerMetrics | None = None,
    ) -> None:
        self._deliveries = deliveries
        self._sender = sender
        self._chores = chores
        self._clock = clock
        self._pace = pace or Pace()
        self._metrics = metrics or WorkerMetrics(CollectorRegistry())
        self._threads = ThreadPoolExecutor(self._pace.threads, "deliveries")
        self._chore_threads = ThreadPoolExecutor(max(1, len(chores)), "chores")
        self._stopping = asyncio.Event()
        self._freed = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._busy: Counter[Endpoint] = Counter()
        self.done: Counter[DeliveryStatus | None] = Counter()
        """What the deliveries became that it had in hand; None for those that another worker took over."""

    def is_stopping(self) -> bool:
        """Whether it was told to stop; chores that take long ask, from threads of theirs."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Take nothing more in hand; call it within the loop that runs."""
        self._stopping.set()
        self._freed.set()

    async def run(self) -> None:
        """Work until `stop` is called."""
        _log.info("worker begins")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send_all())
                for chore in self._chores:
                    tasks.create_task(self._again_and_again(chore))
        finally:
            self._close()

    async def run_once(self) -> dict[str, int]:
        """Do each chore once, send what is due now, and answer the counts.

        A fault of ours stops nothing else; the first is raised once the rest is done. Raises Unavailable at once.
        """
        try:
            counts: dict[str, int] = {}
            failed: list[Exception] = []
            for chore in self._chores:
                try:
                    counts.update(await self._aside(chore))
                except Unavailable:
                    raise  # nothing else would fare better
                except Exception as error:  # noqa: BLE001 - it is raised below
                    failed.append(error)
            while await self._hand_out():
                await asyncio.gather(*self._sending)
            if failed:
                raise failed[0]
            return {**counts, "sent": self.done[DeliveryStatus.DELIVERED]}
        finally:
            self._close()

    async def _send_all(self) -> None:
        """Look for what is due again and again; at once when hands are free again and more was there."""
        while not self._stopping.is_set():
            self._freed.clear()
            if await self._patiently(SENDING, self._hand_out) is not None:
                self._metrics.succeeded(SENDING, {})
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.look_s):
                    await (self._freed if self._sending else self._stopping).wait()
        await asyncio.gather(*self._sending)

    async def _hand_out(self) -> int:
        """Take in hand what is due, as far as hands are free; answer how much that was."""
        handed = 0
        for endpoint in await self._in_thread(self._deliveries.waiting):
            free = min(self._pace.each_endpoint - self._busy[endpoint], self._pace.in_all - len(self._sending))
            if free <= 0 or self._stopping.is_set():
                continue
            claim = partial(self._in_thread, self._deliveries.claim, *endpoint, free)
            for parcel in await self._patiently(SENDING, claim) or ():
                task = asyncio.create_task(self._send(endpoint, parcel))
                task.add_done_callback(self._sending.discard)
                self._busy[endpoint] += 1
                self._sending.add(task)
                handed += 1
        return handed

    async def _send(self, endpoint: Endpoint, parcel: Parcel) -> None:
        try:
            began = self._clock()
            if parcel.trouble is not None:
                outcome = Outcome(error=parcel.trouble)
            else:
                outcome = await self._sender.send(parcel.url, parcel.headers(began), parcel.body)
            status = await self._written(parcel, outcome, began)
            self.done[status] += 1
            self._metrics.delivered(status)
        except Exception:  # noqa: BLE001 - it is logged; the lease ends, and it is sent again
            self._metrics.failed(SENDING, FAULT)
            _log.exception("delivery not settled", delivery=parcel.delivery.message_id)
        finally:
            self._busy[endpoint] -= 1
            if not self._busy[endpoint]:
                del self._busy[endpoint]
            self._freed.set()

    async def _written(self, parcel: Parcel, outcome: Outcome, began: datetime) -> DeliveryStatus | None:
        """Write down what became of it, patiently: what is not written is sent again."""
        for pause in self._pace.write_again_s:
            try:
                return await self._in_thread(self._deliveries.settle, parcel, outcome, began)
            except Unavailable as error:
                _log.warning("delivery not settled yet", delivery=parcel.delivery.message_id, code=error.code)
                await asyncio.sleep(pause)
        return await self._in_thread(self._deliveries.settle, parcel, outcome, began)

    async def _again_and_again(self, chore: Chore) -> None:
        while not self._stopping.is_set():
            counts = await self._patiently(chore.name, partial(self._aside, chore))
            if counts is not None:
                self._metrics.succeeded(chore.name, counts)
                if any(counts.values()):
                    _log.info("worked", **counts)
            with suppress(TimeoutError):
                async with asyncio.timeout(chore.every_s):
                    await self._stopping.wait()

    async def _patiently(self, name: str, work: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """Do the work. A database that is away is asked again the next time; a fault of ours stops nothing else."""
        try:
            return await work()
        except CompensationError as error:
            self._metrics.failed(name, error.code)
            _log.warning("worker waits", code=error.code)
        except Exception:  # noqa: BLE001 - it is logged, and what is left is done the next time
            self._metrics.failed(name, FAULT)
            _log.exception("worker failed")
        return None

    def _close(self) -> None:
        for pool in (self._threads, self._chore_threads):
            pool.shutdown()

    async def _aside(self, chore: Chore) -> Mapping[str, int]:
        """Do a chore in a thread of its own: however long it takes, what is to be sent does not wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._chore_threads, chore.work)

    async def _in_thread(self, call: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


def make_worker(
    settings: Settings,
    store: Store,
    sender: Sender,
    pace: Pace | None = None,
    metrics: WorkerMetrics | None = None,
) -> Worker:
    """Put a worker together on an open store; call it within the loop that runs it."""
    clock, ids = system_clock, random_id
    secret_key, base_url = settings.secret_key.get_secret_value(), settings.public_base_url
    links = CustomerLinks(secret_key, base_url)
    letters = LetterService(store, clock, ids, links)
    deliveries = DeliveryService(store, clock, ids, letters, links, Seal(secret_key), base_url, chance)
    due = DueService(store, OfferMoveService(store, clock, ids), clock)
    follow_ups = FollowUpService(store, clock, ids)
    escalations = EscalationService(store, PolicyBook(store, clock), clock, ids)
    low_budgets = LowBudgetService(store, clock, ids)
    checkpoints = CheckpointService(store, clock, Signer(secret_key))
    erasure = ErasureService(store, clock, ids)
    retention = Retention(settings.retention_answers_days, settings.retention_closed_days)
    inbound = make_inbound(settings, store, clock, ids)
    chores = [
        Chore("inbound", INBOUND_EVERY_S, lambda: inbound.handle(worker.is_stopping)),
        Chore("payloads", FORGET_EVERY_S, lambda: {"payloads_forgotten": inbound.forget()}),
        Chore("due", DUE_EVERY_S, lambda: asdict(due.settle())),
        Chore("reminders", DUE_EVERY_S, lambda: {"reminded": follow_ups.remind()}),
        Chore("escalations", DUE_EVERY_S, lambda: {"escalated": escalations.escalate()}),
        Chore("low_budgets", DUE_EVERY_S, lambda: {"low_budgets": low_budgets.tell()}),
        Chore("checkpoints", SEAL_EVERY_S, lambda: {"sealed": checkpoints.seal_all()}),
        Chore("retention", FORGET_EVERY_S, lambda: asdict(erasure.retain(retention))),
        Chore("deliveries", FORGET_EVERY_S, lambda: {"forgotten": deliveries.forget()}),
    ]
    if settings.smtp_host is not None:
        mail = make_mail(settings, store, clock, ids)
        chores.append(Chore("mail", MAIL_EVERY_S, lambda: {"mailed": mail.send()}))
    pace = pace or Pace()
    if store.dialect == "sqlite":  # it has one writer: threads would wait for each other and give up
        pace = replace(pace, threads=1)
    worker = Worker(deliveries, sender, chores, clock, pace, metrics)
    return worker


def make_mail(settings: Settings, store: Store, clock: Clock = system_clock, ids: Ids = random_id) -> MailService:
    """Put the sending of letters together on an open store; the settings must name a relay."""
    password = settings.smtp_password
    relay = Relay(
        settings.smtp_host or "",
        settings.smtp_port,
        settings.smtp_sender,
        settings.smtp_encryption,
        settings.smtp_user,
        password.get_secret_value() if password else None,
    )
    links = CustomerLinks(settings.secret_key.get_secret_value(), settings.public_base_url)
    letters = LetterService(store, clock, ids, links)
    return MailService(store, clock, ids, letters, links, relay.sender, partial(hand_over, relay))


def make_inbound(
    settings: Settings, store: Store, clock: Clock = system_clock, ids: Ids = random_id
) -> InboundHandlingService:
    """Put the handling of inbound events together on an open store."""
    secret_key, base_url = settings.secret_key.get_secret_value(), settings.public_base_url
    links = CustomerLinks(secret_key, base_url)
    return InboundHandlingService(
        store,
        Desk(PolicyBook(store, clock), clock, ids, base_url, links, random_token),
        InboundReceiptService(store, clock, ids, Seal(secret_key), base_url),
        IncidentService(store, clock, ids, random_token),
        ErasureService(store, clock, ids),
        RequestReader(),
    )


def make_sender(settings: Settings) -> Sender:
    """Put a sender together."""
    return Sender(system_clock, allow_local=settings.webhooks_to_localhost)
