"""The gate for JSON bodies: bytes that pass are strict, bounded JSON; everything after may rely on that.

What passes: UTF-8 without byte order mark, at most `most` bytes, no key twice in one object, no NaN, Infinity, exponent
or huge number, no half surrogate pair, no control or bidirectional control character, at most DEPTH_MOST levels,
KEYS_MOST keys in an object, KEYS_IN_ALL_MOST in all and STRING_BYTES_MOST bytes in a string. Most bodies are small
and plain, and pass by counting (`is_plain`); every other one is read with care (`read`). The hot routes leave what is
modest (`is_modest`) to their models.
"""

import json
import re
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from compensation_service.api.header import Fields
from compensation_service.api.problems import KINDS, FieldError, Problem

DEPTH_MOST = 32
KEYS_MOST = 1_000
KEYS_IN_ALL_MOST = 4_000
STRING_BYTES_MOST = 4_096
DIGITS_MOST = 19
FRACTION_CHARACTERS_MOST = 32
PLAIN_BYTES_MOST = 4_096
"""A body of so many bytes cannot hold a string that is too long, nor too many different keys."""
LONG_NUMBER = b"0" * 16
"""Numbers without so many digits in a row, here with every digit made 0, are neither huge nor too long."""

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls; new line and tab pass
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates: text that reads as another text
    "\ue000-\uf8ff\U000f0000-\U0010ffff]"  # private use
    "|\r(?!\n)"  # a carriage return passes as part of a line end only
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BRACKET_OR_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")

_BACKSLASH, _DELETE, _NEW_LINE, _RETURN, _TAB = b"\\\x7f\n\r\t"
"""As numbers: a byte is looked for much faster than bytes are."""
_NUMBERS = bytes.maketrans(string.digits.encode() + b"E", b"0" * 10 + b"e")


async def read_json(fields: Fields, receive: Receive, most: int, string_bytes_most: int = STRING_BYTES_MOST) -> bytes:
    """Read a request's body and let it through the gate; a Problem says what is wrong with it."""
    body = await read_body(fields, receive, most)
    check(body, string_bytes_most)
    return body


async def read_body(fields: Fields, receive: Receive, most: int) -> bytes:
    """Read at most `most` bytes of JSON; larger bodies are refused before they are read where their length is given."""
    _check_header(fields, most)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _read_on(body, receive, most)
    elif message["type"] == "http.disconnect":
        raise ClientDisconnect
    return _accepted(body, fields, most)


def take_body(fields: Fields, take: Callable[[], bytes | None], most: int) -> bytes | None:
    """What `read_body` reads, if all of it is there and can be taken; None if somebody has to wait for it."""
    _check_header(fields, most)
    body = take()
    return None if body is None else _accepted(body, fields, most)


def _check_header(fields: Fields, most: int) -> None:
    if b"content-length" in fields:
        _check_length(fields[b"content-length"], most)
    if fields.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise Problem("unsupported_encoding", headers={"Accept-Encoding": "identity"})


def _accepted(body: bytes, fields: Fields, most: int) -> bytes:
    if len(body) > most:
        _too_large(most)
    if not body:
        raise Problem("empty_body")
    content_type = fields.get(b"content-type", b"")
    if content_type != b"application/json" and not _is_json(content_type):
        raise Problem("unsupported_media_type", headers={"Accept": "application/json"})
    return body


async def _read_on(begun: bytes, receive: Receive, most: int) -> bytes:
    parts, size, more = [begun], len(begun), True
    while more:
        if size > most:
            _too_large(most)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


def _check_length(value: bytes, most: int) -> None:
    if not value.isdigit():
        raise Problem("bad_request", "Content-Length is not a number.")
    if len(value) > DIGITS_MOST or int(value) > most:
        _too_large(most)


def _too_large(most: int) -> NoReturn:
    raise Problem("body_too_large", f"The body may have {most} bytes at most.")


def _is_json(content_type: bytes) -> bool:
    essence, _, parameters = content_type.partition(b";")
    charset = parameters.replace(b" ", b"").replace(b'"', b"").lower()
    return essence.strip().lower() == b"application/json" and charset in (b"", b"charset=utf-8")


def check(body: bytes, string_bytes_most: int = STRING_BYTES_MOST) -> None:
    """Refuse what is not strict, bounded JSON with a Problem."""
    if len(body) > string_bytes_most or not is_plain(body):
        read(body, string_bytes_most)


