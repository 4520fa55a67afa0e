"""When somebody asks, and what is shown before it is written down."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from compensation_service.domain.follow_up import FollowUp, FollowUpStatus, due_at

DECIDED = datetime(2026, 3, 5, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
FOLLOW_UP = FollowUp(
    "fup_1", "acme", "inc_1", "off_1", FollowUpStatus.PLANNED, DECIDED + WEEK, DECIDED + timedelta(hours=1)
)


@pytest.mark.parametrize(
    ("taken_after", "due_after"),
    [
        (timedelta(0), WEEK),
        (WEEK - timedelta(seconds=1), WEEK),
        (WEEK, 2 * WEEK),
        (2 * WEEK, 3 * WEEK),
    ],
)
def test_it_is_due_when_the_offer_said_or_as_long_after_a_late_acceptance(taken_after, due_after):
    assert due_at(DECIDED + WEEK, DECIDED, DECIDED + taken_after) == DECIDED + due_after


@pytest.mark.parametrize("status", FollowUpStatus)
def test_what_is_planned_is_shown_as_due_from_its_moment_on(status):
    kept = replace(FOLLOW_UP, status=status)
    just_before = FOLLOW_UP.due_at - timedelta(microseconds=1)
    assert kept.status_at(just_before) is status
    shown = FollowUpStatus.DUE if status is FollowUpStatus.PLANNED else status
    assert kept.status_at(FOLLOW_UP.due_at) is shown
