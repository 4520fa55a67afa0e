"""The description of the interface in OpenAPI 3.1: what FastAPI derives from the routes, and what holds for them all.

`python -m compensation_service.api.openapi` prints it, for the copy that is kept under `openapi/`.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from compensation_service.api import inbound, problems
from compensation_service.api.answers import ProblemOut
from compensation_service.api.problems import KINDS
from compensation_service.api.routes import SCOPES

DESCRIPTION = """\
What do we owe, what is fair on top, and why?

* Money is an integer of minor units; its currency is named beside it, or once per order.
* Moments are RFC 3339 with an offset; answers are in UTC.
* Unknown fields and unknown query parameters are refused.
* Every error is a problem document (RFC 9457): branch on `code`.
* Where an operation takes an `Idempotency-Key`, a request repeated with its key has one effect, and the same answer.
* Lists come in pages: `next_cursor` of one page is the `cursor` of the next.
* Sentences come in English, Russian, Bulgarian or Persian: `Accept-Language`, else the customer's `locale`.
"""

TAGS: list[dict[str, Any]] = [
    {"name": "offers", "description": "Decide on an incident; find what was offered."},
    {"name": "incidents", "description": "What went wrong, for whom, and how often; and the file of each."},
    {"name": "follow-ups", "description": "Whom to ask whether it is solved, and what came of it."},
    {"name": "letters", "description": "What is said to the customer, and by whom it is signed."},
    {"name": "customers", "description": "Erase what identifies one."},
    {"name": "policies", "description": "What is decided by: versions, checked and activated by a second person."},
    {"name": "budgets", "description": "The most that goodwill may cost over a period; reserved, spent, left."},
    {"name": "api keys", "description": "Who may do what: keys with scopes, a role and an end."},
    {"name": "webhooks", "description": "Who is told what happens, and what became of telling them."},
    {"name": "inbound", "description": "Which systems may tell of trouble, what it becomes, and signals of trouble."},
    {"name": "operation", "description": "For those who run the service; needs no key."},
]

SECURITY_SCHEME = "apiKey"
_REFERENCE = "#/components/schemas/{model}"

_ALWAYS = ("bad_request", "method_not_allowed", "internal_error")
_WITH_KEY = ("unauthenticated", "forbidden", "store_unavailable", "too_many_requests")
_WITH_BODY = ("body_too_large", "unsupported_media_type", "invalid_request")
_WITH_EFFECT = ("conflict",)
_WITH_PARAMETERS = ("invalid_request",)
_WITH_NAME = ("not_found",)
_WITH_IF_MATCH = ("precondition_failed", "precondition_required")
_WITHOUT_KEY = {
    ("POST", inbound.PATH): ("signature_refused", "store_unavailable", "too_many_requests"),
    ("GET", inbound.PATH): ("store_unavailable",),
}

_IN_LANGUAGES = {("POST", "/offers"), ("POST", "/offers/preview")}
_ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "The language of the sentences: en, ru, bg or fa. Without it the customer's locale decides.",
    "schema": {"type": "string"},
    "example": "bg",
}
_REPLAYED = {
    "description": "`true` where the answer was given before.",
    "schema": {"type": "string", "enum": ["true"]},
}
_LINK = {"description": 'The next page: `<address>; rel="next"`.', "schema": {"type": "string"}}
_RETRY_AFTER = {"description": "Seconds to wait before repeating.", "schema": {"type": "integer", "minimum": 1}}
_RATE_LIMIT: Mapping[str, Mapping[str, Any]] = {
    "RateLimit": {
        "description": "Requests that are left to this key now, `r`, and the seconds until there are more, `t`.",
        "schema": {"type": "string"},
        "example": '"key";r=19999;t=1',
    },
    "RateLimit-Policy": {
        "description": "Requests that a key may make at once, `q`, and the seconds in which they come back, `w`. "
        "Each process counts for itself.",
        "schema": {"type": "string"},
        "example": '"key";q=20000;w=2',
    },
}
"""On every answer to a request with a valid key, as draft-ietf-httpapi-ratelimit-headers-10 has them."""
_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "401": {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}},
    "405": {"Allow": {"description": "The methods of this path.", "schema": {"type": "string"}}},
    "429": {"Retry-After": _RETRY_AFTER},
    "503": {"Retry-After": _RETRY_AFTER},
}


def complete(app: FastAPI) -> None:
    """Make the app describe itself in full; the description is made once, when it is first asked for."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign] # FastAPI's documented way to extend the description


