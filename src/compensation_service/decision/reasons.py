"""Why a number is what it is: codes and values. `letters/` puts them into words, in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from compensation_service.decision.exact import ONE
from compensation_service.decision.memory import Memory
from compensation_service.decision.record import record
from compensation_service.decision.word import Word


class Operation(Word):
    """How a factor acts on what the factors before it gave."""

    TIMES = "times"
    AT_MOST = "at_most"


@record
class Reason:
    """One sentence of an explanation: a stable code, and what the sentence mentions."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@record
class Factor(Reason):
    """A reason with a number. Folding the factors of an amount in their order gives that amount exactly."""

    value: Decimal = ONE
    operation: Operation = Operation.TIMES


@record
class Constant(Factor):
    """A factor that comes again and again, for nothing in it is of one case."""

    made: Memory[Any] = field(default_factory=Memory, init=False, repr=False, compare=False)
    """What was made of it before, by whoever made it."""


@lru_cache(4096)
def constant(code: str, value: Decimal) -> Constant:
    """The one factor of this code and this value that mentions nothing."""
    return Constant(code, {}, value)


def fold(factors: Iterable[Factor]) -> Decimal:
    """Work the factors through, starting from 1."""
    result = ONE
    for factor in factors:
        result = result * factor.value if factor.operation is Operation.TIMES else min(result, factor.value)
    return result
