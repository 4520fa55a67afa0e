"""The store: one database, opened once per process."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from sqlalchemy import bindparam, exists, select, text

from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.delivery import DeliveryStatus
from compensation_service.domain.inbound_event import InboundStatus
from compensation_service.domain.inbound_source import InboundSource
from compensation_service.domain.webhook_endpoint import EndpointStatus
from compensation_service.store.api_keys import COLUMNS, key_from
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.engine import Engines, demand_durability, open_engines, unsafe_settings
from compensation_service.store.failures import translated
from compensation_service.store.inbound_sources import COLUMNS as SOURCE_COLUMNS
from compensation_service.store.silence import Silence
from compensation_service.store.tables import (
    api_keys,
    deliveries,
    inbound_events,
    inbound_sources,
    merchants,
    offers,
    webhook_endpoints,
)
from compensation_service.store.unit_of_work import Transaction, UnitOfWork, transaction

_NAME_KEY = text("SELECT set_config('app.key_id', :key_id, true)")
_SEE_MERCHANTS = text("SELECT set_config('app.every_merchant', 'yes', true)")
_MERCHANTS = select(merchants.c.merchant_id).order_by(merchants.c.merchant_id)
_WAITING = (
    select(webhook_endpoints.c.merchant_id, webhook_endpoints.c.id)
    .where(
        webhook_endpoints.c.status == EndpointStatus.ENABLED,
        exists().where(
            deliveries.c.merchant_id == webhook_endpoints.c.merchant_id,
            deliveries.c.endpoint_id == webhook_endpoints.c.id,
            deliveries.c.status == DeliveryStatus.PENDING,
            deliveries.c.next_at <= bindparam("now", type_=UTCDateTime),
        ),
    )
    .order_by(webhook_endpoints.c.merchant_id, webhook_endpoints.c.id)
)
_TELLING = (
    select(inbound_events.c.merchant_id, inbound_events.c.source_id)
    .where(
        inbound_events.c.status == InboundStatus.PENDING,
        inbound_events.c.next_at <= bindparam("now", type_=UTCDateTime),
    )
    .distinct()
    .order_by(inbound_events.c.merchant_id, inbound_events.c.source_id)
)
_NAME_SOURCE = text("SELECT set_config('app.inbound_source', :source_id, true)")
_FIND_SOURCE = select(*SOURCE_COLUMNS).where(inbound_sources.c.id == bindparam("source_id"))
_NAME_LINK = text("SELECT set_config('app.link_sha256', :link_sha256, true)")
_FIND_LINK = select(offers.c.merchant_id, offers.c.id).where(offers.c.link_sha256 == bindparam("link_sha256"))
_FIND_KEY = select(*COLUMNS).where(api_keys.c.id == bindparam("key_id"))


class Store:
    """The doors to the database. Threads may share it; what they open through it they may not."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._silence = Silence()

    @property
    def dialect(self) -> str:
        """The database's name: `sqlite` or `postgresql`."""
        return self._engines.writer.dialect.name

    @contextmanager
    def writing(self, merchant_id: str) -> Iterator[UnitOfWork]:
        """Open a unit that may write; it is committed when the block ends and rolled back when it raises."""
        with self.transaction() as begun:
            yield begun.unit(merchant_id)

    @contextmanager
    def reading(self, merchant_id: str) -> Iterator[UnitOfWork]:
        """Open a unit for reading; on SQLite it never waits for a writer."""
        with transaction(self._engines.reader, self._silence) as begun:
            yield begun.unit(merchant_id)

    @contextmanager
    def snapshot(self, merchant_id: str) -> Iterator[UnitOfWork]:
        """Open a unit for reading in which every statement sees the same moment."""
        engine = self._engines.reader
        if self.dialect == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with transaction(engine, self._silence) as begun:
            yield begun.unit(merchant_id)

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open a transaction for units of several merchants: group commit needs it, nothing else should."""
        return transaction(self._engines.writer, self._silence)

    def find_key(self, key_id: str) -> ApiKey | None:
        """Answer the key of that id, whosever it is: the one question that is asked before the merchant is known."""
        with translated(), self._engines.reader.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(_NAME_KEY, {"key_id": key_id})
            row = connection.execute(_FIND_KEY, {"key_id": key_id}).one_or_none()
        return None if row is None else key_from(row)

    def find_customer_link(self, link_sha256: str) -> tuple[str, str] | None:
        """Answer the merchant and the id of the offer that a link opens; asked before the merchant is known."""
        with translated(), self._engines.reader.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(_NAME_LINK, {"link_sha256": link_sha256})
            row = connection.execute(_FIND_LINK, {"link_sha256": link_sha256}).one_or_none()
        return None if row is None else (row.merchant_id, row.id)

    def find_inbound_source(self, source_id: str) -> InboundSource | None:
        """Answer the source of that id, whosever it is; asked before the merchant is known."""
        with translated(), self._engines.reader.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(_NAME_SOURCE, {"source_id": source_id})
            row = connection.execute(_FIND_SOURCE, {"source_id": source_id}).one_or_none()
        return None if row is None else InboundSource(*row)

    def merchant_ids(self) -> list[str]:
        """Answer every merchant's id, in order: for what happens by itself, for all of them."""
        with translated(), self._engines.reader.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(_SEE_MERCHANTS)
            return [row.merchant_id for row in connection.execute(_MERCHANTS)]

    def waiting_endpoints(self, now: datetime) -> list[tuple[str, str]]:
        """Answer the endpoints to which something is due, whosever they are, by merchant and id: for the worker."""
        with translated(), self._engines.reader.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(_SEE_MERCHANTS)
            return [(row.merchant_id, row.id) for row in connection.execute(_WAITING, {"now": now})]

    def telling_sources(self, now: datetime) -> list[tuple[str, str]]:
        """Answer the sources that told of something not handled yet, whosever they are, by merchant and id."""
        with translated(), self._engines.reader.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(_SEE_MERCHANTS)
            return [(row.merchant_id, row.source_id) for row in connection.execute(_TELLING, {"now": now})]

    def ping(self) -> None:
        """Ask the database for a sign of life; StoreUnavailable where there is none."""
        with translated(), self._engines.pulse.connect() as connection:
            connection.execute(text("SELECT 1"))

    def unsafe_settings(self) -> list[str]:
        """Answer the database's settings under which an acknowledged commit can be lost; none is what we want."""
        with translated(), self._engines.pulse.connect() as connection:
            return unsafe_settings(connection)

    def demand_durability(self) -> None:
        """Raise UnsafeDurability unless acknowledged commits survive a power failure, by the connection that writes."""
        with translated(), self._engines.writer.connect() as connection:
            demand_durability(connection)

    def recheck_durability(self) -> None:
        """Do as `demand_durability`, on the connection for health checks: the one that writes may be busy."""
        with translated(), self._engines.pulse.connect() as connection:
            demand_durability(connection)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engines.dispose()


def open_store(database_url: str, *, pool_size: int = 5, connect_timeout_s: int = 2) -> Store:
    """Open `sqlite:///path/to/file` or `postgresql://user:password@host/name`; connections come when needed."""
    return Store(open_engines(database_url, pool_size=pool_size, connect_timeout_s=connect_timeout_s))
