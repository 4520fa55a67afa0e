"""One verifier for whatever signs: what is signed, how, and where the signature stands are data (presets.yaml).

A signature is checked over the bytes as they came, in constant time, with every secret that is valid at the moment: two
while one is being rotated. Nothing that a sender wrote is read before its signature has been found to be good.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

SIGNATURES_MOST: Final = 10
"""How many signatures of one request are looked at; a rotation needs two."""
HEADER_CHARACTERS_MOST: Final = 4_096

_NUMBER: Final = re.compile(r"[0-9]{1,16}")
_HUBSPOT_DECODED: Final = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
"""What HubSpot signs decoded, of an address that is otherwise signed as it was called."""


class Form(StrEnum):
    """How signatures stand in a header."""

    ONE = "one"
    LIST = "list"
    PAIRS = "pairs"


class Unit(StrEnum):
    """How a moment is written."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    ISO = "iso"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Where a request says when it was signed, and how many seconds that may lie away from now."""

    unit: Unit
    tolerance: int
    headers: tuple[str, ...] = ()
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """How one system signs; presets.yaml tells what each field means. Without `headers` it sends a `token` instead.

    `topic` are headers that name what it is about, `soap` says that it sends XML and is acknowledged in it, `status` is
    what it expects for an answer, and `pings` are topics that ask for nothing but that.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    title: str
    source: str
    headers: tuple[str, ...] = ()
    form: Form = Form.ONE
    prefix: str = ""
    template: str = "{body}"
    keyed: bool = True
    algorithm: str = "sha256"
    encoding: str = "hex"
    key: str = "literal"
    key_mark: str = ""
    timestamp: Timestamp | None = None
    id: tuple[str, ...] = ()
    token: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    soap: bool = False
    status: int = 202
    pings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came. `headers` by lower-case name, read as Latin-1; `url` is the public address called."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class NotGenuine(Exception):
    """The request does not prove who sent it. `reason` is for the operator's log, never for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def verify(preset: Preset, received: Received, secrets: Sequence[str], now: datetime) -> str | None:
    """Answer the delivery's own id, None where this sender gives none, if the request is genuine; else NotGenuine.

    `now` is aware. An id counts only where it stands in what was signed or the sender's system promises it.
    """
    if not preset.headers:
        _demand_token(preset, received, secrets)
        return None
    header = _header(received, preset.headers)
    signatures = tuple(_signatures(preset, header))
    if not signatures:
        raise NotGenuine("malformed_signature")
    written = _written(preset, received, header)
    delivery_id = _first(received, preset.id)
    if "{id}" in preset.template and (not delivery_id or "." in delivery_id):
        raise NotGenuine("malformed_id")
    expected = [_digest(preset, received, secret, delivery_id or "", written or "") for secret in secrets]
    if not _any_equal(signatures, expected):
        raise NotGenuine("wrong_signature")
    if preset.timestamp is not None:
        _demand_fresh(preset.timestamp, written or "", now)
    return delivery_id


def is_usable(preset: Preset, secret: str) -> bool:
    """Whether a secret has the form that the preset reads."""
    try:
        return bool(_key(preset, secret))
    except (ValueError, binascii.Error):
        return False


def topic_of(preset: Preset, received: Received) -> str | None:
    """What a request says it is about in a header; None where this sender does not."""
    return _first(received, preset.topic)


def _first(received: Received, names: Iterable[str]) -> str | None:
    return next((received.headers[name] for name in names if name in received.headers), None)


def _header(received: Received, names: Iterable[str]) -> str:
    found = _first(received, names)
    if found is None:
        raise NotGenuine("missing_header")
    if len(found) > HEADER_CHARACTERS_MOST:
        raise NotGenuine("malformed_signature")
    return found


def _pairs(header: str) -> Iterator[tuple[str, str]]:
    for part in header.split(",", 2 * SIGNATURES_MOST):
        name, equals, value = part.strip().partition("=")
        if equals:
            yield name, value


