"""Every exception becomes a problem document here: one table from error to problem, nothing of the client's input.

FastAPI's own handlers echo the input and stumble over what cannot be encoded, so each of them is replaced.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from compensation_service.api import gate, problems
from compensation_service.api.problems import KINDS, FieldError, Problem
from compensation_service.decision.facts import UnusableFacts
from compensation_service.domain import errors as domain
from compensation_service.policies.problems import PolicyRefused
from compensation_service.services.policies import finding

ERRORS_MOST = 50

_BY_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_many_requests",
    503: "unavailable",
}

_SENTENCES: Mapping[str, str] = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "int_type": "An integer is expected, not a string, fraction or boolean.",
    "int_from_float": "An integer is expected, not a fraction.",
    "string_type": "A string is expected.",
    "bool_type": "true or false is expected.",
    "enum": "This is none of the values allowed here.",
    "literal_error": "This is none of the values allowed here.",
    "string_too_short": "The text is too short.",
    "string_too_long": "The text is too long.",
    "string_pattern_mismatch": "The text does not have the form expected here.",
    "greater_than_equal": "The number is too small.",
    "less_than_equal": "The number is too large.",
    "too_long": "There are too many entries.",
    "too_short": "There are too few entries.",
    "model_type": "An object is expected.",
    "model_attributes_type": "An object is expected.",
    "dict_type": "An object is expected.",
    "list_type": "A list is expected.",
    "set_type": "A list is expected.",
    "frozen_set_type": "A list is expected.",
}
"""What we say for pydantic's error types; its own messages may repeat the input."""

OWN_CODES = frozenset(
    {
        "one_of_two",
        "currency_missing",
        "day_expected",
        "decimal_expected",
        "goodwill_or_remedies",
        "lines_too_large",
        "moment_expected",
        "moment_missing",
        "not_normalized",
        "period_expected",
        "reference_missing",
        "shipping_above_total",
    }
)
"""Error types raised by our own validators, whose messages are ours and hold no input."""

Row = tuple[type[Exception], Callable[[Any], Problem]]


def to_problem(error: Exception) -> Problem:
    """The problem that an exception amounts to; what is in no row is an internal error."""
    for kind, make in _TABLE:
        if isinstance(error, kind):
            return make(error)
    return Problem("internal_error")


def unauthenticated() -> Problem:
    """No usable key came with the request. Why is not said: that would help who guesses."""
    return Problem("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="compensation-service"'})


def forbidden(scope: str) -> Problem:
    """The key is good but lacks a scope."""
    challenge = f'Bearer realm="compensation-service", error="insufficient_scope", scope="{scope}"'
    return Problem("forbidden", f"The key lacks the scope {scope}.", headers={"WWW-Authenticate": challenge})


def _come_back(seconds: float) -> Mapping[str, str]:
    return {"Retry-After": str(max(1, round(seconds)))}


def _conflict(error: domain.Conflict) -> Problem:
    return _coded(error, "conflict", _come_back(1) if error.code == "idempotency_in_progress" else None)


def _coded(error: domain.CompensationError, usual: str, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem of the error's own code; of the usual one where a layer below has words of its own."""
    if error.code in KINDS:
        return Problem(error.code, error.detail, headers=headers)
    return Problem(usual, headers=headers)


def _illegal_move(error: domain.IllegalMove) -> Problem:
    return Problem(error.code, error.detail, extra={"status_now": error.status, "allowed": list(error.allowed)})


def _refused_fact(error: UnusableFacts | domain.Unprocessable) -> FieldError:
    return FieldError(error.pointer, error.code, error.detail)


def _refused_policy(error: PolicyRefused) -> Problem:
    """Every problem at its place in the text. Reasons name words of the text: an author has to find them there."""
    found = [finding(problem) for problem in error.problems[:ERRORS_MOST]]
    errors = [FieldError("/text", each["code"], f"{each['reason']} {each['advice']}") for each in found]
    return Problem("unusable_policy", errors=errors, extra={"findings": found})


def _from_status(status: int, headers: Mapping[str, str] | None) -> Problem:
    return Problem(_BY_STATUS.get(status, "internal_error"), headers=headers)


def invalid(error: ValidationError, body: bytes = b"null") -> Problem:
    """The problem of a body that pydantic refused; the body tells its own names from those of pydantic's branches."""
    value = json.loads(body)
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    found = dict.fromkeys(_field_error(row, value) for row in errors)
    return Problem("invalid_request", errors=list(found)[:ERRORS_MOST])


def _field_error(error: Mapping[str, Any], value: object) -> FieldError:
    code = error["type"]
    detail: str = error["msg"] if code in OWN_CODES else _sentence(code)
    return FieldError(pointer(error["loc"], value, missing=code == "missing"), code, detail)


def _sentence(code: str) -> str:
    return _SENTENCES.get(code, "The value is not usable here.")


def pointer(loc: Sequence[str | int], value: object, *, missing: bool) -> str:
    """The JSON pointer of a pydantic location; names that are not in the body are branches of a union and left out."""
    place = ""
    for step in loc:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value, place = value[step], f"{place}/{step}"
        elif isinstance(value, dict) and step in value:
            value, place = value[step], gate.extend(place, str(step))
    if missing and loc:
        place = gate.extend(place, str(loc[-1]))
    return place


def _invalid_parts(error: RequestValidationError) -> Problem:
    """Parts of a request that FastAPI refused: places in the body, or parameters, whose name is their pointer."""
    found = dict.fromkeys(_part_error(row, error.body) for row in error.errors())
    return Problem("invalid_request", errors=list(found)[:ERRORS_MOST])


def _part_error(error: Mapping[str, Any], body: object) -> FieldError:
    part, *loc = error["loc"]
    return _field_error({**error, "loc": loc}, body if part == "body" else {loc[0]: None} if loc else None)


_TABLE: Sequence[Row] = (
    (Problem, lambda error: error),
    (ValidationError, invalid),
    (RequestValidationError, _invalid_parts),
    (UnusableFacts, lambda error: Problem("unusable_facts", errors=[_refused_fact(error)])),
    (PolicyRefused, _refused_policy),
    (domain.IdempotencyKeyReused, lambda error: Problem(error.code, error.detail)),
    (domain.Unprocessable, lambda error: Problem("invalid_request", errors=[_refused_fact(error)])),
    (domain.Unauthenticated, lambda _: unauthenticated()),
    (domain.Forbidden, lambda error: forbidden(error.scope)),
    (domain.IllegalMove, _illegal_move),
    (domain.Unavailable, lambda error: _coded(error, "unavailable", _come_back(error.retry_after_s))),
    (domain.Conflict, _conflict),
    (domain.CompensationError, lambda error: _coded(error, "internal_error")),
    (HTTPException, lambda error: _from_status(error.status_code, error.headers)),
)
"""Error → problem, the more particular first."""


def response_of(error: Exception, scope: Mapping[str, Any]) -> Response:
    """The answer to a request that ended in an exception."""
    state = scope["app"].state
    answer = problems.answer(to_problem(error), scope.get("trace_id", ""), state.public_base_url)
    return Response(answer.body, answer.status, dict(answer.headers), problems.MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make the app answer every error with a problem document."""

    async def handle(request: Request, error: Exception) -> Response:
        return response_of(error, request.scope)

    async def pass_on(_: Request, error: Exception) -> Response:
        raise error

    for kind, _ in _TABLE:
        app.add_exception_handler(kind, handle)
    # Starlette would answer in plain text and raise; Telemetry, around it, answers and logs without the message.
    app.add_exception_handler(Exception, pass_on)
