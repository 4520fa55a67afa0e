"""API keys: `cmp_<id>_<secret>`. The secret is shown once; only its SHA-256 is kept.

The secret has 256 bits of entropy, so a slow password hash would add nothing but cost.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compensation_service.domain.errors import Unauthenticated
from compensation_service.domain.ids import RandomBytes

_TOKEN = re.compile(r"cmp_([a-z2-7]{12})_([0-9a-f]{64})", re.ASCII)
_NOBODY = "0" * 64


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
    POLICIES_READ = "policies:read"
    """Read policies."""
    POLICIES_WRITE = "policies:write"
    """Write and activate policies."""
    KEYS_MANAGE = "keys:manage"
    """Create and revoke keys."""


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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key as it is kept. Times are aware; None means never."""

    id: str
    merchant_id: str
    name: str
    role: Role
    scopes: frozenset[Scope]
    secret_sha256: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_usable(self, at: datetime) -> bool:
        """Whether the key is neither revoked nor expired at that moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


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
