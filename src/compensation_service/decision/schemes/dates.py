"""Dates in a computation: moved, told apart, and what is due by when."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from compensation_service.decision.schemes import calendars
from compensation_service.decision.schemes.calendars import Calendar, Period, Unit
from compensation_service.decision.schemes.frame import Frame, Held, NotComputable, Term, collect
from compensation_service.decision.schemes.numbers import Number, quotient, show
from compensation_service.decision.schemes.units import Counted, blocks

_SECONDS: dict[Unit, int] = {Unit.MINUTES: 60, Unit.HOURS: 3600}
"""Of the units that need a time of day: a document that counts them between dates is refused when it is read."""
_DAYS: dict[Unit, int] = {Unit.DAYS: 1, Unit.WEEKS: 7}
_MONTHS: dict[Unit, int] = {Unit.MONTHS: 1, Unit.YEARS: 12}

SPAN_MAX = 40_000
"""Days, months or hours by which a date may be moved."""


@dataclass(frozen=True, slots=True)
class Settle:
    """What happens if a date is not a working day: it moves to the next one, or back to the last one."""

    calendar: Calendar
    forward: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A date or moment so many units after (or before) another."""

    count: Term
    unit: Unit
    start: Term
    back: bool = False
    calendar: Calendar | None = None
    settle: Settle | None = None

    def value(self, frame: Frame) -> Held:
        """The date."""
        start = self.start.value(frame)
        moved = self._from(start, frame)
        return moved if self.settle is None else self.settle.calendar.settled(frame.local(moved), self.settle.forward)

    def _from(self, start: date, frame: Frame) -> date:
        count: Number = self.count.value(frame) * (-1 if self.back else 1)
        if not -SPAN_MAX <= count <= SPAN_MAX:
            raise NotComputable(f"{show(count)} {self.unit} are too many")
        unit = self.unit
        if unit in _SECONDS:
            return start + timedelta(microseconds=int(count * _SECONDS[unit] * 1_000_000))
        if not isinstance(count, int):
            raise NotComputable(f"{show(count)} {unit} are not a whole number")
        day = frame.local(start)
        if unit in _DAYS:
            return day + timedelta(days=count * _DAYS[unit])
        if unit in _MONTHS:
            return calendars.months_later(day, count * _MONTHS[unit])
        return cast("Calendar", self.calendar).moved(day, count)

    def words(self, frame: Frame) -> str:
        """The span and where it starts."""
        side = "before" if self.back else "after"
        return f"{self.span(frame)} {side} {self.start.words(frame)}"

    def span(self, frame: Frame) -> str:
        """The span alone."""
        return f"{show(self.count.value(frame))} {self.unit.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Between:
    """How many units lie between two dates or moments: after the first, up to and including the second."""

    unit: Unit
    start: Term
    end: Term
    counted: Counted = Counted.WHOLE
    calendar: Calendar | None = None

    def value(self, frame: Frame) -> Held:
        """The count; negative if the second lies before the first."""
        start, end = collect((self.start, self.end), frame)
        unit = self.unit
        if unit in _SECONDS:
            return quotient((end - start) // timedelta(microseconds=1), 1_000_000 * _SECONDS[unit])
        first, last = frame.local(start), frame.local(end)
        if unit in _DAYS:
            days = (last - first).days
            return days if unit is Unit.DAYS else blocks(days, _DAYS[unit], self.counted)
        if unit in _MONTHS:
            return self._months(first, last, _MONTHS[unit])
        return cast("Calendar", self.calendar).between(first, last)

    def words(self, frame: Frame) -> str:
        """Both dates."""
        unit = self.unit.replace("_", " ")
        return f"{show(self.value(frame))} {unit} from {self.start.words(frame)} to {self.end.words(frame)}"

    def _months(self, first: date, last: date, months: int) -> int:
        complete = int(calendars.months_between(first, last) / months)
        begun = self.counted is Counted.STARTED and calendars.months_later(first, complete * months) < last
        return complete + begun


@dataclass(frozen=True, slots=True)
class Length:
    """The days of the month or year of a date."""

    of: Term
    year: bool

    def value(self, frame: Frame) -> Held:
        """28 to 31, or 365 to 366."""
        day = frame.local(self.of.value(frame))
        return calendars.days_in_year(day) if self.year else calendars.days_in_month(day)

    def words(self, frame: Frame) -> str:
        """The count and the date."""
        return f"{show(self.value(frame))} days in the {'year' if self.year else 'month'} of {self.of.words(frame)}"


@dataclass(frozen=True, slots=True)
class PeriodEdge:
    """The first or last day of the week, month, quarter or year in which a date lies."""

    of: Term
    period: Period
    is_last: bool
    year_begins: tuple[int, int] = (1, 1)

    def value(self, frame: Frame) -> Held:
        """The day."""
        day = frame.local(self.of.value(frame))
        find = calendars.last_day if self.is_last else calendars.first_day
        return find(day, self.period, self.year_begins)

    def words(self, frame: Frame) -> str:
        """Which day of which period."""
        return f"the {'last' if self.is_last else 'first'} day of the {self.period} of {self.of.words(frame)}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when something is due: a span after a date of the facts, or after an event of which no fact tells."""

    moved: Moved
    event: str | None = None

    def span(self, frame: Frame) -> str:
        """The span alone: "14 days"."""
        return self.moved.span(frame)

    def date(self, frame: Frame) -> date | None:
        """The date, if the start of the period is known."""
        return None if self.event is not None else cast("date", self.moved.value(frame))

    def words(self, frame: Frame) -> str:
        """The period as a person says it."""
        return f"{self.span(frame)} after {self.event}" if self.event is not None else self.moved.words(frame)
