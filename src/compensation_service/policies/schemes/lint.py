"""What is legal in a scheme but unwise: rules that never apply, remedies that nobody gets, names that nothing uses.

Each warning has its place and what to do, as a broken rule has. A scheme can be used in spite of them. Whether a rule
can apply is tried out with every combination of those facts that can be only a few things; all others are left untold,
and what depends on them counts as possible. So nothing is called impossible that is not.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from math import prod
from typing import Final, TypeAlias

from compensation_service.decision.schemes.calendars import Calendar
from compensation_service.decision.schemes.conditions import ALWAYS, Condition
from compensation_service.decision.schemes.facts import FactTerms, FactType
from compensation_service.decision.schemes.frame import ABSENT, Frame, Missing, NotComputable
from compensation_service.decision.schemes.inside import inside
from compensation_service.decision.schemes.recall import reads
from compensation_service.decision.schemes.scheme import Choice, Dated, Remedy, Scheme
from compensation_service.decision.schemes.tables import Choose
from compensation_service.decision.schemes.terms import Computed, Fact, Owed, Parameter
from compensation_service.decision.schemes.units import EachDay
from compensation_service.policies.problems import Finding, Path
from compensation_service.policies.schemes.document import SchemeDocument

COMBINATIONS_MAX: Final = 512
"""With more of them a rule is not tried out: it would take longer than the answer is worth."""

Asked: TypeAlias = Sequence[tuple[Condition, bool]]
"""Conditions, each with the answer for which it is looked."""


def warnings(document: SchemeDocument, scheme: Scheme) -> Iterator[Finding]:
    """All that is unwise in a document that broke no rule; `scheme` is what became of it."""
    yield from _names(document, scheme)
    yield from _calendars(document, scheme)
    yield from _parameters(scheme)
    yield from _gates(scheme)
    for place, owed in enumerate(scheme.owed):
        yield from _owed(owed, scheme, ("owed", place))
    yield from _replaced(scheme)
    for group in ("values", "outputs"):
        for name, named in getattr(scheme, group).items():
            yield from _cases(named.term, _Tried(scheme), (group, name))


def _names(document: SchemeDocument, scheme: Scheme) -> Iterator[Finding]:
    parts = list(inside((scheme.gates, scheme.owed, scheme.values, scheme.outputs, scheme.currency)))
    parts += list(inside(scheme.parameters))
    used: dict[str, set[str]] = {group: set() for group in ("facts", "parameters", "values")}
    for part in parts:
        if isinstance(part, Fact):
            used["facts"].add(part.name)
        elif isinstance(part, Dated):
            used["facts"].add(part.by)
        elif isinstance(part, Parameter):
            used["parameters"].add(part.name)
        elif isinstance(part, Computed):
            used["values"].add(part.name)
    used["facts"].add(scheme.dated_by)
    for group, names in used.items():
        for name in getattr(document, group):
            if name not in names:
                reason = f"nothing in the scheme uses `{name}`."
                yield Finding((group, name), f"{group[:-1]}_unused", reason, "Use it, or remove it.")


def _calendars(document: SchemeDocument, scheme: Scheme) -> Iterator[Finding]:
    parts = list(inside((scheme.gates, scheme.owed, scheme.values, scheme.outputs, scheme.parameters)))
    used = {part.name for part in parts if isinstance(part, Calendar)}
    asked = " ".join(part.text for part in parts if isinstance(part, Condition))
    for name in document.calendars:
        if name not in used and f"'{name}'" not in asked and f'"{name}"' not in asked:
            reason = f"nothing in the scheme counts by `{name}`."
            yield Finding(("calendars", name), "calendar_unused", reason, "Count by it, or remove it.")


def _parameters(scheme: Scheme) -> Iterator[Finding]:
    parts = list(inside((scheme.gates, scheme.owed, scheme.values, scheme.outputs)))
    any_day = any(isinstance(part, EachDay) for part in parts)
    elsewhere = {part.name for part in parts if isinstance(part, Parameter) and part.on is not None}
    for name, dated in scheme.parameters.items():
        path: Path = ("parameters", name, "by_date")
        if not dated.changes or dated.by != scheme.dated_by:
            continue
        if scheme.first is None:
            reason = f"it has no figure before {dated.entries[0][0]}, and nothing says when the scheme began."
            yield Finding(path, "parameter_gap", reason, "Say so in `valid.from`, or add the figure of before.")
        elif not any_day and name not in elsewhere:
            yield from _out_of_force(dated, scheme.first, scheme.last or date.max, path)


def _out_of_force(dated: Dated, first: date, last: date, path: Path) -> Iterator[Finding]:
    ends = [*(since for since, _ in dated.entries[1:]), date.max]
    for (since, _), end in zip(dated.entries, ends, strict=True):
        if since > last or end <= first:
            reason = f"the scheme is in force from {first}{'' if last == date.max else f' to {last}'}, and this is not."
            yield Finding((*path, str(since)), "figure_never_applies", reason, "Remove it, or mend `valid`.")


def _gates(scheme: Scheme) -> Iterator[Finding]:
    places = {True: 0, False: 0}
    for gate in scheme.gates:
        path: Path = ("only_if" if gate.must_hold else "not_if", places[gate.must_hold])
        places[gate.must_hold] += 1
        if not _Tried(scheme, gates=False).is_possible([(gate.condition, not gate.must_hold)]):
            reason = "it is met in every case." if gate.must_hold else "it is met in no case."
            yield Finding(path, "gate_never_shuts", reason, "Mend the condition, or remove it.")
    if not _Tried(scheme).is_possible([]):
        reason = "`only_if` and `not_if` together let no case through."
        yield Finding(("owed",), "never_owed", reason, "Mend their conditions.")


def _owed(owed: Remedy | Choice, scheme: Scheme, path: Path) -> Iterator[Finding]:
    tried = _Tried(scheme)
    if isinstance(owed, Remedy):
        yield from _remedy(owed, tried, path)
        return
    yield from _when(owed.when, tried, path)
    inner = tried.given(owed.when)
    for place, remedy in enumerate(owed.among):
        yield from _remedy(remedy, inner, (*path, "among", place))
    words = scheme.facts[owed.wish.name].one_of if owed.wish is not None else frozenset()
    for place, remedy in enumerate(owed.among):
        if words and remedy.id not in words and owed.on_silence is None:
            reason = f"`{remedy.id}` is no word of `{owed.wish.name if owed.wish else ''}`: nobody can choose it."
            advice = "Add it to the fact's `one_of`."
            yield Finding((*path, "among", place), "remedy_never_chosen", reason, advice)


def _remedy(remedy: Remedy, tried: "_Tried", path: Path) -> Iterator[Finding]:
    yield from _when(remedy.when, tried, path)
    inner = tried.given(remedy.when)
    yield from _cases(remedy.amount, inner, (*path, "amount"))
    for name, output in remedy.outputs.items():
        yield from _cases(output.term, inner, (*path, "outputs", name))


def _when(when: Condition, tried: "_Tried", path: Path) -> Iterator[Finding]:
    if when is ALWAYS or not tried.is_possible([]):
        return
    if not tried.is_possible([(when, True)]):
        yield Finding((*path, "when"), "never_applies", "it is met in no case.", "Mend the condition, or remove this.")
    elif not tried.is_possible([(when, False)]):
        yield Finding((*path, "when"), "always_applies", "it is met in every case.", "Mend it, or leave it out.")


def _replaced(scheme: Scheme) -> Iterator[Finding]:
    """Entries that always give way to a later one, and with whose amounts nothing is computed either."""
    computed = {part.name for part in inside((scheme.owed, scheme.outputs)) if isinstance(part, Owed)}
    places = {owed.id: place for place, owed in enumerate(scheme.owed)}
    for owed in scheme.owed:
        for name in owed.replaces if isinstance(owed, Remedy) and owed.when is ALWAYS else ():
            if name in places and name not in computed:
                reason = f"`{owed.id}` takes its place in every case."
                yield Finding(("owed", places[name]), "always_replaced", reason, "Remove one of the two.")


def _cases(term: object, tried: "_Tried", path: Path) -> Iterator[Finding]:
    for choose in inside(term):
        if not isinstance(choose, Choose):
            continue
        before: Asked = []
        for condition, _ in choose.cases:
            if not tried.is_possible([*before, (condition, True)]):
                reason = f"the case `{condition.text}` is never reached."
                yield Finding(path, "case_never_reached", reason, "Put it further up, mend it, or remove it.")
            before = [*before, (condition, False)]


class _Tried:
    """Tries conditions out, in those cases that the gates let through and that meet what is given."""

    def __init__(self, scheme: Scheme, given: Asked = (), *, gates: bool = True) -> None:
        self.scheme = scheme
        passed = [(gate.condition, gate.must_hold) for gate in scheme.gates] if gates else []
        self.known = [one for one in (*passed, *given) if self._states([one]) is not None]

    def given(self, condition: Condition) -> "_Tried":
        """The same, in those cases that meet the condition as well."""
        tried = _Tried(self.scheme, gates=False)
        tried.known = [*self.known, *([(condition, True)] if self._states([(condition, True)]) is not None else [])]
        return tried

    def is_possible(self, asked: Asked) -> bool:
        """Whether all conditions can have these answers together; True where that cannot be tried out."""
        for conditions in ([*self.known, *asked], asked):
            states = self._states(conditions)
            if states is not None and prod(map(len, states.values())) <= COMBINATIONS_MAX:
                frames = (self._frame(states, combination) for combination in product(*states.values()))
                return any(all(_may_be(*one, frame) for one in conditions) for frame in frames)
        return True

    def _frame(self, states: dict[str, tuple[object, ...]], combination: Sequence[object]) -> Frame:
        facts = {name: held for name, held in zip(states, combination, strict=True) if held is not ABSENT}
        return Frame(self.scheme, facts, facts)

    def _states(self, asked: Asked) -> dict[str, tuple[object, ...]] | None:
        """What each fact can be of which the conditions speak; None where it takes more than leaving facts untold."""
        states: dict[str, tuple[object, ...]] = {}
        for name in reads([condition for condition, _ in asked], self.scheme):
            terms = self.scheme.facts.get(name)
            if terms is None:
                return None
            held = _held(terms)
            if held:
                states[name] = held
            elif not terms.required:
                return None
        return states


def _held(terms: FactTerms) -> tuple[object, ...]:
    """All that a fact can be, where that is little."""
    held: tuple[object, ...] = tuple(sorted(terms.one_of))
    if terms.type is FactType.BOOLEAN:
        held = (False, True)
    if held and terms.may_be_none:
        held = (*held, None)
    return (*held, ABSENT) if held and not terms.required and not terms.has_default else held


def _may_be(condition: Condition, wanted: bool, frame: Frame) -> bool:
    try:
        return bool(condition.test(frame)) is wanted
    except (Missing, NotComputable):
        return True
