"""Signing what is sent, as Standard Webhooks says: `v1` is HMAC-SHA256 over id, timestamp and body."""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

from compensation_service.domain.ids import RandomBytes

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def new_secret(random_bytes: RandomBytes) -> str:
    """A fresh secret, as it is shown to the receiver: `whsec_` and base64."""
    return PREFIX + base64.b64encode(random_bytes(SECRET_BYTES)).decode("ascii")


def headers(message_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The three headers of one attempt at the aware moment `at`; one signature for each secret, the newest first."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign(secret, message_id, timestamp, body) for secret in secrets),
    }


def _sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode('ascii')}"
