"""Names and arithmetic: the words of a computation."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import reduce

from compensation_service.decision.schemes.frame import Frame, Held, Missing, NotComputable, Term, collect
from compensation_service.decision.schemes.numbers import Number, Rounding, quotient, rounded, show


def spoken(name: str) -> str:
    """A name as a person says it."""
    return name.replace("_", " ").replace(".", " ")


def within(term: Term, frame: Frame) -> str:
    """The words of a term inside another: in brackets where they are a computation of their own."""
    words = term.words(frame)
    return words if isinstance(term, Constant | Fact | Computed | Owed | Parameter | Bound) else f"({words})"


@dataclass(frozen=True, slots=True)
class Constant:
    """A figure, text or date written in the document; `text` is how it was written."""

    held: object
    text: str

    def value(self, frame: Frame) -> Held:  # noqa: ARG002 — the case does not matter here
        """What was written."""
        return self.held

    def words(self, frame: Frame) -> str:  # noqa: ARG002 — the case does not matter here
        """As it was written."""
        return self.text


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact by its name, or a field of a record; `unit` follows its figure ("minutes", or "money")."""

    name: str
    unit: str = ""
    field: str | None = None

    def value(self, frame: Frame) -> Held:
        """The fact; Missing where it was not told or is known not to exist."""
        held: Held = frame.facts.get(self.name)
        if self.field is not None and held is not None:
            held = held.get(self.field)
        if held is None:
            raise Missing(self.full_name)
        return held

    def told(self, frame: Frame) -> Held | None:
        """The fact, or None: for who expects that it is lacking, as raising and catching an error takes its time."""
        held: Held = frame.facts.get(self.name)
        return held if self.field is None or held is None else held.get(self.field)

    @property
    def full_name(self) -> str:
        """The name by which callers tell it."""
        return self.name if self.field is None else f"{self.name}.{self.field}"

    def words(self, frame: Frame) -> str:
        """The name and the figure."""
        name = self.name if self.field is None else f"{self.name} {self.field}"
        return f"{spoken(name)} {figure(self.value(frame), self.unit, frame)}"


def figure(value: Held, unit: str, frame: Frame) -> str:
    """A value with its unit."""
    if unit == "money":
        return frame.money(value)
    return f"{show(value)} {unit}" if unit else show(value)


@dataclass(frozen=True, slots=True)
class Bound:
    """An item of a list while it is gone through (or a field of it), or the day of a daily count."""

    name: str
    field: str | None = None
    unit: str = ""

    def value(self, frame: Frame) -> Held:
        """The item or its field; Missing names the place in the list."""
        held: Held = frame.bound[self.name]
        if self.field is not None:
            held = held.get(self.field)
        if held is None:
            place = frame.bound.get(f"{self.name}?", self.name)
            raise Missing(str(place) if self.field is None else f"{place}.{self.field}")
        return held

    def words(self, frame: Frame) -> str:
        """The name and the figure."""
        name = self.name if self.field is None else f"{self.name} {self.field}"
        return f"{spoken(name)} {figure(self.value(frame), self.unit, frame)}"


@dataclass(frozen=True, slots=True)
class Computed:
    """A named value of the scheme, computed once."""

    name: str
    unit: str = ""

    def value(self, frame: Frame) -> Held:
        """The value."""
        held = frame.known.get(self.name)
        return frame.compute(self.name) if held is None else held

    def words(self, frame: Frame) -> str:
        """The name and the figure; how it came about is a step of its own."""
        return f"{spoken(self.name)} {figure(self.value(frame), self.unit, frame)}"


@dataclass(frozen=True, slots=True)
class Owed:
    """The amount of an entitlement that stands earlier in the scheme; 0 where it is not owed."""

    name: str

    def value(self, frame: Frame) -> Held:
        """The amount so far."""
        held = frame.known.get(self.name, 0)
        if isinstance(held, Missing):
            raise held
        return held

    def words(self, frame: Frame) -> str:
        """The name and the figure."""
        return f"{spoken(self.name)} {frame.money(self.value(frame))}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated figure: the one in force on the date that the parameter goes by, or on the date `on`."""

    name: str
    unit: str = ""
    on: Term | None = None

    def value(self, frame: Frame) -> Held:
        """The figure in force; NotComputable before the first."""
        return self._chosen(frame).value(frame)

    def words(self, frame: Frame) -> str:
        """The name, the figure and its date."""
        since, entry = self._entry(frame)
        shown = entry.text if isinstance(entry, Constant) else figure(entry.value(frame), self.unit, frame)
        return f"{spoken(self.name)} {shown}" + ("" if since == date.min else f" (in force from {since})")

    def _chosen(self, frame: Frame) -> Term:
        return self._entry(frame)[1]

    def _entry(self, frame: Frame) -> tuple[date, Term]:
        dated = frame.scheme.parameters[self.name]
        if len(dated.entries) == 1 and dated.entries[0][0] == date.min:
            return dated.entries[0]
        by = frame.dated(dated.by) if self.on is None else frame.local(self.on.value(frame))
        for entry in reversed(dated.entries):
            if entry[0] <= by:
                return entry
        raise NotComputable(f"{spoken(self.name)} has no figure for {by}: the first is of {dated.entries[0][0]}")


_JOINS: Mapping[str, Callable[[Held, Held], Held]] = {"+": operator.add, "×": operator.mul}


