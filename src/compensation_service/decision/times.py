"""Exact spans between two moments, in whole microseconds."""

from datetime import UTC, date, datetime, timedelta

MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
YEAR = DAY * 1461 // 4
"""365.25 days."""


def span(earlier: datetime, later: datetime) -> int:
    """How many microseconds lie between two aware moments; negative if they come the other way round."""
    return (later - earlier) // MICROSECOND


def start_of(day: date | datetime) -> datetime:
    """A date means its first moment in UTC; a moment is itself."""
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=UTC)
