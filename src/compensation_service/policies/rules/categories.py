"""Categories: one measure each, shares within their bounds, and nothing named that is not there."""

from collections.abc import Iterator
from decimal import Decimal

from compensation_service.decision.policy import Basis, Mode
from compensation_service.policies.document import MAGNITUDES, Category, PolicyDocument
from compensation_service.policies.problems import Finding

SHARE_CAP_MAX = Decimal("0.60")
"""Kept is concave and rejected steep from 60 to 120 %, so nothing lies in between (Gelbrich et al. 2015)."""


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All categories of a policy, and where else they are named."""
    for code, category in document.categories.items():
        yield from _shares(code, category)
        yield from _measure(code, category)
        yield from _modes(code, category)
        yield from _menu(code, category, document)
    for place, named in enumerate(document.approval.person_for_grades):
        path = ("approval", "person_for_grades", place)
        found = document.categories.get(named.category)
        if found is None:
            reason = f"there is no category `{named.category}`."
            yield Finding((*path, "category"), "unknown_category", reason, "Name one of the categories of this policy.")
        elif named.grade not in (found.grades or {}):
            reason = f"`{named.category}` has no grade `{named.grade}`."
            yield Finding((*path, "grade"), "unknown_grade", reason, "Name one of its grades.")


def _shares(code: str, category: Category) -> Iterator[Finding]:
    path = ("categories", code)
    if not category.ceiling:
        reason = "with a ceiling of 0 nothing here is ever serious."
        yield Finding((*path, "ceiling"), "ceiling_zero", reason, "Raise it above 0, or remove the category.")
    if category.share_cap > SHARE_CAP_MAX:
        reason = f"{category.share_cap} is above {SHARE_CAP_MAX}: what is kept is never paid from 60 to 100 %."
        yield Finding((*path, "share_cap"), "share_cap_too_high", reason, f"Lower it to at most {SHARE_CAP_MAX}.")
    if category.share_max > category.share_cap:
        reason = f"{category.share_max} is above the share_cap {category.share_cap}."
        yield Finding((*path, "share_max"), "share_above_cap", reason, "Lower it, or raise the cap.")


def _measure(code: str, category: Category) -> Iterator[Finding]:
    path = ("categories", code)
    given = [name for name in MAGNITUDES if getattr(category, name) is not None]
    if len(given) != 1:
        reason = f"{len(given)} of {', '.join(MAGNITUDES)} are given; exactly one says how bad it was."
        yield Finding(path, "one_magnitude", reason, "Keep one, or add one.")
    if category.grades == {}:
        yield Finding((*path, "grades"), "no_grades", "there is no grade to choose.", "Add at least one grade.")
    for place, grade in enumerate(category.undoing):
        if grade not in (category.grades or {}):
            reason = f"there is no grade `{grade}` here."
            yield Finding((*path, "undoing", place), "unknown_grade", reason, "Name one of the category's grades.")


def _modes(code: str, category: Category) -> Iterator[Finding]:
    if category.basis is Basis.PROCESS and (category.undoing or category.mode is Mode.REJECTED):
        reason = "with the basis `process` there is nothing to give back."
        advice = "Remove `undoing` and `mode: rejected`, or take the basis `affected`."
        yield Finding(("categories", code, "basis"), "process_rejected", reason, advice)


def _menu(code: str, category: Category, document: PolicyDocument) -> Iterator[Finding]:
    path = ("categories", code, "menu")
    menu = document.menus.get(category.menu)
    if menu is None:
        reason = f"there is no menu `{category.menu}`."
        yield Finding(path, "unknown_menu", reason, f"Name one of {', '.join(document.menus)}.")
    elif menu.rejected is None and category.basis is Basis.AFFECTED:
        reason = f"the menu `{category.menu}` has no `rejected`, but what is affected here can be given back."
        yield Finding(path, "menu_without_rejected", reason, "Add `rejected` to the menu, or take another menu.")
