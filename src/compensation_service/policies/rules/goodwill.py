"""Caps, floors and the order of things in the amount."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from compensation_service.decision.facts import Fault
from compensation_service.decision.policy import Band
from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.problems import Finding

TOTAL_CAP_MAX = Decimal("1.50")
"""Nothing is gained by giving more than this share of the value (Haesevoets et al. 2017)."""


def check(document: PolicyDocument) -> Iterator[Finding]:
    """The goodwill of a policy, and its bands."""
    yield from _caps(document)
    yield from _rejected(document)
    yield from _fault(document)
    yield from _bands(document)


def _caps(document: PolicyDocument) -> Iterator[Finding]:
    goodwill = document.goodwill
    if goodwill.total_cap > TOTAL_CAP_MAX:
        reason = f"{goodwill.total_cap} is above {TOTAL_CAP_MAX}: nothing is gained by more."
        yield Finding(("goodwill", "total_cap"), "total_cap_too_high", reason, f"Lower it to at most {TOTAL_CAP_MAX}.")
    if goodwill.floor > goodwill.most:
        reason = f"the floor {goodwill.floor} is above the cap {goodwill.most}: nothing could ever be offered."
        yield Finding(("goodwill", "floor"), "floor_above_cap", reason, "Lower the floor, or raise `most`.")


def _rejected(document: PolicyDocument) -> Iterator[Finding]:
    goodwill = document.goodwill
    if goodwill.rejected_cap > goodwill.total_cap - 1:
        reason = f"{goodwill.rejected_cap} on top of the money back is above the total_cap {goodwill.total_cap}."
        yield Finding(("goodwill", "rejected_cap"), "rejected_cap_too_high", reason, "Lower it, or raise `total_cap`.")
    if goodwill.rejected_base + goodwill.rejected_slope > goodwill.rejected_cap:
        reason = "at severity 1 the share is above the rejected_cap."
        yield Finding(("goodwill", "rejected_slope"), "share_above_cap", reason, "Lower it, or raise `rejected_cap`.")


def _fault(document: PolicyDocument) -> Iterator[Finding]:
    factors = document.goodwill.fault
    known = [fault for fault in Fault if fault in factors]
    for before, after in pairwise(known):
        if factors[after] > factors[before]:
            reason = f"`{after.value}` weighs more than `{before.value}`."
            yield Finding(
                ("goodwill", "fault", after.value), "fault_order", reason, f"Write at most {factors[before]}."
            )
    if factors.get(Fault.CUSTOMER):
        reason = "for the customer's own mistake there is help, not goodwill."
        yield Finding(("goodwill", "fault", Fault.CUSTOMER.value), "fault_of_customer", reason, "Write 0 here.")


def _bands(document: PolicyDocument) -> Iterator[Finding]:
    begins = document.severity.bands
    known = [band for band in Band if band in begins]
    if begins.get(Band.TRIVIAL):
        reason = "the first band begins above 0, and a score below it would have none."
        yield Finding(("severity", "bands", "trivial"), "bands_not_rising", reason, "Write 0 here.")
    for before, after in pairwise(known):
        if begins[after] <= begins[before]:
            reason = f"`{after.value}` does not begin above `{before.value}`."
            advice = f"Write more than {begins[before]} here."
            yield Finding(("severity", "bands", after.value), "bands_not_rising", reason, advice)
