"""A checked CEL expression as a tree.

The checker hands out its result as the standard's `cel.expr.CheckedExpr` message; what is needed of it is read here
from the wire format, so that what was checked is what is evaluated.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: a text, true or false, a number (still as the double that stands for its decimal), or null."""

    value: object


@dataclass(frozen=True, slots=True)
class Ident:
    """A name, dots included where the whole of it is declared."""

    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """A field of something; `tested` asks only whether it is there."""

    operand: "Node"
    field: str
    tested: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator; the receiver of a method is its first argument."""

    function: str
    args: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Elements:
    """A list."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """What `exists`, `all`, `filter` and `map` are underneath."""

    item: str
    items: "Node"
    accumulator: str
    start: "Node"
    proceed: "Node"
    step: "Node"
    result: "Node"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something of CEL that conditions do not use."""


Node: TypeAlias = Literal | Ident | Select | Call | Elements | Fold | Unknown

_ANY_VALUE, _CHECKED_EXPR = 2, 4
_CONST, _IDENT, _SELECT, _CALL, _LIST, _FOLD = 3, 4, 5, 6, 7, 9
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_tree(serialized: bytes) -> Node:
    """The tree of a serialized checked expression."""
    checked = _last(serialized, _ANY_VALUE)
    return _node(_last(checked, _CHECKED_EXPR))


def _node(message: bytes) -> Node:
    for number, value in _fields(message):
        if number in _READERS and isinstance(value, bytes):
            return _READERS[number](value)
    return Unknown()


def _const(message: bytes) -> Node:
    for number, value in _fields(message):
        if number == 1:
            return Literal(None)
        if number == 2:
            return Literal(bool(value))
        if number == 3 and isinstance(value, int):
            return Literal(value - (1 << 64) if value >> 63 else value)
        if number == 5 and isinstance(value, bytes):
            return Literal(struct.unpack("<d", value)[0])
        if number == 6 and isinstance(value, bytes):
            return Literal(value.decode())
    return Unknown()


def _ident(message: bytes) -> Node:
    return Ident(_last(message, 1).decode())


def _select(message: bytes) -> Node:
    tested = any(number == 3 and value for number, value in _fields(message))
    return Select(_node(_last(message, 1)), _last(message, 2).decode(), tested)


def _call(message: bytes) -> Node:
    parts = [(number, value) for number, value in _fields(message) if isinstance(value, bytes)]
    args = [_node(value) for number, value in parts if number in (1, 3)]
    return Call(_last(message, 2).decode(), tuple(args))


def _elements(message: bytes) -> Node:
    return Elements(
        tuple(_node(value) for number, value in _fields(message) if number == 1 and isinstance(value, bytes))
    )


def _fold(message: bytes) -> Node:
    items, start, proceed, step, result = (_node(_last(message, number)) for number in (2, 4, 5, 6, 7))
    return Fold(_last(message, 1).decode(), items, _last(message, 3).decode(), start, proceed, step, result)


_READERS = {_CONST: _const, _IDENT: _ident, _SELECT: _select, _CALL: _call, _LIST: _elements, _FOLD: _fold}


def _last(message: bytes, wanted: int) -> bytes:
    """The bytes of a field; empty where it is not there."""
    found = b""
    for number, value in _fields(message):
        if number == wanted and isinstance(value, bytes):
            found = value
    return found


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire == _BYTES:
            length, place = _varint(message, place)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}[wire]
        yield number, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
