"""What was worked out before: a policy remembers it where it follows from a few words and numbers that come again."""

from collections.abc import Hashable
from typing import TypeVar

REMEMBERED = 4_096
"""How much is kept in one place before it is all forgotten; what is asked for daily is soon there again."""

Kept = TypeVar("Kept")


class Memory(dict[Hashable, Kept]):
    """Values by what they follow from, at most REMEMBERED. A value is the same whether it was remembered or not."""

    def keep(self, name: Hashable, value: Kept) -> Kept:
        """Remember a value, and answer it."""
        if len(self) >= REMEMBERED:
            self.clear()
        self[name] = value
        return value
