"""Who may agree to what, when a person looks, and by when things are done."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf

from compensation_service.decision.policy import Band, Role
from compensation_service.policies.document import ClockTerms, PolicyDocument
from compensation_service.policies.problems import Finding


def check(document: PolicyDocument) -> Iterator[Finding]:
    """Limits, signals and clocks of a policy."""
    yield from _roles(document)
    yield from _amounts(document)
    yield from _signals(document)
    yield from _clocks(document)


def _roles(document: PolicyDocument) -> Iterator[Finding]:
    path = ("approval", "limits")
    limits = document.approval.limits
    if [limit.role for limit in limits] != list(Role):
        named = ", ".join(Role)
        yield Finding(path, "limits_order", "each role stands here once, in rising order.", f"Write {named}.")
    if limits[-1].most is not None:
        reason = "nobody could agree to an amount above it."
        yield Finding((*path, len(limits) - 1, "most"), "last_limit_bounded", reason, "Leave out the last `most`.")


def _amounts(document: PolicyDocument) -> Iterator[Finding]:
    before, name = document.approval.automatic_most, "automatic_most"
    for place, limit in enumerate(document.approval.limits[:-1]):
        path = ("approval", "limits", place)
        if limit.most is None:
            reason = "only the last role has no limit."
            yield Finding(path, "limits_not_rising", reason, f"Give it a `most` of at least {before}.")
        elif limit.most < before:
            reason = f"{limit.most} is below {before}, the limit of {name}."
            yield Finding((*path, "most"), "limits_not_rising", reason, f"Write at least {before} here.")
        else:
            before, name = limit.most, limit.role.value


def _signals(document: PolicyDocument) -> Iterator[Finding]:
    guards, repeats = document.guards, document.severity.repeats
    if guards.claim_rate_person < guards.claim_rate_evidence:
        reason = "a person would look before evidence is asked for."
        advice = f"Write at least {guards.claim_rate_evidence} here."
        yield Finding(("guards", "claim_rate_person"), "signals_not_rising", reason, advice)
    for path, value in (
        (("approval", "person_for_critical_repeats"), document.approval.person_for_critical_repeats),
        (("clocks", "hurried_from_repeats"), document.clocks.hurried_from_repeats),
    ):
        if value > repeats.most:
            reason = f"earlier incidents never weigh more than {repeats.most}."
            yield Finding(path, "never_reached", reason, f"Write at most {repeats.most} here.")


def _clocks(document: PolicyDocument) -> Iterator[Finding]:
    rows = document.clocks.by_band
    for before, after in pairwise(band for band in Band if band in rows):
        for name in ClockTerms.model_fields:
            if _hours(rows[after], name) > _hours(rows[before], name):
                reason = f"`{after.value}` is given more time than `{before.value}`."
                path = ("clocks", "by_band", after.value, name)
                yield Finding(path, "clocks_not_falling", reason, f"Write at most {getattr(rows[before], name)} here.")
    if document.clocks.hurried is not Band.CRITICAL:
        reason = "repeated trouble is answered as fast as the worst."
        yield Finding(("clocks", "hurried"), "clocks_not_falling", reason, "Write `critical` here.")


def _hours(terms: ClockTerms, name: str) -> float:
    """The hours of a step; where nobody asks afterwards they never end."""
    hours: int = getattr(terms, name)
    return inf if name == "follow_up" and not hours else hours
