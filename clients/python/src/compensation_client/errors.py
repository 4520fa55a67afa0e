"""What the service refuses, as exceptions: one kind for each thing that a caller does about it."""

import json
from collections.abc import Mapping
from typing import Any

from compensation_client.models import FieldErrorOut


class Unreachable(Exception):
    """Nobody answered. What was asked may have been done, unless it is repeated with the same key."""


class ApiError(Exception):
    """The service refused. `problem` is its problem document (RFC 9457), empty where the answer was none."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code: str = problem.get("code", "unknown")
        """What to branch on."""
        self.detail: str = problem.get("detail") or problem.get("title", "")
        self.errors: list[FieldErrorOut] = problem.get("errors", [])
        """Each place in the request that is wrong, and why."""
        self.trace_id: str | None = problem.get("trace_id")
        """What to tell whoever runs the service."""
        super().__init__(f"{status} {self.code}: {self.detail}")


class Invalid(ApiError):
    """The request cannot be used as it is (400, 413, 415, 422)."""


class Unauthenticated(ApiError):
    """The key is missing, unknown or over (401)."""


class Forbidden(ApiError):
    """The key may not do this (403)."""


class NotFound(ApiError):
    """There is nothing of this name (404)."""


class Conflict(ApiError):
    """It contradicts what is (409): too late, done otherwise, or in another state."""


class PreconditionFailed(ApiError):
    """It was changed since you read it (412), or you did not say what you read (428)."""


class TooManyRequests(ApiError):
    """The key asks too often (429), also after waiting."""


class Unavailable(ApiError):
    """The service cannot do it now (500 and above), also after waiting."""


KINDS: Mapping[int, type[ApiError]] = {
    **dict.fromkeys((400, 413, 415, 422), Invalid),
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    **dict.fromkeys((412, 428), PreconditionFailed),
    429: TooManyRequests,
}


def of(status: int, body: bytes) -> ApiError:
    """The exception for an answer of 400 and above."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    kind = KINDS.get(status, Unavailable if status >= 500 else ApiError)
    return kind(status, problem if isinstance(problem, dict) else {})
