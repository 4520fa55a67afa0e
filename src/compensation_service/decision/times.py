"""Exact spans between two moments."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEAR = timedelta(days=365.25)


def span(earlier: datetime, later: datetime, unit: timedelta) -> Fraction:
    """How many units lie between two aware moments, exactly; negative if they come the other way round."""
    return Fraction((later - earlier) // MICROSECOND, unit // MICROSECOND)


def start_of(day: date | datetime) -> datetime:
    """A date means its first moment in UTC; a moment is itself."""
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=UTC)
