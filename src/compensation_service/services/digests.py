"""Digests of rows, for events to hold fast: a row that is changed behind the service's back does not fit any more.

What is digested may name or quote a person, so a salt goes in that is kept with the incident alone: once it is erased,
nobody can find out by trying whether a digest was made of certain words.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from operator import attrgetter
from typing import Any, Final, TypeAlias

import orjson

from compensation_service.domain.account import Account
from compensation_service.domain.evidence import Evidence
from compensation_service.domain.follow_up import FollowUp
from compensation_service.domain.ids import RandomBytes
from compensation_service.domain.incident import Reopening
from compensation_service.domain.letter import Letter
from compensation_service.domain.message import Message
from compensation_service.domain.offer import Offer
from compensation_service.domain.offer_move import OfferMove

SALT_BYTES: Final = 16

NAMES: Final[Mapping[type[Any], Callable[[Any], str]]] = {
    Offer: attrgetter("id"),
    OfferMove: lambda move: f"{move.offer_id}/{move.version}",
    Message: attrgetter("id"),
    Evidence: attrgetter("id"),
    Account: attrgetter("id"),
    Letter: attrgetter("id"),
    FollowUp: attrgetter("id"),
    Reopening: lambda reopening: f"{reopening.incident_id}/{reopening.number}",
}
"""What events hold fast, and how it is named there."""

_Reader: TypeAlias = tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]
_readers: dict[type[Any], _Reader] = {}


def of(record: Any, salt: str | None) -> str:  # noqa: ANN401 - any dataclass
    """SHA-256 of a dataclass as compact JSON: its fields that hold something, in order of their names, and the salt.

    What is None, empty, zero or false is left out, so a field that a later version adds changes no digest of before.
    """
    names, values = _reader(type(record))
    filled = {
        name: value.astimezone(UTC) if isinstance(value, datetime) else value
        for name, value in zip(names, values(record), strict=True)
        if value
    }
    return sha256(orjson.dumps([salt, filled], option=orjson.OPT_UTC_Z)).hexdigest()


def held(salt: str | None, *records: object) -> dict[str, str]:
    """The digests of rows by their names, as an event holds them under `holds`."""
    return {NAMES[type(record)](record): of(record, salt) for record in records}


def new_salt(random_bytes: RandomBytes) -> str:
    """Draw the salt of a new incident."""
    return random_bytes(SALT_BYTES).hex()


def _reader(kind: type[Any]) -> _Reader:
    if kind not in _readers:
        names = tuple(sorted(field.name for field in fields(kind)))
        _readers[kind] = names, attrgetter(*names)
    return _readers[kind]
