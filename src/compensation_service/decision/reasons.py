"""Why a number is what it is: codes and values. `letters/` puts them into words, in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from functools import lru_cache

from compensation_service.decision.exact import ONE
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


@lru_cache(4096)
def constant(code: str, value: Decimal) -> Factor:
    """A factor that a policy gives again and again: nothing in it is of one case."""
    return Factor(code, {}, value)


def fold(factors: Iterable[Factor]) -> Decimal:
    """Work the factors through, starting from 1."""
    result = ONE
    for factor in factors:
        result = result * factor.value if factor.operation is Operation.TIMES else min(result, factor.value)
    return result
