"""The header Idempotency-Key: the caller's own name for a request, which repeats it without a second effect."""

import re
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from compensation_service.api import errors, problems
from compensation_service.api.problems import Problem
from compensation_service.domain.errors import CompensationError
from compensation_service.services.idempotency import Answer, Idempotency

_is_key = re.compile(rb"[!-~]{1,255}").fullmatch


def header(when: str, *, required: bool = False) -> dict[str, Any]:
    """Describe the header in OpenAPI; `when` says where it is needed."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "description": "Your name for this request, 1–255 visible ASCII characters. Repeating a request with the same "
        f"key answers as the first time. {when}",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        "example": "5f1c7e0a-zd-48211",
    }


async def read(request: Request, path: str) -> Idempotency | None:
    """The key a request came with, None without one; it is the caller's within the path."""
    found: bytes | None = request.scope["fields"].get(b"idempotency-key")
    if found is None:
        return None
    if not _is_key(found):
        raise Problem("invalid_idempotency_key")

    def refusal(error: CompensationError) -> Answer:
        response = errors.response_of(error, request.scope)
        return Answer(response.status_code, bytes(response.body))

    return Idempotency(path, found.decode("ascii"), fingerprint(await body_of(request)), refusal)


def answered(answer: Answer, tag: Callable[[bytes], str] | None = None) -> Response:
    """An answer of a use case, be it a refusal that was answered to the same request before.

    `tag` reads the ETag off a body.
    """
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        return Response(answer.body, answer.status_code, headers, problems.MEDIA_TYPE)
    if tag is not None:
        headers["ETag"] = tag(answer.body)
    return Response(answer.body, answer.status_code, headers, "application/json")


async def body_of(request: Request) -> bytes:
    """The raw body, which the hot route has read already."""
    body: bytes | None = request.scope.get("body")
    return await request.body() if body is None else body


def fingerprint(body: bytes) -> str:
    """The same for every way to write the same JSON."""
    return sha256(orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)).hexdigest()
