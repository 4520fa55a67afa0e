"""From a checked CEL tree to plain callables, with the types that CEL's own checker cannot know (fields of list items).

Three-valued: a part that lacks a fact is unknown, `false && unknown` is false, `true || unknown` is true, and an
answer that stays unknown raises Missing with the names of all that would settle it.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, TypeAlias

from compensation_service.decision.schemes import calendars
from compensation_service.decision.schemes.frame import Frame, Missing, Term
from compensation_service.decision.schemes.numbers import exact
from compensation_service.policies.problems import Path
from compensation_service.policies.schemes import scope as kinds
from compensation_service.policies.schemes.cel_names import original
from compensation_service.policies.schemes.cel_run import (
    Run,
    divided,
    either,
    looped,
    month_day,
    not_false,
    of_year,
    time_of_day,
    told,
    within,
)
from compensation_service.policies.schemes.cel_tree import Call, Elements, Fold, Ident, Literal, Node, Select
from compensation_service.policies.schemes.scope import Broken, Scope, Type

Compiled: TypeAlias = tuple[Run, Type]

NULL = Type("null")
_COMPARE = {
    "_==_": operator.eq,
    "_!=_": operator.ne,
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}
_LOGIC = {"_||_": True, "_&&_": False}
"""Which answer of a part settles the whole."""
_ARITHMETIC = {"_+_": operator.add, "_-_": operator.sub, "_*_": operator.mul}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": operator.contains,
}
_SPANS = {"days": 86_400, "hours": 3_600, "minutes": 60}
_PARTS = {"year": "year", "month": "month", "day": "day"}
_BETWEEN: dict[str, Callable[[date, date], int]] = {
    "days_between": lambda first, last: (last - first).days,
    "months_between": calendars.months_between,
}


class Compiler:
    """Compiles one condition; `seen` are the terms it speaks of, in their order."""

    def __init__(self, scope: Scope, path: Path) -> None:
        self.scope = scope
        self.path = path
        self.seen: dict[str, Term] = {}
        self.local: dict[str, Type] = {}

    def compile(self, node: Node) -> Compiled:
        """The callable of a node, and what it gives."""
        if isinstance(node, Literal):
            return self._literal(node)
        if isinstance(node, Ident):
            return self._ident(node)
        if isinstance(node, Select):
            return self._select(node)
        if isinstance(node, Elements):
            return self._elements(node)
        if isinstance(node, Fold):
            return self._fold(node)
        if isinstance(node, Call):
            return self._call(node)
        raise self._broken("this part of CEL is not used in conditions", "Say it with the functions of the reference.")

    def _literal(self, node: Literal) -> Compiled:
        held = node.value
        if isinstance(held, float):
            number = exact(Decimal(repr(held)))
            return lambda _: number, kinds.CONSTANT
        if held is None:
            return lambda _: None, NULL
        type_ = kinds.BOOLEAN if isinstance(held, bool) else kinds.TEXT if isinstance(held, str) else kinds.NUMBER
        return lambda _: held, type_

    def _ident(self, node: Ident) -> Compiled:
        if node.name in self.local:
            name = node.name
            return lambda frame: told(frame.bound[name]), self.local[name]
        name = original(node.name)
        term, type_ = self.scope.find(name, self.path)
        self.seen.setdefault(name, term)
        return term.value, type_

    def _select(self, node: Select) -> Compiled:
        if node.tested:
            raise self._broken("`has()` is not used here", "Write given(name) instead.")
        name = node.operand.name if isinstance(node.operand, Ident) else None
        if name is None or name not in self.local:
            raise self._broken(f"nothing has a field `{node.field}` here", "Name a fact, or an item of a list.")
        inner = self.local[name].fields.get(node.field)
        if inner is None:
            fields = ", ".join(self.local[name].fields) or "none"
            raise self._broken(f"`{name}` has no field `{node.field}`", f"Its fields are: {fields}.")
        field = node.field

        def run(frame: Frame) -> Any:  # noqa: ANN401 — whatever the field holds
            item = frame.bound[name]
            held = item.get(field) if isinstance(item, Mapping) else None
            if held is None:
                raise Missing(f"{frame.bound.get(f'{name}?', name)}.{field}")
            return held

        return run, inner

    def _elements(self, node: Elements) -> Compiled:
        compiled = [self.compile(item) for item in node.items]
        runs = [run for run, _ in compiled]
        item = compiled[0][1] if compiled else None
        return lambda frame: tuple(run(frame) for run in runs), Type("list", item=item)

    def _call(self, node: Call) -> Compiled:
        name = node.function
        if name == "given":
            return self._given(node.args[0])
        args = [self.compile(arg) for arg in (_chain(node, name) if name in _LOGIC else node.args)]
        runs, types = [run for run, _ in args], [type_ for _, type_ in args]
        if name in _COMPARE:
            return self._compared(name, node, runs, types)
        for build in (self._logic, self._calculated, self._of_text, self._of_dates, self._of_calendars, self._of_lists):
            compiled = build(name, node, runs, types)
            if compiled is not None:
                return compiled
        raise self._broken(f"`{name}` is not used in conditions", "Say it with the functions of the reference.")

    def _given(self, node: Node) -> Compiled:
        if isinstance(node, Select) and isinstance(node.operand, Ident):
            return self._given_local(node)
        if not isinstance(node, Ident) or node.name in self.local:
            raise self._broken("given() asks for a fact", "Write given(name) or given(item.field).")
        name = original(node.name)
        head, _, field = name.partition(".")
        term, type_ = self.scope.find(name, self.path)
        terms = self.scope.names[head].terms
        is_bound = terms is None and field and self.scope.names[head].type.name == "record"
        if terms is None and not is_bound:
            raise self._broken("given() asks for a fact", "A value or parameter is always there.")
        self.seen.setdefault(name, term)
        asked, optional = field or head, type_.optional

        def run(frame: Frame) -> bool:
            holder = frame.bound.get(head) if is_bound else frame.facts.get(head) if field else frame.facts
            if isinstance(holder, Mapping) and asked in holder:
                return holder[asked] is not None
            if not optional:
                term.value(frame)  # raises, and says what is lacking
            return False

        return run, kinds.BOOLEAN

    def _given_local(self, node: Select) -> Compiled:
        value, type_ = self._select(node)
        name, field = str(getattr(node.operand, "name", "")), node.field

        def run(frame: Frame) -> bool:
            item = frame.bound[name]
            if isinstance(item, Mapping) and item.get(field) is not None:
                return True
            if type_.optional or (isinstance(item, Mapping) and field in item):
                return False
            value(frame)
            return True

        return run, kinds.BOOLEAN

    def _logic(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name in _LOGIC:
            return either(runs, _LOGIC[name]), kinds.BOOLEAN
        if name == "!_":
            return lambda frame: not runs[0](frame), kinds.BOOLEAN
        if name == "@not_strictly_false":
            return not_false(runs[0]), kinds.BOOLEAN
        if name == "_?_:_":
            return lambda frame: runs[1](frame) if runs[0](frame) else runs[2](frame), _common(types[1], types[2])
        return None

    def _compared(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled:
        if not _alike(*types):
            advice = f"Compare things of one kind; here a {types[0].name} meets a {types[1].name}."
            raise self._broken("two different kinds of things are compared", advice)
        self._check_words(node.args, types)
        compare, left, right = _COMPARE[name], runs[0], runs[1]
        if isinstance(node.args[1], Literal):
            fixed = right(None)  # type: ignore[arg-type] # a literal looks at nothing
            return lambda frame: compare(left(frame), fixed), kinds.BOOLEAN
        return lambda frame: compare(left(frame), right(frame)), kinds.BOOLEAN

    def _check_words(self, args: tuple[Node, ...], types: list[Type]) -> None:
        """A text compared with a fact of few words must be one of them."""
        for words, other in ((types[0].one_of, args[1]), (types[1].one_of, args[0])):
            literals = other.items if isinstance(other, Elements) else (other,)
            for literal in literals:
                if words and isinstance(literal, Literal) and literal.value not in words:
                    advice = f"It can be: {', '.join(sorted(words))}."
                    raise self._broken(f"`{literal.value}` is none of its words", advice)

    def _calculated(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name == "-_":
            return lambda frame: -runs[0](frame), types[0]
        if name == "_/_":
            return divided(runs[0], runs[1]), self._quotient_type(types)
        if name not in _ARITHMETIC:
            return None
        apply = _ARITHMETIC[name]
        return lambda frame: apply(runs[0](frame), runs[1](frame)), self._sum_type(name, types)

    def _sum_type(self, name: str, types: list[Type]) -> Type:
        left, right = types[0].name, types[1].name
        if left == right == "list":
            return types[1] if types[1].item else types[0]
        if name == "_-_" and left == right and left in ("date", "moment"):
            return kinds.DURATION
        if "duration" in (left, right) and name != "_*_":
            return types[0] if left != "duration" else types[1]
        if name != "_*_" and _alike(*types) and types[0].is_number:
            return _common(types[0], types[1])
        if name == "_*_" and types[0].is_number and types[1].is_number and not left == right == "money":
            return next((kind for kind in (kinds.MONEY, kinds.CONSTANT) if kind.name in (left, right)), kinds.NUMBER)
        raise self._broken(
            f"a {left} and a {right} cannot be put together so", "Calculate with numbers, or move dates by days()."
        )

    def _quotient_type(self, types: list[Type]) -> Type:
        over, under = types
        if not (over.is_number and under.is_number) or (under.name == "money" and over.name == "number"):
            raise self._broken(
                f"a {over.name} is not divided by a {under.name}", "Divide money by a number or by money."
            )
        return kinds.NUMBER if under.name == "money" else over

    def _of_text(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name not in _TEXT:
            return None
        apply = _TEXT[name]
        return lambda frame: apply(runs[0](frame), runs[1](frame)), kinds.BOOLEAN

    def _of_dates(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name in ("date", "moment", "time"):
            return self._dated(name, node, runs, types)
        if name in _SPANS:
            seconds = _SPANS[name]
            return lambda frame: timedelta(microseconds=int(runs[0](frame) * seconds * 1_000_000)), kinds.DURATION
        if name in _PARTS:
            part = _PARTS[name]
            return lambda frame: getattr(frame.local(runs[0](frame)), part), kinds.NUMBER
        if name in _BETWEEN:
            apply = _BETWEEN[name]
            return lambda frame: apply(frame.local(runs[0](frame)), frame.local(runs[1](frame))), kinds.NUMBER
        if name == "weekday":
            words = frozenset(calendars.WEEKDAYS)
            return lambda frame: calendars.WEEKDAYS[frame.local(runs[0](frame)).weekday()], replace(
                kinds.TEXT, one_of=words
            )
        return self._in_window(name, node, runs, types)

    def _dated(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled:
        type_ = {"date": kinds.DATE, "moment": kinds.MOMENT, "time": kinds.TIME}[name]
        if types[0].name != "text":
            if name == "date":
                return lambda frame: frame.local(runs[0](frame)), type_
            return lambda frame: time_of_day(runs[0](frame), frame), type_
        read = {"date": date.fromisoformat, "moment": datetime.fromisoformat, "time": time.fromisoformat}[name]
        held = self._written(node.args[0], read, f"a {name}")
        if isinstance(held, datetime) and held.tzinfo is None:
            raise self._broken("this moment has no offset", "End it with Z, or with an offset such as +02:00.")
        return lambda _: held, type_

    def _in_window(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name == "within_day":
            opens, shuts = (self._written(arg, time.fromisoformat, "a time") for arg in node.args[1:])
            return lambda frame: within(opens, time_of_day(runs[0](frame), frame), shuts, last=False), kinds.BOOLEAN
        if name == "within_year":
            first, last = (self._written(arg, month_day, "a month and day such as 12-24") for arg in node.args[1:])
            return lambda frame: within(first, of_year(frame.local(runs[0](frame))), last, last=True), kinds.BOOLEAN
        return None

    def _of_calendars(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name not in ("is_working_day", "is_holiday", "working_days_between"):
            return None
        calendar = self.scope.calendar(self._written(node.args[-1], str, "the name of a calendar"), self.path)
        if name == "working_days_between":
            between = calendar.between
            return lambda frame: between(frame.local(runs[0](frame)), frame.local(runs[1](frame))), kinds.NUMBER
        ask = calendar.works if name == "is_working_day" else calendar.is_holiday
        return lambda frame: ask(frame.local(runs[0](frame))), kinds.BOOLEAN

    def _written(self, node: Node, read: Callable[[str], Any], what: str) -> Any:  # noqa: ANN401 — as `read` gives
        try:
            return read(str(node.value) if isinstance(node, Literal) else "")
        except ValueError:
            raise self._broken(f"this should be {what}, written in quotes", f"Write {what} here.") from None

    def _of_lists(self, name: str, node: Call, runs: list[Run], types: list[Type]) -> Compiled | None:
        if name == "count":
            return lambda frame: len(runs[0](frame)), kinds.NUMBER
        if name == "@in":
            if types[1].item is not None and not _alike(types[0], types[1].item):
                raise self._broken("the list holds another kind of thing", f"List things that are a {types[0].name}.")
            self._check_words(node.args, types)
            if isinstance(node.args[1], Elements) and all(isinstance(item, Literal) for item in node.args[1].items):
                held = frozenset(runs[1](None))  # type: ignore[arg-type] # literals look at nothing
                return lambda frame: runs[0](frame) in held, kinds.BOOLEAN
            return lambda frame: runs[0](frame) in runs[1](frame), kinds.BOOLEAN
        return None

    def _fold(self, node: Fold) -> Compiled:
        items, type_ = self.compile(node.items)
        start, start_type = self.compile(node.start)
        if type_.item is None:
            raise self._broken("only a list can be gone through", "Name a fact that is a list.")
        listed = original(getattr(node.items, "name", node.item))
        outer = dict(self.local)
        self.local |= {node.item: type_.item, node.accumulator: start_type}
        (proceed, _), (step, step_type), (result, result_type) = map(
            self.compile, (node.proceed, node.step, node.result)
        )
        self.local = outer
        if start_type.name == "list":
            result_type = Type("list", item=step_type.item or type_.item)
        return looped(node, listed, items, start, proceed, step, result), result_type

    def _broken(self, reason: str, advice: str) -> Broken:
        return Broken(self.path, "condition", f"{reason}.", advice)


def _chain(node: Node, operator_: str) -> tuple[Node, ...]:
    """All parts of `a || b || c`, which is a tree of pairs to CEL; so they are asked in one loop."""
    if isinstance(node, Call) and node.function == operator_:
        return tuple(chain.from_iterable(_chain(arg, operator_) for arg in node.args))
    return (node,)


def _common(left: Type, right: Type) -> Type:
    return right if left.name == "constant" else left


def _alike(left: Type, right: Type) -> bool:
    if left.is_number and right.is_number:
        return {left.name, right.name} != {"money", "number"}
    return left.name == right.name
