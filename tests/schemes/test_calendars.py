from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.decision.schemes.calendars import (
    Calendar,
    Period,
    first_day,
    last_day,
    months_between,
    months_later,
)
from compensation_service.decision.schemes.frame import NotComputable
from compensation_service.policies.schemes.calendars import of_library, read_calendar
from compensation_service.policies.schemes.document import CalendarTerms

UK = read_calendar("uk", CalendarTerms(country="GB", region="ENG"), (), of_library)
IRAN = read_calendar("iran", CalendarTerms(country="IR", weekend=["friday"]), (), of_library)
FRIDAY = date(2025, 3, 7)


@pytest.mark.parametrize(
    ("start", "days", "wanted"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, date(2025, 3, 10)),
        (FRIDAY, -5, date(2025, 2, 28)),
        (date(2025, 4, 17), 1, date(2025, 4, 22)),  # over Good Friday and Easter Monday
        (date(2025, 12, 24), 2, date(2025, 12, 30)),  # over Christmas, Boxing Day and a weekend
    ],
)
def test_working_days_leave_out_weekends_and_holidays(start, days, wanted):
    assert UK.moved(start, days) == wanted
    assert UK.between(start, wanted) == days


def test_a_weekend_is_what_the_calendar_says():
    assert not IRAN.works(FRIDAY)
    assert IRAN.works(date(2025, 3, 8))
    assert not IRAN.works(date(2025, 3, 21))  # Nowruz


def test_days_of_ones_own():
    own = read_calendar("own", CalendarTerms(country="GB", also=["2025-03-10"], worked=["2025-12-25"]), (), of_library)
    assert not own.works(date(2025, 3, 10))
    assert own.works(date(2025, 12, 25))


def test_a_date_of_which_the_holidays_are_not_known_is_not_guessed():
    with pytest.raises(NotComputable, match="2010-01-01"):
        UK.works(date(2009, 12, 31))
    with pytest.raises(NotComputable):
        UK.moved(date(2040, 12, 31), 1)


def test_settling_moves_to_a_day_that_is_worked():
    saturday = date(2025, 3, 8)
    assert UK.settled(saturday, forward=True) == date(2025, 3, 10)
    assert UK.settled(saturday, forward=False) == FRIDAY
    assert UK.settled(FRIDAY, forward=True) == FRIDAY


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2025-01-31", "2025-02-28", 1),
        ("2025-01-31", "2025-02-27", 0),
        ("2024-02-29", "2025-02-28", 12),
        ("2025-03-15", "2025-01-16", -1),
        ("2025-03-15", "2025-01-15", -2),
    ],
)
def test_complete_months(start, end, months):
    assert months_between(date.fromisoformat(start), date.fromisoformat(end)) == months


def test_a_shorter_month_ends_earlier():
    assert months_later(date(2025, 1, 31), 1) == date(2025, 2, 28)
    assert months_later(date(2025, 1, 31), -2) == date(2024, 11, 30)


def test_a_calendar_is_what_it_is_made_of():
    assert Calendar("a", frozenset(), date.min, date.max).works(FRIDAY)


@pytest.mark.parametrize(
    ("day", "period", "first", "last"),
    [
        (date(2025, 3, 9), Period.WEEK, date(2025, 3, 3), date(2025, 3, 9)),
        (date(2024, 2, 29), Period.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 12, 31), Period.QUARTER, date(2024, 10, 1), date(2024, 12, 31)),
        (date(2024, 5, 31), Period.QUARTER, date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 2, 29), Period.YEAR, date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(day, period, first, last):
    assert (first_day(day, period), last_day(day, period)) == (first, last)


def test_a_year_may_begin_in_april():
    assert first_day(date(2024, 3, 31), Period.YEAR, (4, 1)) == date(2023, 4, 1)
    assert last_day(date(2024, 4, 1), Period.YEAR, (4, 1)) == date(2025, 3, 31)


@given(
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    st.sampled_from(Period),
    st.tuples(st.integers(1, 12), st.integers(1, 28)),
)
def test_periods_follow_each_other_without_a_gap(day, period, begins):
    first, last = first_day(day, period, begins), last_day(day, period, begins)
    assert first <= day <= last
    assert first_day(last, period, begins) == first
    assert first_day(last + timedelta(days=1), period, begins) == last + timedelta(days=1)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_complete_months_are_those_after_which_the_day_is_not_past(start, end):
    months = months_between(start, end)
    if end >= start:
        assert months_later(start, months) <= end < months_later(start, months + 1)
    else:
        assert months == -months_between(end, start)
