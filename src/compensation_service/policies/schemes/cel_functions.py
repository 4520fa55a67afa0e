"""The functions that conditions add to CEL: what the checker is told of each."""

from cel_expr_python import cel

_T = cel.Type


def _function(name: str, *overloads: tuple[cel.Type, list[cel.Type]]) -> cel.FunctionDecl:
    return cel.FunctionDecl(
        name,
        [
            cel.Overload(f"{name}_{place}", return_type=result, parameters=parameters)
            for place, (result, parameters) in enumerate(overloads)
        ],
    )


FUNCTIONS = {
    "given": "given(x), or has(x): whether an optional fact was told (and is not null)",
    "date": "date('2025-03-01'), or date(moment): the calendar date it falls on where the scheme lives",
    "moment": "moment('2025-03-01T18:30:00Z')",
    "time": "time('23:30'), or time(moment): the time of day where the scheme lives",
    "days": "days(14), to add to a date or to compare a difference with",
    "hours": "hours(48), to add to a moment",
    "minutes": "minutes(30), to add to a moment",
    "days_between": "days_between(from, to): calendar days",
    "months_between": "months_between(from, to): complete months",
    "working_days_between": "working_days_between(from, to, 'calendar'): after the first, up to the second",
    "weekday": "weekday(date): 'monday' … 'sunday'",
    "year": "year(date)",
    "month": "month(date): 1 … 12",
    "day": "day(date): 1 … 31",
    "is_working_day": "is_working_day(date, 'calendar')",
    "is_holiday": "is_holiday(date, 'calendar'): a named holiday; a weekend alone is none",
    "within_day": "within_day(moment or time, '23:30', '04:00'): from the first, before the second, over midnight too",
    "within_year": "within_year(date, '12-24', '01-02'): both days included, over new year too",
    "count": "count(list), or size(list)",
}

DECLARATIONS = [
    _function("given", (_T.BOOL, [_T.DYN])),
    _function("date", (_T.TIMESTAMP, [_T.STRING]), (_T.TIMESTAMP, [_T.TIMESTAMP])),
    _function("moment", (_T.TIMESTAMP, [_T.STRING])),
    _function("time", (_T.DURATION, [_T.STRING]), (_T.DURATION, [_T.TIMESTAMP])),
    _function("days", (_T.DURATION, [_T.DOUBLE])),
    _function("hours", (_T.DURATION, [_T.DOUBLE])),
    _function("minutes", (_T.DURATION, [_T.DOUBLE])),
    _function("days_between", (_T.DOUBLE, [_T.TIMESTAMP, _T.TIMESTAMP])),
    _function("months_between", (_T.DOUBLE, [_T.TIMESTAMP, _T.TIMESTAMP])),
    _function("working_days_between", (_T.DOUBLE, [_T.TIMESTAMP, _T.TIMESTAMP, _T.STRING])),
    _function("weekday", (_T.STRING, [_T.TIMESTAMP])),
    _function("year", (_T.DOUBLE, [_T.TIMESTAMP])),
    _function("month", (_T.DOUBLE, [_T.TIMESTAMP])),
    _function("day", (_T.DOUBLE, [_T.TIMESTAMP])),
    _function("is_working_day", (_T.BOOL, [_T.TIMESTAMP, _T.STRING])),
    _function("is_holiday", (_T.BOOL, [_T.TIMESTAMP, _T.STRING])),
    _function(
        "within_day",
        (_T.BOOL, [_T.TIMESTAMP, _T.STRING, _T.STRING]),
        (_T.BOOL, [_T.DURATION, _T.STRING, _T.STRING]),
    ),
    _function("within_year", (_T.BOOL, [_T.TIMESTAMP, _T.STRING, _T.STRING])),
    cel.FunctionDecl(
        "count",
        [
            cel.Overload("count_list", return_type=_T.DOUBLE, parameters=[_T.LIST]),
            cel.Overload("list_count", return_type=_T.DOUBLE, parameters=[_T.LIST], is_member=True),
        ],
    ),
]
