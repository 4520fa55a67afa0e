"""What compiled conditions do while they run: loops, three-valued logic, windows of time."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any, TypeAlias

from compensation_service.decision.schemes.frame import Frame, Missing, NotComputable
from compensation_service.decision.schemes.numbers import quotient
from compensation_service.policies.schemes.cel_tree import Fold

Run: TypeAlias = Callable[[Frame], Any]


def told(held: object) -> object:
    """An accumulated value; Missing where it is unknown."""
    if isinstance(held, Missing):
        raise held
    return held


def looped(node: Fold, listed: str, items: Run, start: Run, proceed: Run, step: Run, result: Run) -> Run:
    """A loop over a list, with the item and what is accumulated under their names."""
    item, accumulator = node.item, node.accumulator

    def run(frame: Frame) -> Any:  # noqa: ANN401 — as the fold gives
        outer, held = frame.bound, items(frame)
        try:
            frame.bound = {**outer, accumulator: start(frame)}
            for place, one in enumerate(held):
                frame.turn()
                if proceed(frame) is False:
                    break
                frame.bound |= {item: one, f"{item}?": f"{listed}[{place}]"}
                try:
                    frame.bound[accumulator] = step(frame)
                except Missing as missing:
                    frame.bound[accumulator] = missing
            return result(frame)
        finally:
            frame.bound = outer

    return run


def either(parts: Sequence[Run], settles: bool) -> Run:
    """`||` (settled by true) or `&&` (settled by false) of parts that may be unknown."""

    def run(frame: Frame) -> bool:
        lacking: tuple[str, ...] = ()
        for part in parts:
            try:
                if bool(part(frame)) is settles:
                    return settles
            except Missing as missing:
                lacking += missing.names
        if lacking:
            raise Missing(*lacking)
        return not settles

    return run


def not_false(part: Run) -> Run:
    """Whether something is true or unknown."""

    def run(frame: Frame) -> bool:
        try:
            return bool(part(frame))
        except Missing:
            return True

    return run


def divided(over: Run, under: Run) -> Run:
    """An exact quotient; NotComputable for a divisor of 0."""

    def run(frame: Frame) -> Any:  # noqa: ANN401 — an exact number
        divisor = under(frame)
        if divisor == 0:
            raise NotComputable("a condition divides by 0")
        return quotient(over(frame), divisor)

    return run


def time_of_day(moment: Any, frame: Frame) -> time:  # noqa: ANN401 — a moment or a time
    """The time of day of a moment where the scheme lives; a time as it is."""
    return moment.astimezone(frame.zone).time() if isinstance(moment, datetime) else moment


def month_day(text: str) -> tuple[int, int]:
    """The month and day of a text such as 12-24."""
    return of_year(date.fromisoformat(f"2000-{text}"))


def of_year(day: date) -> tuple[int, int]:
    """The month and day of a date."""
    return day.month, day.day


def within(first: Any, asked: Any, end: Any, *, last: bool) -> bool:  # noqa: ANN401 — three of one kind
    """Whether it lies from the first to the end (`last`: the end itself included), around the turn if need be."""
    before_end = asked <= end if last else asked < end
    from_first = first <= asked
    return bool(from_first and before_end if first <= end else from_first or before_end)
