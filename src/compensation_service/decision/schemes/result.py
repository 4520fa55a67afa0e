"""What a scheme says about a case."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from compensation_service.decision.record import record
from compensation_service.decision.schemes.conditions import Condition
from compensation_service.decision.schemes.dates import Deadline
from compensation_service.decision.schemes.frame import Frame, Missing, Term
from compensation_service.decision.schemes.scheme import Choice, Remedy
from compensation_service.decision.schemes.terms import figure, spoken


class Applies(StrEnum):
    """Whether anything is owed under a scheme."""

    YES = "yes"
    NO = "no"
    NEEDS = "needs"


class Answer(StrEnum):
    """What became of a condition."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


@record
class Tried:
    """A condition that was judged: what it decides about, the answer, and why it is asked."""

    of: str
    answer: Answer
    because: str
    condition: Condition
    frame: Frame

    @property
    def text(self) -> str:
        """The condition and the values that it saw; worded only when somebody asks."""
        return self.condition.words(self.frame)


@record
class Due:
    """By when; worded and dated only when somebody asks."""

    deadline: Deadline
    frame: Frame

    @property
    def span(self) -> str:
        """The period alone: "14 days"."""
        return self.deadline.span(self.frame)

    @property
    def text(self) -> str:
        """The period and from when it runs."""
        try:
            return self.deadline.words(self.frame)
        except Missing as missing:
            return f"{self.span}; {', '.join(missing.names)} is not given"

    @property
    def date(self) -> date | None:
        """The day (or moment) itself, where it is known from when the period runs."""
        try:
            return self.deadline.date(self.frame)
        except Missing:
            return None


@record
class Component:
    """One thing owed, or one remedy of a choice.

    `amount_minor` is None for what is not money and where `needs` names what is lacking; `given_minor` was given for
    the same incident before and is taken off. `outputs` are further figures and words: points, a limit, who bears a
    cost.
    """

    id: str
    kind: str
    amount_minor: int | None
    compensatory: bool
    due: Due | None = None
    outputs: Mapping[str, object] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    choice: str | None = None
    """The id of the choice it belongs to."""
    frame: Frame | None = field(default=None, repr=False, compare=False)
    """What it was computed from."""
    given_minor: int = 0

    @property
    def is_owed(self) -> bool:
        """Whether there is anything in it."""
        return self.amount_minor != 0 or bool(self.needs)


@record
class ChoiceMade:
    """What the customer may choose among (in the order of the scheme) and what was chosen, if anything was.

    `wished` is what the customer asked for, open or not; `by_silence` tells that the choice follows from silence, after
    `silence_ends`.
    """

    id: str
    open: tuple[Component, ...]
    wished: str | None
    chosen: str | None
    by_silence: bool = False
    silence_ends: Due | None = None
    is_unsettled: bool = False
    """Whether a sum of money depends on a choice that the customer has not made."""

    @property
    def is_of_sums(self) -> bool:
        """Whether it only asks in which form a compensation is paid."""
        return not [option for option in self.open if not (option.compensatory and option.amount_minor)]

    @property
    def is_given(self) -> bool:
        """Whether it was given before, in one form or another, and nothing is left of it."""
        return bool(self.open and self.open[0].given_minor) and not any(option.amount_minor for option in self.open)

    @property
    def likely(self) -> Component:
        """What was chosen, otherwise the first that is open."""
        return next((option for option in self.open if option.id == self.chosen), self.open[0])


@record
class SchemeResult:
    """The answer of one scheme.

    `amount_minor` is the sum of the money owed, in minor units of `currency`; None where it is not established: facts
    are lacking, or the customer has still to choose. `components` are what is owed for sure, those chosen included;
    `nothing` are those whose amount came to 0; `reason` says why nothing is owed.
    """

    scheme: str
    applies: Applies
    currency: str | None
    amount_minor: int | None
    components: tuple[Component, ...]
    choices: tuple[ChoiceMade, ...]
    nothing: tuple[Component, ...]
    outputs: Mapping[str, object]
    needs: tuple[str, ...]
    judged: tuple[tuple[str, Answer, str, Condition, Frame], ...]
    reason: str
    frame: Frame

    @property
    def tried(self) -> tuple[Tried, ...]:
        """All conditions that were judged, in their order."""
        return tuple(Tried(*judged) for judged in self.judged)

    @property
    def steps(self) -> tuple[str, ...]:
        """How the amounts came about, a sentence each; worded only when somebody asks."""
        return steps(self.frame, (*self.components, *self.nothing), self.choices)

    @property
    def assumed(self) -> dict[str, object]:
        """Facts that were not told and for which the document has a default, with that default."""
        told = self.frame.told
        return {
            name: terms.default
            for name, terms in self.frame.scheme.facts.items()
            if terms.has_default and name not in told and terms.takes not in told
        }

    @property
    def remedies(self) -> tuple[str, ...]:
        """The kinds that are owed or can be chosen, in the order of the scheme."""
        owed = {component.id: component.kind for component in self.components}
        choices = {choice.id: [option.kind for option in choice.open] for choice in self.choices}
        found: list[str] = []
        for entry in self.frame.scheme.owed:
            if isinstance(entry, Choice):
                found += choices.get(entry.id, [])
            elif entry.id in owed:
                found.append(owed[entry.id])
        return tuple(found)


def steps(frame: Frame, components: Sequence[Component], choices: Sequence[ChoiceMade]) -> tuple[str, ...]:
    """The computation in words: named values first, then what is owed, then the choices."""
    scheme = frame.scheme
    said = [
        f"{spoken(name)}: {_equation(named.term, named.unit, frame)}"
        for name, named in scheme.values.items()
        if name in frame.known
    ]
    remedies: dict[str, Remedy] = {}
    for owed in scheme.owed:
        remedies |= {remedy.id: remedy for remedy in (owed.among if isinstance(owed, Choice) else (owed,))}
    said += [_of(remedies[component.id], component, component.frame or frame) for component in components]
    return (*said, *map(_choice, choices))


def _equation(term: Term, unit: str, frame: Frame) -> str:
    words, value = term.words(frame), figure(term.value(frame), unit, frame)
    return words if _says(words, value) else f"{words} = {value}"


def _says(words: str, value: str) -> bool:
    """Whether the words end with the value already."""
    last = words.rsplit(" ", 1)[-1]
    if last == value or words.endswith(f" {value}"):
        return True
    try:
        return Decimal(last) == Decimal(value.split(" ", 1)[0])
    except InvalidOperation:
        return False


def _of(remedy: Remedy, component: Component, frame: Frame) -> str:
    head = f"{spoken(remedy.id)} ({spoken(remedy.kind)})"
    if component.needs:
        return f"{head}: not established, as {', '.join(component.needs)} is not given"
    due = f"; due {component.due.text}" if component.due else ""
    if remedy.amount is None or component.amount_minor is None:
        return f"{head}{due}"
    equation = _equation(remedy.amount, "money", frame)
    amount = frame.money(Fraction(component.amount_minor, 10**frame.places))
    said = "" if equation.endswith(f" {amount}") or equation == amount else f", rounded: {amount}"
    return f"{head}: {equation}{said}{due}"


def _choice(choice: ChoiceMade) -> str:
    among = ", ".join(spoken(option.id) for option in choice.open) or "nothing"
    said = f"{spoken(choice.id)}: the customer may choose {among}"
    if choice.chosen is not None:
        return f"{said}; {'on silence' if choice.by_silence else 'chosen'}: {spoken(choice.chosen)}"
    return said if choice.wished is None else f"{said}; {spoken(choice.wished)} is not open"