def is_modest(body: bytes) -> bool:
    """Whether a strict model without fractions finds all that is wrong with a body, but for a key that is there twice.

    It is small, ASCII, in one line and without escapes: what is left to refuse is no JSON, or a number or a depth that
    no such model takes. No blank stands before a colon, so that keys can be counted.
    """
    if len(body) > PLAIN_BYTES_MOST or not body.isascii() or _BACKSLASH in body or _DELETE in body:
        return False
    return not (_NEW_LINE in body or _RETURN in body or _TAB in body or body.find(b" :") >= 0)


def count_keys(modest: bytes) -> int:
    """How many keys a modest body has: one that is there twice is two, and a text that begins with a colon is one."""
    return modest.count(b'":')


def is_plain(body: bytes) -> bool:
    """Whether a body is small, simple and surely good, so that `read` need not look at it.

    Without escapes every string has two quotation marks; a key that is there twice is read once, and loses them.
    """
    if len(body) > PLAIN_BYTES_MOST or not body.isascii() or body.count(b"{") + body.count(b"[") > DEPTH_MOST:
        return False
    shape = body.translate(_NUMBERS)
    if _BACKSLASH in shape or _DELETE in shape or b"0e" in shape or LONG_NUMBER in shape:
        return False
    try:
        return orjson.dumps(orjson.loads(body)).count(b'"') == body.count(b'"')
    except orjson.JSONDecodeError:
        return False


def read(body: bytes, string_bytes_most: int = STRING_BYTES_MOST) -> object:
    """Read a body whose form may be anything, as `check` does; its value, with every number replaced by 0."""
    text = _decode(body)
    if body.count(b"{") + body.count(b"[") > DEPTH_MOST:
        _check_depth(body)
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise Problem("invalid_json") from error
    if body.count(b":") > KEYS_IN_ALL_MOST and _count_keys(value) > KEYS_IN_ALL_MOST:
        raise Problem("too_many_keys")
    if len(body) > STRING_BYTES_MOST or b"\\" in body or b"\x7f" in body or not body.isascii():
        for pointer, string in _strings(value, ""):
            _check_string(pointer, string, string_bytes_most)
    return value


def _decode(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise Problem("invalid_encoding")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Problem("invalid_encoding") from error


def _check_depth(body: bytes) -> None:
    depth = 0
    for match in _BRACKET_OR_STRING.finditer(body):
        token = match[0]
        if token in b"{[":
            depth += 1
            if depth > DEPTH_MOST:
                raise Problem("too_deep")
        elif token in b"}]":
            depth -= 1


def _check_string(pointer: str, string: str, most: int) -> None:
    if _SURROGATE.search(string):
        raise Problem("invalid_encoding")
    if len(string) * 4 > most and len(string.encode()) > most:
        raise _at(pointer, "string_too_long")
    if _FORBIDDEN.search(string):
        raise _at(pointer, "forbidden_character")


def has_forbidden_character(text: str) -> bool:
    """Whether a text from elsewhere than a body, such as a query parameter, holds a character the gate refuses."""
    return bool(_FORBIDDEN.search(text) or _SURROGATE.search(text))


def _at(pointer: str, code: str) -> Problem:
    return Problem(code, errors=[FieldError(pointer, code, KINDS[code].help)])


def _strings(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Every string in a value, keys included, with the pointer to it (for a key: to its object)."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield pointer, key
            yield from _strings(item, extend(pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{pointer}/{index}")


def extend(pointer: str, key: str) -> str:
    """Lengthen a JSON pointer by a key; a key that no field of ours could have is left out: input is never echoed."""
    return f"{pointer}/{key}" if _PLAIN_KEY.fullmatch(key) else pointer


def _count_keys(value: object) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_count_keys, value.values()))
    if isinstance(value, list):
        return sum(map(_count_keys, value))
    return 0


def _without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem("duplicate_key")
    if len(found) > KEYS_MOST:
        raise Problem("too_many_keys")
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > DIGITS_MOST:
        raise Problem("unusable_number")
    return 0


def _fraction(digits: str) -> int:
    if "e" in digits or "E" in digits or len(digits) > FRACTION_CHARACTERS_MOST:
        raise Problem("unusable_number")
    return 0


def _constant(_: str) -> NoReturn:
    raise Problem("unusable_number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)
