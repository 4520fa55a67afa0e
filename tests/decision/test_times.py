from datetime import UTC, date, datetime, timedelta, timezone

from compensation_service.decision.times import DAY, HOUR, SECOND, YEAR, span, start_of


def test_a_span_is_exact_to_the_microsecond_over_centuries():
    begin = datetime(1900, 1, 1, tzinfo=UTC)
    passed = span(begin, datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    assert isinstance(passed, int)
    assert passed == 109_573 * DAY - 1
    assert span(begin + timedelta(microseconds=1), begin) == -1


def test_offsets_do_not_matter():
    here = datetime(2026, 3, 5, 14, tzinfo=timezone(timedelta(hours=2)))
    assert span(datetime(2026, 3, 5, 11, tzinfo=UTC), here) == HOUR


def test_units():
    assert (3600 * SECOND, 24 * HOUR, 4 * YEAR) == (HOUR, DAY, 1461 * DAY)


def test_a_date_means_its_first_moment_in_utc():
    moment = datetime(2026, 3, 5, 14, tzinfo=timezone(timedelta(hours=2)))
    assert start_of(moment) is moment
    assert start_of(date(2026, 3, 5)) == datetime(2026, 3, 5, tzinfo=UTC)
