"""A budget's arithmetic: what is left, what is low, and what an end of an offer does to a reservation."""

from datetime import UTC, datetime

import pytest

from compensation_service.domain.budget import BudgetChange, EntryKind, LimitBelowUsed, month
from records import NOON, budget, budget_entry


def test_a_month_ends_where_the_next_one_begins():
    assert month(2026, 2) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    assert month(2026, 12) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_what_is_reserved_or_spent_is_not_left():
    used = budget(limit_minor=1000, reserved_minor=300, spent_minor=200)
    assert (used.liable_minor, used.left_minor) == (500, 500)


@pytest.mark.parametrize(
    ("spent", "percent", "low"), [(899, 10, False), (900, 10, True), (999, 0, False), (1000, 0, True)]
)
def test_low_is_so_much_of_the_limit_or_less(spent, percent, low):
    assert budget(limit_minor=1000, spent_minor=spent, low_percent=percent).is_low is low


def test_a_budget_covers_its_currency_and_its_category_or_all():
    assert budget().covers("EUR", "late_delivery")
    assert not budget().covers("USD", "late_delivery")
    assert budget(category="other").covers("EUR", "other")
    assert not budget(category="other").covers("EUR", "late_delivery")


def test_what_is_not_spent_is_released():
    entries = list(budget_entry(1, amount=1450).settled(1087, NOON))
    assert [(entry.kind, entry.amount_minor) for entry in entries] == [
        (EntryKind.SPEND, 1087),
        (EntryKind.RELEASE, 363),
    ]
    assert sum(entry.reserved_minor for entry in entries) == -1450
    assert sum(entry.spent_minor for entry in entries) == 1087
    assert [entry.kind for entry in budget_entry(1).settled(0, NOON)] == [EntryKind.RELEASE]
    assert [entry.amount_minor for entry in budget_entry(1).settled(1450, NOON)] == [1450, 0]


def test_a_limit_is_not_lowered_below_what_is_used():
    used = budget(limit_minor=1000, reserved_minor=300, spent_minor=200, low_percent=10)
    lowered = used.changed(BudgetChange(limit_minor=500), "second", NOON)
    assert (lowered.left_minor, lowered.low_since, lowered.version, lowered.changed_by) == (0, NOON, 2, "second")
    with pytest.raises(LimitBelowUsed):
        used.changed(BudgetChange(limit_minor=499), "second", NOON)
    assert lowered.changed(BudgetChange(limit_minor=1000), "second", NOON).low_since is None
