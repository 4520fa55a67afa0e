"""Currencies are those of ISO 4217, and their amounts exist in them."""

from collections.abc import Iterator
from decimal import Decimal

from compensation_service.policies.document import Currency, PolicyDocument
from compensation_service.policies.iso import exponent
from compensation_service.policies.problems import Finding, Path


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All currencies of a policy."""
    for code, terms in document.currencies.items():
        path = ("currencies", code)
        digits = exponent(code)
        if digits is None:
            reason = "this is not a currency of ISO 4217."
            yield Finding(path, "unknown_currency", reason, "Write its three-letter code, or remove it.")
            continue
        for place, amount in _amounts(path, terms):
            if amount != round(amount, digits):
                reason = f"{amount} is no amount in {code}, which has {digits} decimals."
                yield Finding(place, "no_such_amount", reason, "Round it to the currency's smallest unit.")
        yield from _steps((*path, "neat"), terms)


def _amounts(path: Path, terms: Currency) -> Iterator[tuple[Path, Decimal]]:
    yield (*path, "reference_value"), terms.reference_value
    for place, row in enumerate(terms.neat):
        yield (*path, "neat", place, "step"), row.step
        if row.below is not None:
            yield (*path, "neat", place, "below"), row.below


def _steps(path: Path, terms: Currency) -> Iterator[Finding]:
    before = Decimal(0)
    for place, row in enumerate(terms.neat[:-1]):
        if row.below is None or row.below <= before:
            reason = "only the last step stands for all that is above, and the others rise."
            yield Finding((*path, place), "steps_not_rising", reason, f"Give it a `below` above {before}.")
        before = row.below or before
    if terms.neat[-1].below is not None:
        reason = "nothing says how amounts above it are rounded."
        yield Finding((*path, len(terms.neat) - 1), "last_step_bounded", reason, "Add a last step without `below`.")