def _signatures(preset: Preset, header: str) -> Iterator[bytes]:
    """The digests that a header holds; what is none is passed over."""
    match preset.form:
        case Form.PAIRS:
            texts = [value for name, value in _pairs(header) if name == preset.prefix]
        case Form.LIST:
            texts = header.split(" ", SIGNATURES_MOST)[:SIGNATURES_MOST]
        case Form.ONE:
            texts = [header.strip()]
    marked = preset.prefix if preset.form is not Form.PAIRS else ""
    for text in texts[:SIGNATURES_MOST]:
        if text.startswith(marked):
            digest = _decoded(text[len(marked) :], preset.encoding)
            if digest is not None:
                yield digest


def _decoded(text: str, encoding: str) -> bytes | None:
    try:
        if encoding == "hex":
            return bytes.fromhex(text) if text.isascii() and text.isalnum() else None
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


def _written(preset: Preset, received: Received, header: str) -> str | None:
    """The timestamp as it was written, which is how it was signed."""
    stamp = preset.timestamp
    if stamp is None:
        return None
    if stamp.field is not None:
        return next((value for name, value in _pairs(header) if name == stamp.field), None)
    return _header(received, stamp.headers)


def _digest(preset: Preset, received: Received, secret: str, delivery_id: str, timestamp: str) -> bytes:
    parts = {
        "{body}": received.body,
        "{id}": _bytes(delivery_id),
        "{timestamp}": _bytes(timestamp),
        "{method}": received.method.encode(),
        "{url}": _HUBSPOT_DECODED.sub(lambda found: chr(int(found[1], 16)), received.url).encode(),
        "{secret}": secret.encode(),
    }
    pieces = re.split(r"(\{[a-z]+\})", preset.template)
    signed = b"".join([parts[piece] if piece in parts else piece.encode() for piece in pieces])
    if not preset.keyed:
        return hashlib.new(preset.algorithm, signed).digest()
    return hmac.digest(_key(preset, secret), signed, preset.algorithm)


def _key(preset: Preset, secret: str) -> bytes:
    if preset.key != "base64":
        return secret.encode()
    return base64.b64decode(secret.removeprefix(preset.key_mark), validate=True)


def _any_equal(found: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Compare all with all, however soon one fits: how long it takes tells nothing."""
    equal = [hmac.compare_digest(one, other) for one in found for other in expected]
    return any(equal)


def _demand_fresh(stamp: Timestamp, written: str, now: datetime) -> None:
    signed_at = _moment(stamp.unit, written)
    if signed_at is None:
        raise NotGenuine("malformed_timestamp")
    if abs(now - signed_at) > timedelta(seconds=stamp.tolerance):
        raise NotGenuine("stale")


def _moment(unit: Unit, written: str) -> datetime | None:
    try:
        if unit is Unit.ISO:
            moment = datetime.fromisoformat(written)
            return moment if moment.tzinfo else None
        if not _NUMBER.fullmatch(written):
            return None
        return datetime.fromtimestamp(int(written) / (1000 if unit is Unit.MILLISECONDS else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _demand_token(preset: Preset, received: Received, secrets: Sequence[str]) -> None:
    given = [received.headers[name] for name in preset.token if name in received.headers]
    given += _basic_passwords(received.headers.get("authorization", ""))
    if not given:
        raise NotGenuine("missing_header")
    if not _any_equal([hashlib.sha256(_bytes(one)).digest() for one in given[:SIGNATURES_MOST]], _hashed(secrets)):
        raise NotGenuine("wrong_token")


def _hashed(secrets: Sequence[str]) -> list[bytes]:
    """Of equal length, so that comparing them tells nothing of a secret's."""
    return [hashlib.sha256(secret.encode()).digest() for secret in secrets]


def _basic_passwords(authorization: str) -> list[str]:
    """The password of HTTP Basic, whatever the user name; Freshdesk sends its API key as either."""
    scheme, _, credentials = authorization.partition(" ")
    decoded = _decoded(credentials.strip(), "base64") if scheme.lower() == "basic" else None
    name, _, password = (decoded or b"").decode("latin-1").partition(":")
    return [part for part in (name, password) if part]


def _bytes(header: str) -> bytes:
    """The value of a header as it was sent: HTTP reads its bytes as Latin-1."""
    return header.encode("latin-1", "replace")
