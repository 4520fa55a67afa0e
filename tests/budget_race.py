"""Many clients after one budget, in a process of their own: each asks for offers one after the other."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from multiprocessing.synchronize import Barrier

from compensation_service.clock import random_id, random_token
from compensation_service.decision.facts import Customer, Facts, Fault, Incident, Order
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.idempotency import Answer
from compensation_service.services.offers import Desk, OfferRequest, make_offers
from compensation_service.services.policy_book import PolicyBook
from compensation_service.store.group_commit import GroupCommit
from compensation_service.store.store import open_store
from records import MERCHANT

KEY = "abcdefgh2345"
NOW = datetime(2190, 3, 1, 12, tzinfo=UTC)
"""Ahead of every clock: what is offered now does not run out while it is tested."""
HOURS = (48, 72, 120, 168)
"""Delays that cost different amounts, so that the rest of a budget fits some offers and others not."""


def request(name: str, hours: int, *, order: str | None = None, categories: int = 1) -> OfferRequest:
    """A late delivery, or every other time something else that went wrong, of an order of 100.00 EUR."""
    of = Order("EUR", 10_000, reference=order)
    if categories > 1 and hours == HOURS[1]:
        told = Incident("other", name, grade="major", fault=Fault.COMPANY)
    else:
        told = Incident("late_delivery", name, delay_hours=Decimal(hours), fault=Fault.COMPANY)
    return OfferRequest(Facts(told, Customer(f"C-{name}"), NOW, of), None, "en", KEY)


async def race(
    together: Barrier, url: str, name: str, clients: int, each: int, order: str | None, categories: int
) -> None:
    """Let so many clients ask over group commit for so many offers each; none of them may be refused."""
    store = open_store(url)
    store.ping()
    base = "https://offers.example"
    links = CustomerLinks("secret", base)
    desk = Desk(PolicyBook(store, lambda: NOW), lambda: NOW, random_id, base, links, random_token)
    writer: GroupCommit = GroupCommit(store, partial(make_offers, desk=desk), timeout_s=60)
    writer.start()
    together.wait(60)

    async def client(number: int) -> None:
        for turn in range(each):
            asked = request(f"{name}-{number}-{turn}", HOURS[(number + turn) % 4], order=order, categories=categories)
            assert isinstance(await writer.submit(MERCHANT, asked, asked.distinct), Answer)

    await asyncio.gather(*map(client, range(clients)))
    await writer.stop()
    store.close()


def run(
    together: Barrier, url: str, name: str, clients: int, each: int, order: str | None = None, categories: int = 1
) -> None:
    """Do so in a process of its own, when all are ready; it fails if a request does."""
    asyncio.run(race(together, url, name, clients, each, order, categories))
