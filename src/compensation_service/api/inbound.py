"""`/inbound/{source_id}`: where other systems send their webhooks. They prove themselves by their signature."""

from collections.abc import Mapping
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from compensation_service.api.client_address import client_address
from compensation_service.api.fields import Identifier
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.limits import Failures
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.errors import NotFound
from compensation_service.webhooks.inbound.payload import BYTES_MOST, Malformed
from compensation_service.webhooks.inbound.verifier import NotGenuine

PATH: Final = "/inbound/{source_id}"
TRIES_PER_MINUTE: Final = 60
"""Requests that do not prove themselves, from one address to one source."""
TOKEN: Final = "x-webhook-token"  # noqa: S105 - the name of a header
ACKNOWLEDGED: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)

_TOKEN_PARAMETER: Final = {
    "name": "token",
    "in": "query",
    "required": False,
    "description": "The secret, for systems that can neither sign nor send headers. Use a header where you can.",
    "schema": {"type": "string", "maxLength": 200},
}
_log = structlog.get_logger(__name__)

router = APIRouter(route_class=GuardedRoute, tags=["inbound"])
SourceId = Annotated[Identifier, Path()]


@router.post(
    PATH,
    operation_id="receiveWebhook",
    status_code=202,
    response_class=Response,
    openapi_extra={
        "parameters": [_TOKEN_PARAMETER],
        "requestBody": {
            "required": True,
            "description": "What the other system sends, as it signs it: at most 1 MiB of JSON, or XML of Salesforce.",
            "content": {"application/json": {"schema": {}}, "text/xml": {"schema": {"type": "string"}}},
        },
    },
    responses={
        200: {"description": "Kept; for systems that expect this status. Salesforce is acknowledged in SOAP."},
        202: {"description": "Kept, once; it is handled after this answer."},
    },
)
async def receive_webhook(request: Request, source_id: SourceId) -> Response:
    """Keep what a source sends, once it proves itself. The same delivery again is answered and changes nothing."""
    failures: Failures = request.app.state.inbound_failures
    name = f"{client_address(request.scope, request.app.state.trusted_proxies)} {source_id}"
    failures.demand_few(name)
    receipts = services_of(request).inbound_receipts
    try:
        source = await in_time(receipts.find, source_id)
        body = await _body(request)
        query: bytes = request.scope["query_string"]
        receipt = await written_in_time(
            receipts.receive, source, request.method, query.decode("latin-1"), _headers(request), body
        )
    except NotFound:
        failures.add(name)
        raise
    except NotGenuine as error:
        failures.add(name)
        _log.warning("webhook refused", source=source_id, reason=error.reason)
        raise Problem("signature_refused") from error
    except Malformed as error:
        raise Problem("unusable_payload") from error
    if receipt.preset.soap:
        return Response(ACKNOWLEDGED, receipt.preset.status, media_type="text/xml")
    return Response(status_code=receipt.preset.status)


@router.get(
    PATH,
    operation_id="probeWebhook",
    response_class=Response,
    responses={200: {"description": "It is there."}},
)
async def probe_webhook(request: Request, source_id: SourceId) -> Response:
    """Say that the address exists: some systems ask before they send, by HEAD."""
    await in_time(services_of(request).inbound_receipts.find, source_id)
    return Response()


def _headers(request: Request) -> Mapping[str, str]:
    """The headers by name, the first of each; a token in the address stands in for the header it replaces."""
    found: dict[str, str] = {}
    token = request.query_params.get("token")
    for name, value in [*request.headers.items(), *([(TOKEN, token)] if token else [])]:
        found.setdefault(name.lower(), value)
    return found


async def _body(request: Request) -> bytes:
    """The bytes as they came, BYTES_MOST at most; never packed ones, which may hold anything."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem("unsupported_encoding", headers={"Accept-Encoding": "identity"})
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BYTES_MOST:
            raise Problem("body_too_large", f"The body may have {BYTES_MOST} bytes at most.")
        parts.append(part)
    if not size:
        raise Problem("empty_body")
    return b"".join(parts)
