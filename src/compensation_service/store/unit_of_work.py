"""Units of work: one transaction, one merchant. This module is the only place that commits."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import blake2b

from sqlalchemy import Connection, Engine, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from compensation_service.domain.errors import OutcomeUnknown, StoreUnavailable
from compensation_service.domain.merchant import is_merchant_id
from compensation_service.store.answers import Answers
from compensation_service.store.api_keys import ApiKeys
from compensation_service.store.broken_clocks import BrokenClocks
from compensation_service.store.budgets import Budgets
from compensation_service.store.checkpoints import Checkpoints
from compensation_service.store.deliveries import Deliveries
from compensation_service.store.erasure import Erasure
from compensation_service.store.events import Events
from compensation_service.store.failures import Disconnected, Unreachable, translated
from compensation_service.store.follow_ups import FollowUps
from compensation_service.store.history import History
from compensation_service.store.imports import Imports
from compensation_service.store.inbound_events import InboundEvents
from compensation_service.store.inbound_sources import InboundSources
from compensation_service.store.incident_file import IncidentFile
from compensation_service.store.incidents import Incidents
from compensation_service.store.letterheads import Letterheads
from compensation_service.store.letters import Letters
from compensation_service.store.merchants import Merchants
from compensation_service.store.notices import Notices
from compensation_service.store.offer_moves import OfferMoves
from compensation_service.store.offers import Offers
from compensation_service.store.policies import Policies
from compensation_service.store.remedies import Remedies
from compensation_service.store.scope import Scope
from compensation_service.store.silence import Silence
from compensation_service.store.trail import Trail
from compensation_service.store.webhook_endpoints import WebhookEndpoints

_ENTER = text("SELECT set_config('app.merchant_id', :merchant_id, true)")
_LOCK = select(func.pg_advisory_xact_lock(func.unnest(bindparam("keys", type_=ARRAY(BigInteger)))))


class UnitOfWork:
    """What one merchant can read and write within one transaction."""

    def __init__(self, connection: Connection, merchant_id: str, silence: Silence) -> None:
        scope = Scope(connection, merchant_id)
        self._connection = connection
        self.merchant_id = merchant_id
        self.merchants = Merchants(scope)
        self.api_keys = ApiKeys(scope)
        self.incidents = Incidents(scope)
        self.imports = Imports(scope)
        self.file = IncidentFile(scope)
        self.follow_ups = FollowUps(scope)
        self.offers = Offers(scope)
        self.remedies = Remedies(scope)
        self.moves = OfferMoves(scope)
        self.letters = Letters(scope)
        self.letterheads = Letterheads(scope)
        self.history = History(scope)
        self.budgets = Budgets(scope)
        self.webhook_endpoints = WebhookEndpoints(scope)
        self.deliveries = Deliveries(scope, silence)
        self.inbound_sources = InboundSources(scope)
        self.inbound_events = InboundEvents(scope)
        self.notices = Notices(scope, self.deliveries)
        self.events = Events(scope, self.deliveries)
        self.broken_clocks = BrokenClocks(scope)
        self.checkpoints = Checkpoints(scope)
        self.trail = Trail(scope)
        self.erasure = Erasure(scope)
        self.answers = Answers(scope)
        self.policies = Policies(scope)

    def lock(self, keys: Collection[str]) -> None:
        """Wait until no other unit of this merchant holds one of the keys, and hold them until the unit ends.

        On SQLite there is nothing to wait for: it has one writer at a time.
        """
        if keys and self._connection.dialect.name == "postgresql":
            hashes = sorted({_advisory(self.merchant_id, key) for key in keys})
            self._connection.execute(_LOCK, {"keys": hashes})


def _advisory(merchant_id: str, key: str) -> int:
    """Answer a 64-bit name for a key; that two keys share one costs a wait and nothing else."""
    text_of_both = f"{merchant_id}\0{key}".encode()
    return int.from_bytes(blake2b(text_of_both, digest_size=8).digest(), "big", signed=True)


class Transaction:
    """An open transaction, in which units of several merchants can follow each other."""

    def __init__(self, connection: Connection, silence: Silence) -> None:
        self._connection = connection
        self._silence = silence

    def unit(self, merchant_id: str) -> UnitOfWork:
        """Bind the transaction to a merchant from here on; a unit that was made before must not be used any more."""
        if not is_merchant_id(merchant_id):
            raise ValueError("this cannot name a merchant")
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_ENTER, {"merchant_id": merchant_id})
        return UnitOfWork(self._connection, merchant_id, self._silence)


def _connected(engine: Engine) -> Connection:
    try:
        with translated():
            return engine.connect()
    except StoreUnavailable as error:
        raise Unreachable from error


@contextmanager
def transaction(engine: Engine, silence: Silence) -> Iterator[Transaction]:
    """Open a transaction that is committed when the block ends and rolled back when it raises.

    Raises StoreUnavailable or one of its kind if the database fails before the commit, OutcomeUnknown if within.
    """
    with translated(), _connected(engine) as connection:
        begun = connection.begin()
        try:
            yield Transaction(connection, silence)
        except BaseException:
            begun.rollback()
            raise
        try:
            with translated():
                begun.commit()
        except Disconnected as lost:
            raise OutcomeUnknown from lost
