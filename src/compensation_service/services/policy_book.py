"""The policy that decides: each merchant's own version at a moment, compiled once and kept ready.

A write reads in its own transaction which version decides. A preview trusts what was read a few seconds ago; while the
store is away it goes on with the version that was known last, and says so.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock

from compensation_service.decision.policy import Policy
from compensation_service.decision.record import record
from compensation_service.domain.errors import Conflict, Unavailable
from compensation_service.domain.ids import Clock
from compensation_service.domain.policy_version import PolicyVersion
from compensation_service.domain.signal import SignalKind
from compensation_service.policies.document import Signal
from compensation_service.policies.load import default_policy, default_text, stored_document, stored_policy
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

COMPILED_MOST = 256
MERCHANTS_MOST = 10_000
FRESH = timedelta(seconds=5)
"""How long previews trust what they read, or that the store is away."""
PATIENCE_S = 0.025
FIRST_PATIENCE_S = 1.0
"""How long a preview waits for the store at least if it knows nothing yet."""


class UnknownVersion(Conflict):
    """The version that decided is not kept: that was before versions were, by a default that has changed since."""

    code = "policy_version_unknown"

    def __init__(self) -> None:
        super().__init__("The version of the policy that decided this is not kept.")


@record
class Recalled:
    """A policy for a preview. `stale_since` is None where it is certain to be the one that decides."""

    policy: Policy
    stale_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """A merchant's versions as they were read at `seen_at`; `asked_at` is later if the store did not answer then."""

    versions: tuple[PolicyVersion, ...]
    seen_at: datetime
    asked_at: datetime

    @property
    def stale_since(self) -> datetime | None:
        """Since when this is not certain, if the store did not answer lately."""
        return None if self.seen_at == self.asked_at else self.seen_at


