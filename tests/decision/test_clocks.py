from datetime import timedelta
from decimal import Decimal

import pytest

from compensation_service.decision.facts import History, PastIncident
from decision.cases import NOW, an_incident, decided

REPORTED = NOW - timedelta(hours=7)


def hours(decision):
    clocks = decision.clocks
    from_report = [moment - REPORTED for moment in (clocks.acknowledge_by, clocks.respond_by)]
    from_decision = [moment - NOW for moment in (clocks.carry_out_by, clocks.follow_up_at)]
    return [span / timedelta(hours=1) for span in from_report + from_decision]


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        (24, [1, 24, 72, 168]),
        (48, [1, 24, 72, 168]),
        (72, [1, 12, 48, 168]),
        (120, [1, 4, 24, 72]),
        (336, [1, 2, 24, 48]),
    ],
)
def test_the_worse_the_faster(delay, expected):
    assert hours(decided(an_incident(delay_hours=Decimal(delay), reported_at=REPORTED))) == expected


def test_repeated_trouble_is_as_urgent_as_the_worst():
    twice = History([PastIncident("wrong_item", NOW), PastIncident("other", NOW)])
    reported = an_incident(reported_at=REPORTED, occurred_at=NOW)
    assert decided(reported, history=twice).severity.repeats == 2
    assert hours(decided(reported, history=twice)) == [1, 2, 24, 48]
    once = History(twice.incidents[:1])
    assert hours(decided(reported, history=once)) != [1, 2, 24, 48]


def test_without_a_report_all_counts_from_the_decision():
    clocks = decided().clocks
    assert clocks.acknowledge_by == NOW + timedelta(hours=1)
    assert clocks.respond_by == NOW + timedelta(hours=12)
    assert clocks.expires_at == NOW + timedelta(days=14)
