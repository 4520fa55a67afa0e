"""Webhooks of the service: whether one is genuine (Standard Webhooks, symmetric signatures)."""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

TOLERANCE_S: Final = 300
SIGNATURES_MOST: Final = 10


class NotGenuine(Exception):
    """The service did not send this, or not now."""


def verify(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str], *, now: float | None = None
) -> dict[str, Any]:
    """Answer the event in a webhook; NotGenuine where no secret fits, or it is more than five minutes old or early.

    `body` are the bytes as they came. `secrets` are `whsec_…`, two of them while one is being rotated. `now` is in
    seconds since 1970, otherwise the clock's. The same event may come again: keep its `webhook-id`.
    """
    told = {name.lower(): value for name, value in headers.items()}
    try:
        id_, sent_at, signatures = (told[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise NotGenuine(f"{missing} is missing") from None
    _demand_fresh(sent_at, time.time() if now is None else now)
    signed = f"{id_}.{sent_at}.".encode() + body
    wanted = [hmac.digest(_key(secret), signed, "sha256") for secret in secrets]
    given = [_decoded(each[3:]) for each in signatures.split(" ")[:SIGNATURES_MOST] if each.startswith("v1,")]
    if not any([hmac.compare_digest(one, other) for one in given for other in wanted]):  # noqa: C419 - all, in constant time
        raise NotGenuine("no signature fits")
    event: dict[str, Any] = json.loads(body)
    return event


def _demand_fresh(sent_at: str, now: float) -> None:
    if not (sent_at.isascii() and sent_at.isdecimal() and abs(now - int(sent_at)) <= TOLERANCE_S):
        raise NotGenuine("it was not sent now")


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
