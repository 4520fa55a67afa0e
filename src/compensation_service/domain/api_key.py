"""API keys: `cmp_<id>_<secret>`. The secret is shown once; only its SHA-256 is kept.

The secret has 256 bits of entropy, so a slow password hash would add nothing but cost.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from compensation_service.domain.errors import AuthorityNeeded, Conflict, Forbidden, Unauthenticated
from compensation_service.domain.ids import RandomBytes

_TOKEN = re.compile(r"cmp_([a-z2-7]{12})_([0-9a-f]{64})", re.ASCII)
_NOBODY = "0" * 64

COMMAND_LINE = "command-line"
"""Who did it where no key did; no key's id looks like this."""
KEYS_MOST = 1_000
"""Most usable keys of one merchant."""
OVERLAP_MOST = timedelta(days=30)
"""How long a key that was replaced may go on."""


class Scope(StrEnum):
    """What a key may do."""

    OFFERS_READ = "offers:read"
    """Read offers and ask for previews."""
    OFFERS_WRITE = "offers:write"
    """Make offers and move them."""
    INCIDENTS_READ = "incidents:read"
    """Read incidents."""
    INCIDENTS_WRITE = "incidents:write"
    """Record incidents and change them."""
    FOLLOW_UPS_READ = "follow_ups:read"
    """Read whom to ask whether it is solved."""
    FOLLOW_UPS_WRITE = "follow_ups:write"
    """Say what came of asking."""
    POLICIES_READ = "policies:read"
    """Read policies."""
    POLICIES_WRITE = "policies:write"
    """Write and activate policies."""
    WEBHOOKS_READ = "webhooks:read"
    """Read webhook endpoints, and what was sent to them."""
    WEBHOOKS_WRITE = "webhooks:write"
    """Register and change webhook endpoints, and send again."""
    INBOUND_READ = "inbound:read"
    """Read inbound sources, and what they sent."""
    INBOUND_WRITE = "inbound:write"
    """Register and change inbound sources, and handle again what they sent."""
    BUDGETS_READ = "budgets:read"
    """Read budgets, what is reserved from them and what is spent."""
    BUDGETS_WRITE = "budgets:write"
    """Make budgets and change their limits."""
    CUSTOMERS_ERASE = "customers:erase"
    """Erase what identifies a customer, for ever."""
    KEYS_MANAGE = "keys:manage"
    """Create, rotate and revoke keys, up to what the key itself may do."""


class Role(StrEnum):
    """Who uses a key, in rising order of authority."""

    SERVICE = "service"
    """A program."""
    AGENT = "agent"
    """Somebody who talks to customers."""
    LEAD = "lead"
    """Somebody who leads agents."""
    MANAGER = "manager"
    """Somebody who answers for the money."""
    ADMIN = "admin"
    """Somebody who runs the service."""


RANKS = tuple(Role)


class KeyStatus(StrEnum):
    """Whether a key can be used."""

    ACTIVE = "active"
    """It can."""
    EXPIRED = "expired"
    """Its time has run out."""
    REVOKED = "revoked"
    """Somebody ended it."""


class KeyIsOver(Conflict):
    """A key that was revoked or has expired cannot be replaced by another one."""

    code = "key_is_over"

    def __init__(self) -> None:
        super().__init__("This key is revoked or has expired; create a new one.")


class KeyIsReplaced(Conflict):
    """A key is replaced once."""

    code = "key_is_replaced"

    def __init__(self) -> None:
        super().__init__("This key was rotated before; rotate the key that replaced it.")


class TooManyApiKeys(Conflict):
    """The merchant has as many usable keys as it may."""

    code = "too_many_api_keys"

    def __init__(self) -> None:
        super().__init__(f"There are {KEYS_MOST} usable keys already; revoke some.")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key as it is kept. Times are aware; None means never.

    `created_by` and `revoked_by` are ids of keys or COMMAND_LINE; `replaces` is the key that this one was made for in
    a rotation.
    """

    id: str
    merchant_id: str
    name: str
    role: Role
    scopes: frozenset[Scope]
    secret_sha256: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    created_by: str = COMMAND_LINE
    revoked_by: str | None = None
    replaces: str | None = None

    def is_usable(self, at: datetime) -> bool:
        """Whether the key is neither revoked nor expired at that moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def status_at(self, at: datetime) -> KeyStatus:
        """Answer whether the key can be used at that moment, and if not, why."""
        if self.revoked_at is not None:
            return KeyStatus.REVOKED
        return KeyStatus.ACTIVE if self.is_usable(at) else KeyStatus.EXPIRED

    def demand_authority(self, role: Role, scopes: frozenset[Scope]) -> None:
        """Let this key make, replace or end a key of that role and those scopes only if it is not less itself.

        Raises Forbidden with the first scope that it lacks, or AuthorityNeeded.
        """
        if lacking := sorted(scopes - self.scopes):
            raise Forbidden(lacking[0])
        if RANKS.index(role) > RANKS.index(self.role):
            raise AuthorityNeeded(role)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh token: `text` goes to its owner once, `id` and `secret_sha256` are kept."""

    id: str
    text: str
    secret_sha256: str


def new_token(random_bytes: RandomBytes) -> NewToken:
    """Make a token from unguessable bytes."""
    key_id = base64.b32encode(random_bytes(8)).decode("ascii").lower()[:12]
    secret = random_bytes(32).hex()
    return NewToken(key_id, f"cmp_{key_id}_{secret}", digest(secret))


def parse_token(token: str) -> tuple[str, str]:
    """Answer the id and the secret of a token; Unauthenticated where it is none."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise Unauthenticated
    return found[1], found[2]


def digest(secret: str) -> str:
    """Answer the SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def matches(key: ApiKey | None, secret: str) -> bool:
    """Whether this is the key's secret. Takes the same time for an unknown key (None) as for a wrong secret."""
    kept = _NOBODY if key is None else key.secret_sha256
    return hmac.compare_digest(kept, digest(secret)) and key is not None
