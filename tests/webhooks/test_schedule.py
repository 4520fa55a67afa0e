"""When a failed delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from compensation_service.webhooks.schedule import AFTER_S, WAIT_MOST, next_attempt, retry_after

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def seconds(at):
    return (at - NOW).total_seconds()


def test_the_schedule():
    waits = []
    while (at := next_attempt(len(waits) + 1, NOW, 0.5)) is not None:
        waits.append(seconds(at))
    assert [0, *waits] == [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert len(AFTER_S) == 10


@pytest.mark.parametrize(("chance", "wait"), [(0, 270), (0.5, 300), (1, 330)])
def test_jitter_is_a_tenth_either_way(chance, wait):
    assert seconds(next_attempt(2, NOW, chance)) == pytest.approx(wait)


def test_what_a_receiver_asks_for_is_honoured_up_to_a_day():
    assert seconds(next_attempt(1, NOW, 0.5, timedelta(minutes=7))) == 420
    assert seconds(next_attempt(3, NOW, 0.5, timedelta(minutes=7))) == 1800, "never sooner than the schedule"
    assert next_attempt(1, NOW, 0.5, timedelta(days=9)) == NOW + WAIT_MOST
    assert next_attempt(10, NOW, 0.5, timedelta(minutes=7)) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("9" * 5000, 86400),
        ("Thu, 05 Mar 2026 12:10:00 GMT", 600),
        ("Thu, 05 Mar 2026 11:00:00 GMT", 0),
        ("Fri, 05 Mar 2066 11:00:00 GMT", 86400),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("١٢", None),
        ("Thu, 99 Mar 2026 12:10:00 GMT", None),
        ("Thu, 05 Mar 99999999999999999999 12:10:00 GMT", None),
        ("Thu, 05 Mar 2026 12:10:00 +99999999999999999999", None),
    ],
)
def test_retry_after(header, wait):
    found = retry_after(header, NOW)
    assert found == (None if wait is None else timedelta(seconds=wait))
