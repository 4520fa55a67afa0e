"""Working days, and the arithmetic of dates."""

from calendar import isleap, monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from compensation_service.decision.schemes.frame import NotComputable
from compensation_service.decision.word import Word

SATURDAY, SUNDAY = 5, 6
SHORTEST = 28
"""Days that every month has."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Unit(Word):
    """Units in which dates are moved and told apart."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Period(Word):
    """Stretches of the calendar that have a first and a last day; weeks begin on Mondays."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: not those of the weekend (0 = Monday), not the holidays. Frozen when a scheme is stored.

    `first` and `last` bound the dates for which the holidays are known.
    """

    name: str
    holidays: frozenset[date]
    first: date
    last: date
    weekend: Collection[int] = (SATURDAY, SUNDAY)

    def works(self, day: date) -> bool:
        """Whether this is a working day."""
        return not self.is_holiday(day) and day.weekday() not in self.weekend

    def is_holiday(self, day: date) -> bool:
        """Whether this is a holiday of the calendar; a weekend by itself is none. NotComputable outside its dates."""
        if not self.first <= day <= self.last:
            raise NotComputable(f"the holidays of {self.name} are known from {self.first} to {self.last} only")
        return day in self.holidays

    def moved(self, day: date, days: int) -> date:
        """The working day so many working days later (or earlier, for a negative count); 0 leaves the day as it is."""
        step = timedelta(days=1 if days > 0 else -1)
        left = abs(days)
        while left:
            day += step
            left -= self.works(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after start, up to and including end; negative if end lies before start."""
        if end < start:
            return -self.between(end, start)
        days = (end - start).days
        return sum(self.works(start + timedelta(days=n)) for n in range(1, days + 1))

    def settled(self, day: date, forward: bool) -> date:
        """The day itself if it is worked, else the next (or last) one that is."""
        step = timedelta(days=1 if forward else -1)
        while not self.works(day):
            day += step
        return day


def months_later(day: date, months: int) -> date:
    """The same day of another month, or its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, day.day if day.day <= SHORTEST else min(day.day, monthrange(year, month)[1]))


def months_between(start: date, end: date) -> int:
    """Complete months from start to end; negative if end lies before start."""
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (end.day < start.day and end.day < days_in_month(end))


def first_day(day: date, period: Period, year_begins: tuple[int, int] = (1, 1)) -> date:
    """The first day of the period in which a day lies; a year may begin on another month and day."""
    if period is Period.WEEK:
        return day - timedelta(days=day.weekday())
    if period is Period.MONTH:
        return day.replace(day=1)
    if period is Period.QUARTER:
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    begins = day.replace(month=year_begins[0], day=year_begins[1])
    return begins if begins <= day else months_later(begins, -12)


def last_day(day: date, period: Period, year_begins: tuple[int, int] = (1, 1)) -> date:
    """The last day of the period in which a day lies."""
    first = first_day(day, period, year_begins)
    if period is Period.WEEK:
        return first + timedelta(days=6)
    months = {Period.MONTH: 1, Period.QUARTER: 3}.get(period, 12)
    return months_later(first, months) - timedelta(days=1)


def days_in_month(day: date) -> int:
    """The length of the month of a day."""
    return monthrange(day.year, day.month)[1]


def days_in_year(day: date) -> int:
    """The length of the year of a day."""
    return 366 if isleap(day.year) else 365
