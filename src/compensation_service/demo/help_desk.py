"""A help desk's webhook becomes an offer, and word of it arrives, signed, at a receiver on this machine."""

import base64
import hmac
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson

from compensation_service.clock import system_clock
from compensation_service.demo.client import Client, Document, Refused
from compensation_service.demo.server import HOST
from compensation_service.webhooks.inbound.presets import presets
from compensation_service.webhooks.inbound.verifier import NotGenuine, Received, verify

MERCHANT = "demo-help-desk"
WAIT_SECONDS = 30.0
HEARD = "offer.created"


@dataclass(frozen=True, slots=True)
class Told:
    """What was said to the help desk's customer, and how long it took from its webhook to ours."""

    ticket: str
    offer: Document
    seconds: float


class Receiver:
    """What a shop's own system would be: it takes webhooks, and keeps those whose signature is good."""

    def __init__(self, address: str) -> None:
        self.url = address
        self.secret = ""
        self.heard: queue.Queue[Document] = queue.Queue()

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Keep an event that is genuine; whether it is."""
        try:
            verify(
                presets()["standard-webhooks"], Received("POST", self.url, headers, body), [self.secret], system_clock()
            )
        except NotGenuine:
            return False
        self.heard.put(orjson.loads(body))
        return True


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a port of this machine meanwhile."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            taken = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(204 if taken else 401)
            self.end_headers()

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as http.server declares it
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Door) as server:
        receiver = Receiver(f"http://{HOST}:{server.server_port}/")
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()


def tell(client: Client, receiver: Receiver) -> Told:
    """Let a ticket of the help desk become an offer, and wait for word of it. Raises Refused where none comes."""
    now = system_clock()
    name = now.isoformat()
    endpoint = client.make("/webhook-endpoints", {"url": receiver.url, "events": [HEARD]}, name)
    receiver.secret = endpoint["secret"]
    source = client.make("/inbound-sources", {"name": "Zendesk", "preset": "zendesk", "decide": True}, name)
    try:
        began = time.monotonic()
        body = orjson.dumps(_ticket(now))
        client.send(f"/inbound/{source['id']}", body, _signed(source["secret"], now, body))
        try:
            event = receiver.heard.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise Refused("the help desk's webhook led to nothing") from None
        seconds = time.monotonic() - began
        return Told(_ticket(now)["ticket"]["title"], event["data"]["offer"], seconds)
    finally:
        client.remove(f"/inbound-sources/{source['id']}")
        client.remove(f"/webhook-endpoints/{endpoint['id']}")


def _ticket(now: datetime) -> Document:
    """What Zendesk sends by the trigger of docs/integrations/zendesk.md."""
    number = f"{now:%Y%m%d%H%M%S%f}"
    return {
        "id": number,
        "type": "ticket.reported",
        "ticket": {
            "id": number,
            "title": "My parcel is three days late",
            "tags": "late",
            "delay_hours": "72",
            "order": f"Z-{number}",
            "currency": "EUR",
            "total": "104.90",
            "requester": {"email": f"customer-{number}@example.com", "locale": "en"},
        },
    }


def _signed(secret: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers with which Zendesk signs."""
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    digest = hmac.digest(secret.encode(), at.encode() + body, "sha256")
    return {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode("ascii"),
        "x-zendesk-webhook-signature-timestamp": at,
    }
