"""Facts as they are kept beside each offer, so that any decision can be decided again."""

from typing import Final

from pydantic import TypeAdapter

from compensation_service.decision.facts import Facts

_FACTS: Final = TypeAdapter(Facts)


def pack(facts: Facts) -> str:
    """Facts as JSON, nothing lost."""
    return _FACTS.dump_json(facts, exclude_defaults=True).decode()


def unpack(text: str) -> Facts:
    """The facts that were packed, equal to what they were."""
    return _FACTS.validate_json(text)
