"""Signals: each names a category that is there, and says how bad it is where its value does not measure that."""

from collections.abc import Iterator

from compensation_service.policies.document import Category, PolicyDocument, Signal
from compensation_service.policies.problems import Finding


def check(document: PolicyDocument) -> Iterator[Finding]:
    """All signals of a policy."""
    for kind, signal in document.signals.items():
        path = ("signals", kind.value)
        category = document.categories.get(signal.category)
        if category is None:
            reason = f"there is no category `{signal.category}`."
            yield Finding((*path, "category"), "unknown_category", reason, "Name one of the categories of this policy.")
        else:
            yield from _grade(path, signal, category)
        if signal.at_least is None and signal.at_most is None:
            reason = "every value of this signal would make an incident."
            yield Finding(path, "signal_unbounded", reason, "Say `at_least`, or `at_most`, or both.")


def _grade(path: tuple[str, ...], signal: Signal, category: Category) -> Iterator[Finding]:
    if category.grades is None and signal.grade is not None:
        reason = f"`{signal.category}` is not measured by grades."
        yield Finding((*path, "grade"), "unknown_grade", reason, "Leave it out: the value of the signal measures it.")
    elif category.grades is not None and signal.grade not in category.grades:
        reason = f"`{signal.category}` has no grade `{signal.grade}`." if signal.grade else "no grade is named."
        yield Finding((*path, "grade"), "unknown_grade", reason, f"Name a grade of `{signal.category}`.")
