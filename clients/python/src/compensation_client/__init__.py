"""A client of the compensation service: typed, patient, and safe to repeat."""

from compensation_client import models, webhooks
from compensation_client.client import Client
from compensation_client.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Unreachable,
)

__all__ = [
    "ApiError",
    "Client",
    "Conflict",
    "Forbidden",
    "Invalid",
    "NotFound",
    "PreconditionFailed",
    "TooManyRequests",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "models",
    "webhooks",
]
