"""The composition root: the only module that knows everything. Nothing happens when it is imported."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import partial

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from compensation_service.api.app import build
from compensation_service.api.telemetry import process_registry
from compensation_service.clock import chance, random_id, random_token, system_clock
from compensation_service.domain.errors import Unavailable
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.services.budgets import BudgetService
from compensation_service.services.bundle import Services
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.customer_page import CustomerPageService
from compensation_service.services.deliveries import DeliveryService
from compensation_service.services.erasure import ErasureService
from compensation_service.services.follow_ups import FollowUpService
from compensation_service.services.inbound_receipt import InboundReceiptService
from compensation_service.services.inbound_sources import InboundSourceService
from compensation_service.services.incident_export import IncidentExport
from compensation_service.services.incident_file import IncidentFileService
from compensation_service.services.incidents import IncidentService
from compensation_service.services.keys import KeyService
from compensation_service.services.letterheads import LetterheadService
from compensation_service.services.letters import LetterService
from compensation_service.services.new_offers import Desk
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.services.offers import OfferRequest, OfferService, Outcome, make_offers
from compensation_service.services.policies import PolicyService
from compensation_service.services.policy_book import PolicyBook
from compensation_service.services.replacements import ReplacementService
from compensation_service.services.signals import SignalService
from compensation_service.services.webhook_endpoints import Surroundings, WebhookEndpointService
from compensation_service.settings import Settings
from compensation_service.settings_store import open_settings_store
from compensation_service.store.group_commit import GroupCommit
from compensation_service.store.store import Store
from compensation_service.webhooks.sealing import Seal


def create_app(
    settings: Settings | None = None,
    clock: Clock = system_clock,
    ids: Ids = random_id,
    random_bytes: RandomBytes = random_token,
    beside: Callable[[CollectorRegistry], AbstractAsyncContextManager[object]] = nullcontext,
) -> FastAPI:
    """Put the service together. Connections are made when they are needed: it starts while the database is away.

    `beside` is entered at the start and left at the end: what runs in the same process, and measures itself in the
    same registry.
    """
    settings = settings or Settings()
    store = open_settings_store(settings)
    book = PolicyBook(store, clock)
    links = CustomerLinks(settings.secret_key.get_secret_value(), settings.public_base_url)
    desk = Desk(book, clock, ids, settings.public_base_url, links, random_bytes)
    writer: GroupCommit[OfferRequest, Outcome] = GroupCommit(
        store,
        partial(make_offers, desk=desk),
        most=settings.group_commit_most,
        queue=settings.group_commit_queue,
        timeout_s=settings.write_timeout_seconds,
    )

    registry = process_registry()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            if not settings.allow_unsafe_durability:
                await asyncio.to_thread(_demand_durability, store)
            writer.start()
            try:
                async with beside(registry):
                    yield
            finally:
                await writer.stop()
        finally:
            store.close()

    moves = OfferMoveService(store, clock, ids, book)
    around = Surroundings(
        Seal(settings.secret_key.get_secret_value()), random_bytes, allow_local=settings.webhooks_to_localhost
    )
    follow_ups = FollowUpService(store, clock, ids)
    letters = LetterService(store, clock, ids, links)
    services = Services(
        offers=OfferService(store, writer, desk),
        moves=moves,
        replacements=ReplacementService(store, desk, moves),
        incidents=IncidentService(store, clock, ids, random_bytes),
        file=IncidentFileService(store, clock, ids),
        incident_export=IncidentExport(store),
        follow_ups=follow_ups,
        pages=CustomerPageService(store, clock, moves, follow_ups),
        links=links,
        letters=letters,
        letterheads=LetterheadService(store, clock),
        keys=KeyService(store, clock, random_bytes),
        policies=PolicyService(store, book, clock, ids),
        budgets=BudgetService(store, book, clock, ids),
        erasure=ErasureService(store, clock, ids),
        webhook_endpoints=WebhookEndpointService(store, clock, ids, around),
        deliveries=DeliveryService(store, clock, ids, letters, links, around.seal, settings.public_base_url, chance),
        signals=SignalService(store, clock, book),
        inbound_sources=InboundSourceService(store, clock, ids, around.seal, random_bytes, settings.public_base_url),
        inbound_receipts=InboundReceiptService(store, clock, ids, around.seal, settings.public_base_url),
        store=store,
        clock=clock,
    )
    return build(services, settings, lifespan, registry)


def _demand_durability(store: Store) -> None:
    """Refuse a database that may lose what it acknowledged. One that is away is asked again by `/readyz`."""
    with suppress(Unavailable):
        store.demand_durability()
