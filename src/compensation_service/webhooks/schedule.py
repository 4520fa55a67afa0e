"""When a delivery that failed is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_M, _H = 60, 3600
AFTER_S = (0, 5, 5 * _M, 30 * _M, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H)
"""Seconds before each attempt, counted from the one before: ten attempts over a good three days."""
JITTER = 0.1
WAIT_MOST = timedelta(hours=24)
"""The longest that a receiver's Retry-After is honoured."""
_DIGITS_MOST = 9


def next_attempt(made: int, at: datetime, chance: float, asked: timedelta | None = None) -> datetime | None:
    """When to try again after `made` attempts, the last of which failed at `at`; None if that was the last one.

    `chance` from 0 to 1 spreads the attempts over ± 10 %; `asked` is how long the receiver wants to be left alone.
    """
    if made >= len(AFTER_S):
        return None
    usual = timedelta(seconds=AFTER_S[made] * (1 + JITTER * (2 * chance - 1)))
    return at + max(usual, min(asked or timedelta(0), WAIT_MOST))


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After header asks to wait: seconds or a date; None where it says nothing that can be read."""
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=int(text[:_DIGITS_MOST])), WAIT_MOST)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter where a year or an offset has twenty digits
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(timedelta(0), min(until - now, WAIT_MOST))
