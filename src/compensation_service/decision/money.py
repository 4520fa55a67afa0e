"""Money: an integer of minor units and an ISO 4217 currency. No float ever touches it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import ceil

from compensation_service.decision.exact import Exact, nearest, round_up_to, whole_part


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, kopecks, fils) of one currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the neat rounding: amounts below `below` minor units go up to a multiple of `step`."""

    below: int | None
    step: int


@dataclass(frozen=True, slots=True)
class CurrencyTerms:
    """What a policy says about one currency; all amounts in minor units.

    `reference_value` is V, the order value to which the policy's figures are scaled; `exponent` the number of decimals
    of the minor unit (ISO 4217).
    """

    code: str
    reference_value: int
    steps: Sequence[Step]
    exponent: int = 2

    def neat(self, exact: Exact, cap: Exact) -> int:
        """Round up to the neat step of its size, never across the cap: there it stays at the cap's whole minor unit."""
        for row in self.steps:
            if row.below is None or exact < row.below:
                break
        return min(round_up_to(exact, row.step), whole_part(cap))


@lru_cache(4096)
def face_value(cash_worth: int, factor: Decimal) -> int:
    """What a kind shows on its face for a cash worth, rounded up to the minor unit."""
    return ceil(cash_worth * factor)


@lru_cache(4096)
def cost_of(face: int, cost_ratio: Decimal) -> int:
    """What the merchant expects a remedy to cost, to the nearest minor unit."""
    return nearest(face * cost_ratio)