def _describe(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        tags=app.openapi_tags,
        servers=[{"url": "/"}],
    )
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, shapes = models_json_schema([(ProblemOut, "serialization")], ref_template=_REFERENCE)
    schemas.update(shapes["$defs"])
    document["components"]["securitySchemes"] = {
        SECURITY_SCHEME: {"type": "http", "scheme": "bearer", "description": "An API key: `cmp_<id>_<secret>`."}
    }
    document["components"]["headers"] = _RATE_LIMIT
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(method.upper(), path, operation)
            if SCOPES[method.upper(), path] is not None:
                _tell_the_rate(operation["responses"])
    for described in document["webhooks"].values():
        described["post"]["responses"].pop("422")  # receivers answer as they like
    return document


def _complete_operation(method: str, path: str, operation: dict[str, Any]) -> None:
    scope = SCOPES[method, path]
    codes = [*_ALWAYS, *_WITHOUT_KEY.get((method, path), ())]
    if scope is not None:
        operation["security"] = [{SECURITY_SCHEME: [scope.value]}]  # which /docs does not show
        operation["description"] += f"\n\nThe key needs the scope `{scope.value}`."
        codes += _WITH_KEY
    if (method, path) in _IN_LANGUAGES:
        operation["parameters"] = [*operation.get("parameters", ()), _ACCEPT_LANGUAGE]
    if "requestBody" in operation:
        codes += _WITH_BODY
    elif operation.get("parameters"):
        codes += _WITH_PARAMETERS
    if scope is not None and scope.value.endswith(":write"):
        codes += _WITH_EFFECT
    if "{" in path:
        codes += _WITH_NAME
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "If-Match":
            codes += _WITH_IF_MATCH if parameter["required"] else _WITH_IF_MATCH[:1]
    operation["responses"].pop("422", None)
    for code in codes:
        operation["responses"].setdefault(str(KINDS[code].status), _problem_response(code))
    _complete_success(method, operation["responses"])


def _tell_the_rate(responses: dict[str, Any]) -> None:
    """Describe the headers where somebody will look for them; other answers have them too once the key is known."""
    for status, response in responses.items():
        if status.startswith("2") or status == "429":
            told = {name: {"$ref": f"#/components/headers/{name}"} for name in _RATE_LIMIT}
            response["headers"] = {**response.get("headers", {}), **told}


def _complete_success(method: str, responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status == "200" and "201" in responses:
            response.setdefault("headers", {})["Idempotent-Replayed"] = _REPLAYED
        elif status == "200" and method == "GET" and "Page" in json.dumps(response):
            response["headers"] = {"Link": _LINK}


def _problem_response(code: str) -> dict[str, Any]:
    kind = KINDS[code]
    example = json.loads(problems.answer(problems.Problem(code), "4bf92f3577b34da6a3ce929d0e0e4736", "").body)
    response: dict[str, Any] = {
        "description": kind.title,
        "content": {
            problems.MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemOut")}, "example": example}
        },
    }
    headers = _HEADERS.get(str(kind.status))
    return {**response, "headers": headers} if headers else response


def text(app: FastAPI) -> str:
    """The description as it is kept in the repository."""
    return json.dumps(app.openapi(), indent=2) + "\n"


if __name__ == "__main__":
    from compensation_service.api.app import bare_app  # the app imports this module

    sys.stdout.write(text(bare_app()))
