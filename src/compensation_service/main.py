"""The composition root: the only module that knows everything. Nothing happens when it is imported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI

from compensation_service.api.app import build
from compensation_service.clock import random_id, random_token, system_clock
from compensation_service.domain.errors import Unavailable
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.services.bundle import Services
from compensation_service.services.incidents import IncidentService
from compensation_service.services.keys import KeyService
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offers import Desk, OfferRequest, OfferService, Outcome, make_offers
from compensation_service.services.policies import PolicyService
from compensation_service.services.policy_book import PolicyBook
from compensation_service.settings import Settings
from compensation_service.store.group_commit import GroupCommit
from compensation_service.store.store import Store, open_store


def create_app(
    settings: Settings | None = None,
    clock: Clock = system_clock,
    ids: Ids = random_id,
    random_bytes: RandomBytes = random_token,
) -> FastAPI:
    """Put the service together. Connections are made when they are needed: it starts while the database is away."""
    settings = settings or Settings()
    store = open_settings_store(settings)
    book = PolicyBook(store, clock)
    desk = Desk(book, clock, ids, settings.public_base_url)
    writer: GroupCommit[OfferRequest, Outcome] = GroupCommit(
        store,
        partial(make_offers, desk=desk),
        most=settings.group_commit_most,
        queue=settings.group_commit_queue,
        timeout_s=settings.write_timeout_seconds,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            if not settings.allow_unsafe_durability:
                await asyncio.to_thread(_demand_durability, store)
            writer.start()
            try:
                yield
            finally:
                await writer.stop()
        finally:
            store.close()

    services = Services(
        offers=OfferService(store, writer, desk),
        moves=OfferMoveService(store, clock, ids),
        incidents=IncidentService(store),
        keys=KeyService(store, clock, random_bytes),
        policies=PolicyService(store, book, clock),
        store=store,
        clock=clock,
    )
    return build(services, settings, lifespan)


def _demand_durability(store: Store) -> None:
    """Refuse a database that may lose what it acknowledged. One that is away is asked again by `/readyz`."""
    with suppress(Unavailable):
        store.demand_durability()


def open_settings_store(settings: Settings) -> Store:
    """The store that the settings name, for the app and for the command line."""
    return open_store(
        settings.database_url,
        pool_size=settings.pool_size,
        connect_timeout_s=settings.database_connect_timeout_seconds,
    )
