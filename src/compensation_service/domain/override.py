"""An override: what a person of authority gives in the place of what the policy said."""

from dataclasses import dataclass

from compensation_service.decision.facts import RemedyKind


@dataclass(frozen=True, slots=True)
class GivenRemedy:
    """One thing that a person gives. `value_minor` is what it shows on its face, None for what carries no money."""

    kind: RemedyKind
    value_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """Why, and what on top of what is owed: so much goodwill in the forms of the policy, or else these remedies.

    Money is in minor units of the offer's currency. Exactly one of `goodwill_minor` and `remedies` is there.
    """

    reason: str
    goodwill_minor: int | None = None
    remedies: tuple[GivenRemedy, ...] = ()