@dataclass(frozen=True, slots=True)
class Joined:
    """Sum or product of several terms."""

    sign: str
    terms: tuple[Term, ...]

    def value(self, frame: Frame) -> Held:
        """The result."""
        return reduce(_JOINS[self.sign], collect(self.terms, frame))

    def words(self, frame: Frame) -> str:
        """The terms with the sign between them."""
        return f" {self.sign} ".join(within(term, frame) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Difference:
    """What is left of one term after another is taken away; may be negative."""

    whole: Term
    taken: Term

    def value(self, frame: Frame) -> Held:
        """The result."""
        minuend, subtrahend = collect((self.whole, self.taken), frame)
        return minuend - subtrahend

    def words(self, frame: Frame) -> str:
        """The subtraction."""
        return f"{within(self.whole, frame)} − {within(self.taken, frame)}"


@dataclass(frozen=True, slots=True)
class Quotient:
    """One term divided by another."""

    dividend: Term
    divisor: Term

    def value(self, frame: Frame) -> Held:
        """The exact result; NotComputable for a divisor of 0."""
        over, under = collect((self.dividend, self.divisor), frame)
        if under == 0:
            raise NotComputable(f"{self.divisor.words(frame)} divides something and is 0")
        return quotient(over, under)

    def words(self, frame: Frame) -> str:
        """The division."""
        return f"{within(self.dividend, frame)} ÷ {within(self.divisor, frame)}"


@dataclass(frozen=True, slots=True)
class Percent:
    """So many hundredths of a base."""

    rate: Term
    base: Term

    def value(self, frame: Frame) -> Held:
        """The exact result."""
        rate, base = collect((self.rate, self.base), frame)
        return quotient(rate * base, 100)

    def words(self, frame: Frame) -> str:
        """The share of the base."""
        return f"{within(self.rate, frame)} % of {within(self.base, frame)}"


@dataclass(frozen=True, slots=True)
class Extreme:
    """The lesser or the greater of several terms: numbers, or dates."""

    greatest: bool
    terms: tuple[Term, ...]

    def value(self, frame: Frame) -> Held:
        """The result."""
        values = collect(self.terms, frame)
        return max(values) if self.greatest else min(values)

    def words(self, frame: Frame) -> str:
        """All candidates."""
        which = "greater" if self.greatest else "lesser"
        return f"the {which} of " + " and ".join(within(term, frame) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Limited:
    """A term that does not fall below, or rise above, another."""

    term: Term
    limit: Term
    is_cap: bool

    def value(self, frame: Frame) -> Held:
        """The result."""
        value, limit = collect((self.term, self.limit), frame)
        return min(value, limit) if self.is_cap else max(value, limit)

    def words(self, frame: Frame) -> str:
        """The term, and the limit where it binds."""
        words = self.term.words(frame)
        binds = self.term.value(frame) != self.value(frame)
        said = "at most" if self.is_cap else "at least"
        return f"{words}, {said} {self.limit.words(frame)}" if binds else words


@dataclass(frozen=True, slots=True)
class Rounded:
    """A term rounded on the way."""

    term: Term
    rounding: Rounding

    def value(self, frame: Frame) -> Held:
        """The result."""
        return rounded(self.term.value(frame), self._step(frame), self.rounding.mode)

    def words(self, frame: Frame) -> str:
        """The term and how it is rounded."""
        mode = spoken(self.rounding.mode)
        return f"{self.term.words(frame)}, rounded {mode} to {show(self._step(frame))}"

    def _step(self, frame: Frame) -> Number:
        return Fraction(1, 10**frame.places) if self.rounding.step is None else self.rounding.step


@dataclass(frozen=True, slots=True)
class Threshold:
    """A term that counts only from a threshold on (or only above it); below it is 0."""

    term: Term
    threshold: Term
    itself_counts: bool

    def value(self, frame: Frame) -> Held:
        """The result."""
        value, threshold = collect((self.term, self.threshold), frame)
        return value if value > threshold or (value == threshold and self.itself_counts) else 0

    def words(self, frame: Frame) -> str:
        """The term, and the threshold where it is not reached."""
        words = self.term.words(frame)
        value = self.term.value(frame)
        if value == self.value(frame):
            return words
        said = "below" if self.itself_counts else "not above"
        return f"{words} = {frame.money(value)}, not paid as it is {said} {self.threshold.words(frame)}"


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount in another unit of account, turned into money at a rate that the caller supplied."""

    term: Term
    rate: Term
    unit: str

    def value(self, frame: Frame) -> Held:
        """The result."""
        amount, rate = collect((self.term, self.rate), frame)
        return amount * rate

    def words(self, frame: Frame) -> str:
        """The amount in its unit and the rate."""
        return f"{within(self.term, frame)} {self.unit} at {self.rate.words(frame)}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class FirstKnown:
    """The first of several terms whose facts are there."""

    terms: Sequence[Term]

    def value(self, frame: Frame) -> Held:
        """The first value; Missing names what each of them lacks."""
        return self._known(frame)[1]

    def words(self, frame: Frame) -> str:
        """The words of the one that is known."""
        return self._known(frame)[0].words(frame)

    def _known(self, frame: Frame) -> tuple[Term, Held]:
        lacking: list[str] = []
        for term in self.terms:
            if isinstance(term, Fact):
                if (held := term.told(frame)) is not None:
                    return term, held
                lacking.append(term.full_name)
                continue
            try:
                return term, term.value(frame)
            except Missing as missing:
                lacking += missing.names
        raise Missing(*lacking)
