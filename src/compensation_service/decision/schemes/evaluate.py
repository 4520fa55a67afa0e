"""`evaluate(scheme, facts, at)`: what is owed under one scheme, a pure function of its arguments.

Gates first (what excludes everything), then the entitlements in the order of the scheme, later ones replacing earlier
ones; amounts are rounded once, at the end. A fact that is lacking is named in `needs`, and only if it matters.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import lru_cache

from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.schemes.conditions import ALWAYS, Condition
from compensation_service.decision.schemes.dates import Deadline
from compensation_service.decision.schemes.facts import FactType, Rows
from compensation_service.decision.schemes.frame import Frame, Missing, NotComputable
from compensation_service.decision.schemes.numbers import minor_units
from compensation_service.decision.schemes.result import (
    Answer,
    Applies,
    ChoiceMade,
    Component,
    Due,
    SchemeResult,
)
from compensation_service.decision.schemes.scheme import Choice, Named, Remedy, Scheme

MET, NOT_MET, UNKNOWN = Answer
YES, NO, NEEDS = Applies
"""Bound here once: looking a member up in its enumeration costs as much as calling a function."""

FIRST = "first_open"
"""On silence: the first remedy that is open."""


def evaluate(
    scheme: Scheme, facts: Mapping[str, object], at: date | None = None, rows: Rows | None = None
) -> SchemeResult:
    """What is owed. `at` is the date of the incident where no fact tells it; `rows` are as `Form.read` takes them.

    UnusableFacts where a fact is not of its declared type, or nothing can be computed from it (a division by 0).
    """
    try:
        return _Evaluation(scheme, facts if at is None else _dated(scheme, facts, at), rows).result()
    except NotComputable as error:
        raise UnusableFacts(f"/{scheme.id}", "not_computable", f"{scheme.title}: {error}.") from error


def _dated(scheme: Scheme, facts: Mapping[str, object], at: date) -> Mapping[str, object]:
    """The facts with the date of the incident, where no fact tells it."""
    name = scheme.dated_by
    terms = scheme.facts[name]
    if facts.get(name) is not None or (terms.takes is not None and facts.get(terms.takes) is not None):
        return facts
    is_moment = terms.type is FactType.MOMENT
    return {**facts, name: datetime.combine(at, time(), scheme.timezone) if is_moment else at}


class _Evaluation:
    """One run. What is found is gathered here; nothing of it outlives the result."""

    __slots__ = ("choices", "components", "currency", "frame", "judged", "needs", "nothing", "scheme")

    def __init__(self, scheme: Scheme, told: Mapping[str, object], rows: Rows | None) -> None:
        self.scheme = scheme
        self.frame = Frame(scheme, scheme.form.read(told, scheme.timezone, rows), told)
        self.needs: list[str] = []
        self.judged: list[tuple[str, Answer, str, Condition, Frame]] = []
        self.components: dict[str, Component] = {}
        self.choices: dict[str, ChoiceMade] = {}
        self.nothing: list[Component] = []
        self.currency: str | None = None

    def result(self) -> SchemeResult:
        """Go through the scheme."""
        reason = self._out_of_force()
        gate_needs: list[str] = []
        if not reason:
            reason, gate_needs = self._gates()
        self._find_currency(needed=not reason)
        if not reason:
            for owed in self.scheme.owed:
                if isinstance(owed, Remedy):
                    self._remedy(owed)
                else:
                    self._choice(owed)
        return self._sum_up(reason, gate_needs)

    def _out_of_force(self) -> str:
        first, last = self.scheme.first, self.scheme.last
        if first is None and last is None:
            return ""
        try:
            day = self.frame.dated(self.scheme.dated_by)
        except Missing:
            return ""
        if first is not None and day < first:
            return f"It is in force from {first} on; this is a case of {day}."
        return f"It was in force until {last}; this is a case of {day}." if last is not None and day > last else ""

    def _gates(self) -> tuple[str, list[str]]:
        """The reason of the first gate that is known to be shut, and what the gates lack that cannot be judged."""
        shut = ""
        lacking: list[str] = []
        for gate in self.scheme.gates:
            answer, missing = self._judge(gate.condition, "only if" if gate.must_hold else "not if", gate.because)
            lacking += missing
            if not missing and (answer is MET) is not gate.must_hold:
                shut = shut or gate.because
        return shut, lacking

    def _judge(self, condition: Condition, of: str, because: str = "") -> tuple[Answer, tuple[str, ...]]:
        if condition is ALWAYS:
            return MET, ()
        frame = self.frame
        lacking: tuple[str, ...] = ()
        try:
            answer = MET if condition.test(frame) else NOT_MET
        except Missing as missing:
            answer, lacking = UNKNOWN, missing.names
        self.judged.append((of, answer, because, condition, frame))
        return answer, lacking

    def _find_currency(self, needed: bool) -> None:
        try:
            currency = str(self.scheme.currency.value(self.frame))
        except (Missing, NotComputable) as problem:
            if needed and isinstance(problem, NotComputable):
                raise
            self.needs += problem.args if needed else ()
            return
        exponent = self.scheme.exponent(currency)
        if exponent is None:
            raise UnusableFacts(f"/{self.scheme.id}", "unknown_currency", "ISO 4217 knows no such currency.")
        self.frame.places, self.currency = exponent, currency

    def _remedy(self, remedy: Remedy) -> None:
        answer, lacking = self._judge(remedy.when, remedy.id)
        if answer is NOT_MET:
            return
        component = self._component(remedy)
        if lacking:
            if component.amount_minor == 0 and not remedy.replaces:
                return
            component = replace(component, amount_minor=None, needs=_unique((*lacking, *component.needs)))
        for name in remedy.replaces:
            self._drop(name)
        if remedy.replaces:
            self.frame = self.frame.replacing(remedy.replaces)
        self._keep(component)

    def _drop(self, name: str) -> None:
        self.choices.pop(name, None)
        self.components = {
            id_: component for id_, component in self.components.items() if id_ != name and component.choice != name
        }

    def _keep(self, component: Component) -> None:
        if component.needs:
            self.frame.known[component.id] = Missing(*component.needs)
        if component.is_owed:
            self.components[component.id] = component
        else:
            self.nothing.append(component)

    def _choice(self, choice: Choice) -> None:
        answer, lacking = self._judge(choice.when, choice.id)
        if answer is NOT_MET:
            return
        open_to = []
        for remedy in choice.among:
            met, unknown = self._judge(remedy.when, f"{choice.id}: {remedy.id}")
            if met is not NOT_MET:
                self.needs += unknown
                open_to.append(self._component(remedy, choice.id, lacking + unknown))
        if open_to:
            self.needs += lacking
        made = self._chosen(choice, tuple(open_to))
        self.choices[choice.id] = made
        known = self.frame.known
        known[choice.id] = Missing(_wish_name(choice)) if made.is_unsettled else 0
        for option in made.open:
            if option.id == made.chosen:
                self._keep(option)
                known[choice.id] = known.get(option.id, 0)
            else:
                known[option.id] = 0

    def _chosen(self, choice: Choice, open_to: tuple[Component, ...]) -> ChoiceMade:
        """Find what was chosen. A wish that is not open is no choice; silence is one if the scheme says so."""
        wish, silent = self._wish(choice, bool(open_to))
        if silent and choice.on_silence is not None:
            wish = open_to[0].id if choice.on_silence == FIRST and open_to else choice.on_silence
            ends = self._due(choice.silence_ends)
        else:
            silent, ends = False, None
        chosen = wish if wish is not None and wish in [option.id for option in open_to] else None
        is_unsettled = wish is None and any(option.amount_minor or option.needs for option in open_to)
        return ChoiceMade(choice.id, open_to, wish, chosen, silent, ends, is_unsettled)

    def _wish(self, choice: Choice, matters: bool) -> tuple[str | None, bool]:
        """What the customer wishes, and whether they are silent; a wish that must be told is a need."""
        if choice.wish is None:
            return None, True
        wish = choice.wish.told(self.frame)
        if wish is not None:
            return str(wish), False
        required = self.scheme.facts[choice.wish.name].required
        if required and matters:
            self.needs.append(choice.wish.full_name)
        return None, not required

    def _component(self, remedy: Remedy, choice: str | None = None, lacking: tuple[str, ...] = ()) -> Component:
        if remedy.is_plain and not lacking:
            return _plain(remedy.id, remedy.kind, remedy.compensatory, choice)
        amount: int | None = None
        needs = lacking
        if remedy.amount is not None:
            try:
                exact = max(remedy.amount.value(self.frame), 0)
                amount = minor_units(exact, self.frame.places, remedy.rounding or self.scheme.rounding)
                self.frame.known[remedy.id] = exact
            except Missing as missing:
                needs = _unique((*lacking, *missing.names))
        outputs = self._outputs(remedy.outputs) if remedy.outputs else {}
        due = self._due(remedy.due)
        return Component(remedy.id, remedy.kind, amount, remedy.compensatory, due, outputs, needs, choice, self.frame)

    def _outputs(self, outputs: Mapping[str, Named]) -> dict[str, object]:
        """Figures beside the amounts; one for which facts are lacking is left out and blocks nothing."""
        found: dict[str, object] = {}
        for name, output in outputs.items():
            try:
                found[name] = output.term.value(self.frame)
            except Missing:
                continue
        return found

    def _due(self, deadline: Deadline | None) -> Due | None:
        return None if deadline is None else Due(deadline, self.frame)

    def _sum_up(self, reason: str, gate_needs: list[str]) -> SchemeResult:
        components, choices = tuple(self.components.values()), tuple(self.choices.values())
        needs, is_possible, is_settled = [*gate_needs, *self.needs], bool(components), True
        for component in components:
            needs += component.needs
        for choice in choices:
            is_possible = is_possible or bool(choice.open)
            is_settled = is_settled and not choice.is_unsettled
        if not is_possible and not self.needs:
            needs = []
        applies = NEEDS if needs and not reason else YES if is_possible else NO
        amount = sum([component.amount_minor or 0 for component in components])
        return SchemeResult(  # by position, as a call with so many names takes three times as long
            self.scheme.id,
            applies,
            self.currency,
            amount if is_settled and applies is not NEEDS else None,
            components,
            choices,
            tuple(self.nothing),
            self._all_outputs(components),
            () if reason else _unique(needs),
            tuple(self.judged),
            reason or ("" if is_possible or needs else "Nothing comes out of its conditions and amounts."),
            self.frame,
        )

    def _all_outputs(self, components: Iterable[Component]) -> dict[str, object]:
        outputs = self._outputs(self.scheme.outputs) if self.scheme.outputs else {}
        for component in components:
            outputs |= component.outputs
        return outputs


@lru_cache
def _plain(name: str, kind: str, compensatory: bool, choice: str | None) -> Component:
    """A repair, a replacement: there is nothing in it of one case."""
    return Component(name, kind, None, compensatory, choice=choice)


def _wish_name(choice: Choice) -> str:
    return choice.id if choice.wish is None else choice.wish.name


def _unique(names: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names)) if names else ()
