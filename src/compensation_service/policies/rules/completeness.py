"""Tables that the decision looks into name every member of their list."""

from collections.abc import Collection, Iterator
from enum import StrEnum

from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.policy import Band
from compensation_service.policies.document import PolicyDocument
from compensation_service.policies.problems import Finding, Path


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All tables of a policy, the bands of its menus included."""
    for path, table, words in _tables(document):
        for word in words:
            if word not in table:
                yield Finding(path, "incomplete", f"there is no entry for `{word.value}`.", f"Add `{word.value}`.")
    for name, menu in document.menus.items():
        for band in Band:
            if band not in menu.kept:
                reason = f"the band `{band.value}` is left empty."
                yield Finding(("menus", name, "kept"), "menu_band_empty", reason, f"Add options for `{band.value}`.")
    if "standard" not in document.loyalty.tiers:
        reason = "customers without a tier are `standard`, which is not here."
        yield Finding(("loyalty", "tiers"), "incomplete", reason, "Add `standard: 0`.")


def _tables(document: PolicyDocument) -> Iterator[tuple[Path, Collection[StrEnum], type[StrEnum]]]:
    yield ("severity", "bands"), document.severity.bands, Band
    yield ("goodwill", "fault"), document.goodwill.fault, Fault
    yield ("kinds",), document.kinds, RemedyKind
    yield ("clocks", "by_band"), document.clocks.by_band, Band
    for code, category in document.categories.items():
        if category.delay is not None:
            yield ("categories", code, "delay", "service_levels"), category.delay.service_levels, ServiceLevel
        if category.wait is not None:
            yield ("categories", code, "wait", "targets"), category.wait.targets, Channel
