"""What a policy document must hold. Every rule is tried, and all that is broken is told at once."""

from itertools import chain

from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.problems import Finding
from compensation_service.policies.rules import (
    categories,
    completeness,
    currencies,
    curves,
    goodwill,
    kinds,
    limits,
    menus,
    schemes,
    signals,
)

RULES = (completeness, currencies, curves, categories, kinds, menus, goodwill, limits, schemes, signals)


def findings(document: PolicyDocument) -> list[Finding]:
    """All broken rules of a document; none means that it may become a policy."""
    return list(chain.from_iterable(rule.check(document) for rule in RULES))