class PolicyBook:
    """Finds and compiles policies. Threads and the event loop may share it.

    `patience_s` is how long previews wait for an answer of the store, from the question on, before they go on with what
    they know: while it hangs, few wait at all. `compiled_most` is how many versions are kept compiled, where the same
    text of several merchants counts once.
    """

    def __init__(
        self, store: Store, clock: Clock, *, patience_s: float = PATIENCE_S, compiled_most: int = COMPILED_MOST
    ) -> None:
        self._store = store
        self._clock = clock
        self._patience_s = patience_s
        self._compiled_most = compiled_most
        self._compiled: dict[tuple[str, int], Policy] = {}
        self._lock = Lock()
        self._known: dict[str, _Known] = {}
        self._asking: dict[tuple[str, int], tuple[asyncio.Task[None], float]] = {}

    def deciding(self, unit: UnitOfWork, at: datetime) -> Policy:
        """The policy that decides at that moment, as the unit's transaction sees it; before all versions, the first.

        A merchant without versions decides by the default that comes with the package.
        """
        found = unit.policies.deciding_at(at)
        return default_policy() if found is None else self._compile(unit, found)

    def signals(self, unit: UnitOfWork, at: datetime) -> Mapping[SignalKind, Signal]:
        """What the policy of that moment says of signals."""
        found = unit.policies.deciding_at(at)
        text = default_text() if found is None else unit.policies.text(found.version)
        return {} if text is None else _signals_in(text)

    def version(self, unit: UnitOfWork, version: int) -> Policy:
        """The policy of one version; UnknownVersion where there is none."""
        found = unit.policies.get(version)
        if found is not None:
            return self._compile(unit, found)
        if version == default_policy().version and not unit.policies.last():
            return default_policy()
        raise UnknownVersion

    def recall_at_once(self, merchant_id: str, at: datetime | None = None) -> Recalled | None:
        """What `recall` answers, if it was read so lately that the store need not be asked; None for any other."""
        known, now = self._known.get(merchant_id), self._clock()
        if known is None or now - known.asked_at >= FRESH:
            return None
        policy = self._ready(known, at or now)
        return None if policy is None else Recalled(policy, known.stale_since)

    async def recall(self, merchant_id: str, at: datetime | None = None) -> Recalled:
        """The policy of a moment, or of now, for a preview: read lately, or the last known while the store is away."""
        found = self.recall_at_once(merchant_id, at)
        if found is not None:
            return found
        known, now = self._known.get(merchant_id), self._clock()
        at = at or now
        patience_s = self._patience_s if known else max(self._patience_s, FIRST_PATIENCE_S)
        late = not await self._ask(merchant_id, at, patience_s)
        known = self._known.get(merchant_id)
        if known is None:
            return Recalled(default_policy(), now)
        policy = self._ready(known, at)
        if policy is None or late:
            return Recalled(policy or self._any_ready(known), known.seen_at)
        return Recalled(policy, known.stale_since)

    def forget(self, merchant_id: str) -> None:
        """Ask anew at the next preview: another version decides. Other processes notice within FRESH."""
        self._known.pop(merchant_id, None)

    def _ready(self, known: _Known, at: datetime) -> Policy | None:
        """The policy of a moment, if it need not be compiled."""
        found = _deciding(known.versions, at)
        return default_policy() if found is None else self._kept(found)

    def _any_ready(self, known: _Known) -> Policy:
        """The newest policy of a merchant that need not be compiled."""
        return next(filter(None, map(self._kept, reversed(known.versions))), default_policy())

    async def _ask(self, merchant_id: str, at: datetime, patience_s: float) -> bool:
        """Ask the store once for all who wait for the same; False if it takes longer than that since it was asked."""
        known = self._known.get(merchant_id)
        wanted = _deciding(known.versions, at) if known else None
        name = merchant_id, wanted.version if wanted else 0
        now = asyncio.get_running_loop().time()
        if name not in self._asking:
            asked = asyncio.create_task(self._look(merchant_id, at))
            self._asking[name] = asked, now
            asked.add_done_callback(lambda _: self._asking.pop(name))
        task, since = self._asking[name]
        done, _ = await asyncio.wait([task], timeout=max(0.0, since + patience_s - now))
        for finished in done:
            finished.result()  # raises what is a fault of ours
        return bool(done)

    async def _look(self, merchant_id: str, at: datetime) -> None:
        now = self._clock()
        try:
            found = _Known(await asyncio.to_thread(self._read, merchant_id, at), now, now)
        except Unavailable:
            known = self._known.get(merchant_id)
            if known is None:
                return
            found = replace(known, asked_at=now)
        self._known.pop(merchant_id, None)
        if len(self._known) >= MERCHANTS_MOST:
            del self._known[next(iter(self._known))]
        self._known[merchant_id] = found

    def _read(self, merchant_id: str, at: datetime) -> tuple[PolicyVersion, ...]:
        """Read a merchant's versions and compile the one of that moment; blocks."""
        with self._store.reading(merchant_id) as unit:
            versions = unit.policies.deciding()
            found = _deciding(versions, at)
            if found is not None:
                self._compile(unit, found)
        return versions

    def _compile(self, unit: UnitOfWork, version: PolicyVersion) -> Policy:
        kept = self._kept(version)
        if kept is not None:
            return kept
        text = unit.policies.text(version.version)
        if text is None:
            raise UnknownVersion
        policy = replace(stored_policy(text, unit.policies.frozen(version.version)), version=version.version)
        with self._lock:
            if len(self._compiled) >= self._compiled_most:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[version.sha256, version.version] = policy
        return policy

    def _kept(self, version: PolicyVersion) -> Policy | None:
        return self._compiled.get((version.sha256, version.version))


@lru_cache(maxsize=64)
def _signals_in(text: str) -> Mapping[SignalKind, Signal]:
    """The signals of a text that was proved when it was stored; reading one takes tens of milliseconds."""
    return stored_document(text).signals


def _deciding(versions: Iterable[PolicyVersion], at: datetime) -> PolicyVersion | None:
    """What `Policies.deciding_at` answers, from versions in the order of their times."""
    for version in versions:
        if version.retired_at is None or version.retired_at > at:
            return version
    return None
