"""The only module that asks the machine: what time it is, and for something nobody can guess."""

import secrets
import time
from datetime import UTC, datetime

import uuid_utils
from typeid.codecs import base32


def system_clock() -> datetime:
    """Tell the time now: aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


def steady_seconds() -> float:
    """Tell seconds since some moment that does not move: for spans, which no correction of the clock may stretch."""
    return time.monotonic()


def random_id(prefix: str) -> str:
    """Make a new TypeID such as `off_01k…`: unguessable enough to be unique, and sorted by the time of its making."""
    return f"{prefix}_{base32.encode(uuid_utils.uuid7().bytes)}"


def random_token(nbytes: int) -> bytes:
    """Draw `nbytes` bytes fit for a secret."""
    return secrets.token_bytes(nbytes)


def chance() -> float:
    """Draw a number from 0 to 1."""
    return secrets.randbelow(2**53) / 2**53
