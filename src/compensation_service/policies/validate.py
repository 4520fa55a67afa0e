"""What a policy document must hold. Every rule is tried, and all that is broken is told at once."""

from collections.abc import Callable, Iterator
from itertools import chain

from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.problems import Finding

RULES: tuple[Callable[[PolicyDocument], Iterator[Finding]], ...] = ()


def findings(document: PolicyDocument) -> list[Finding]:
    """All broken rules of a document; none means that it may become a policy."""
    return list(chain.from_iterable(rule(document) for rule in RULES))
