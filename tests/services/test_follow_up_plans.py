"""Whether somebody asks at all."""

from datetime import timedelta

import pytest

import records
from compensation_service.domain.follow_up import FollowUpStatus
from compensation_service.services.follow_up_plans import planned
from records import NOON


@pytest.mark.parametrize(("hours", "asked"), [(0, False), (1, True)])
def test_a_policy_that_leaves_no_time_for_it_asks_nobody(hours, asked):
    offer = records.offer(1, follow_up_at=NOON + timedelta(hours=hours)).offer
    follow_up = planned(lambda prefix: f"{prefix}_1", offer, NOON)
    assert (follow_up is not None) is asked
    if follow_up is not None:
        assert (follow_up.status, follow_up.due_at) == (FollowUpStatus.PLANNED, offer.follow_up_at)
