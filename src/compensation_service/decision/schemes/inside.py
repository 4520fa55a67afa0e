"""What a computation is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from compensation_service.decision.schemes.calendars import Calendar
from compensation_service.decision.schemes.conditions import Condition


def inside(part: object) -> Iterator[object]:
    """A term and all terms of which it is made; of a condition the names that it speaks of.

    Named values and parameters are given by name, without what they hold. Anything that is made of terms can be asked:
    a remedy, a choice, a mapping, a whole list of them.
    """
    yield part
    inner: tuple[object, ...] = ()
    if isinstance(part, Condition):
        inner = part.seen
    elif isinstance(part, Mapping):
        inner = tuple(part.values())
    elif isinstance(part, tuple | list):
        inner = tuple(part)
    elif is_dataclass(part) and not isinstance(part, Calendar):
        inner = tuple(getattr(part, field.name) for field in fields(part))
    for one in inner:
        yield from inside(one)
