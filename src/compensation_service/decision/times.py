"""Exact spans between two moments, in whole microseconds."""

from datetime import UTC, date, datetime, time, timedelta

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
YEAR = DAY * 1461 // 4
"""365.25 days."""
MIDNIGHT = time(tzinfo=UTC)


def span(earlier: datetime, later: datetime) -> int:
    """How many microseconds lie between two aware moments; negative if they come the other way round."""
    return (later - earlier) // MICROSECOND


def in_utc(moment: datetime) -> datetime:
    """An aware moment in UTC; most are, and are left as they are."""
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def start_of(day: date | datetime) -> datetime:
    """A date means its first moment in UTC; a moment is itself."""
    return day if isinstance(day, datetime) else datetime.combine(day, MIDNIGHT)


def day_of(moment: datetime) -> date:
    """The day, in UTC, on which an aware moment lies."""
    return in_utc(moment).date()


def end_of(day: date) -> datetime:
    """The last second of a day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)
