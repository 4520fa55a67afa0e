"""From an expression of the document to a term, with what kind of thing it gives."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from compensation_service.decision.schemes import dates, lists, tables, units
from compensation_service.decision.schemes.calendars import Period, Unit
from compensation_service.decision.schemes.conditions import ALWAYS
from compensation_service.decision.schemes.frame import Term
from compensation_service.decision.schemes.numbers import Rounding, exact
from compensation_service.decision.schemes.terms import (
    Constant,
    Converted,
    Difference,
    Extreme,
    FirstKnown,
    Joined,
    Limited,
    Parameter,
    Percent,
    Quotient,
    Rounded,
    Threshold,
)
from compensation_service.policies.problems import Path
from compensation_service.policies.schemes import expressions as said
from compensation_service.policies.schemes import scope as kinds
from compensation_service.policies.schemes.bands import check_bands
from compensation_service.policies.schemes.conditions import compile_condition
from compensation_service.policies.schemes.expressions import Expression, ForEach, Operation, Span
from compensation_service.policies.schemes.scope import RESERVED, Broken, Scope, Type

_DAY = "day"


@dataclass(frozen=True, slots=True)
class TermBuilder:
    """Builds terms from expressions in a scope; called with an expression and its path. Raises Broken."""

    scope: Scope

    def __call__(self, expression: Expression, path: Path) -> tuple[Term, Type]:
        """The term of an expression, its further keys included, and its type."""
        root = expression.root
        if isinstance(root, Decimal):
            return Constant(exact(root), str(root)), replace(kinds.CONSTANT, is_whole=root == int(root))
        if isinstance(root, str):
            return self.scope.find(root, path)
        if isinstance(root, said.Moved):
            start, side = (root.after, "after") if root.after is not None else (root.before, "before")
            term = self.moved(root, start or expression, (*path, side), back=side == "before", is_date=True)
            return term, kinds.MOMENT if root.unit in (Unit.MINUTES, Unit.HOURS) else kinds.DATE
        term, type_ = _BUILDERS[type(root)](self, root, path)
        return self._carried(term, type_, root, path) if isinstance(root, Operation) else (term, type_)

    def number(self, expression: Expression, path: Path) -> tuple[Term, Type]:
        """As a call, for what must be a number or money."""
        term, type_ = self(expression, path)
        if not type_.is_number:
            raise Broken(path, "type", f"a {type_.name} stands where a number belongs.", "Name or compute a number.")
        return term, type_

    def money(self, expression: Expression, path: Path) -> Term:
        """As a call, for what must be money."""
        term, type_ = self(expression, path)
        if type_.name not in ("money", "constant"):
            advice = "Give an amount: a percentage of money, a figure times a number, or convert it."
            raise Broken(path, "type", f"a {type_.name} stands where money belongs.", advice)
        return term

    def plain(self, expression: Expression, path: Path) -> Term:
        """As a call, for a number that is not money."""
        term, type_ = self.number(expression, path)
        if type_.name == "money":
            raise Broken(
                path, "type", "money stands where a plain number belongs.", "Divide it by money, or name a number."
            )
        return term

    def day(self, expression: Expression, path: Path) -> Term:
        """As a call, for a date or moment."""
        term, type_ = self(expression, path)
        if type_.name not in ("date", "moment"):
            raise Broken(
                path,
                "type",
                f"a {type_.name} stands where a date belongs.",
                "Name a date, or write {date: 2025-03-01}.",
            )
        return term

    def together(self, types: Iterable[tuple[Type, Path]]) -> Type:
        """The one type of things that stand side by side."""
        found: Type | None = None
        whole = True
        for type_, path in types:
            if found is None or found.name == "constant":
                found = type_ if found is None or type_.is_number else found
            if type_.name not in (found.name, "constant") or (type_.name == "constant" and not found.is_number):
                advice = "Let all of them be money, or all plain numbers, or all of one other kind."
                raise Broken(path, "type", f"a {type_.name} stands beside a {found.name}.", advice)
            whole = whole and type_.is_whole
        return replace(found or kinds.CONSTANT, is_whole=whole, one_of=frozenset())

    def moved(self, span: Span, start: Expression, path: Path, *, back: bool, is_date: bool) -> dates.Moved:
        """A date moved by a span; `path` is that of its start."""
        unit, around = span.unit, path[:-1]
        count = self.plain(getattr(span, unit), (*around, unit))
        term = self._start(start, unit, path) if is_date else Constant(getattr(start.root, "text", ""), "")
        calendar = self._calendar(span.calendar, unit, around)
        settle = None
        if span.if_not_worked is not None:
            named = self.scope.calendar(span.if_not_worked.calendar, (*around, "if_not_worked", "calendar"))
            settle = dates.Settle(named, span.if_not_worked.move == "next")
        return dates.Moved(count, unit, term, back, calendar, settle)

    def _start(self, expression: Expression, unit: Unit, path: Path) -> Term:
        """A date from which units are counted; hours and minutes need one with a time of day."""
        term, type_ = self(expression, path)
        wanted = ("moment",) if unit in (Unit.HOURS, Unit.MINUTES) else ("date", "moment")
        if type_.name not in wanted:
            advice = f"Name a fact of type {wanted[0]}."
            raise Broken(path, "type", f"{unit} are counted from a {wanted[0]}, and this is a {type_.name}.", advice)
        return term

    def _calendar(self, name: str | None, unit: Unit, path: Path) -> Any:  # noqa: ANN401 — a calendar or none
        if unit is Unit.WORKING_DAYS:
            if name is None:
                raise Broken(
                    path, "calendar", "working days need a calendar.", "Add `calendar:` with one of `calendars`."
                )
            return self.scope.calendar(name, (*path, "calendar"))
        if name is not None:
            raise Broken(
                (*path, "calendar"), "calendar", "a calendar has no meaning here.", "Use it with working_days."
            )
        return None

    def _carried(self, term: Term, type_: Type, operation: Operation, path: Path) -> tuple[Term, Type]:
        """The further keys of an operation, in their order."""
        if operation.for_each is not None:
            times, times_type = self._times(operation.for_each, (*path, "for_each"))
            type_ = _product((type_, times_type), path)
            term = Joined("×", (term, times))
        if operation.less is not None:
            taken, type_ = self._beside(operation.less, type_, (*path, "less"))
            term = Difference(term, taken)
        for key, is_cap in (("at_least", False), ("at_most", True)):
            if (limit := getattr(operation, key)) is not None:
                bound, type_ = self._beside(limit, type_, (*path, key))
                term = Limited(term, bound, is_cap)
        if operation.round is not None:
            step = None if operation.round.to is None else exact(operation.round.to)
            term = Rounded(term, Rounding(step, operation.round.mode))
        for key, itself in (("not_paid_below", True), ("not_paid_up_to", False)):
            if (threshold := getattr(operation, key)) is not None:
                edge, type_ = self._beside(threshold, type_, (*path, key))
                term = Threshold(term, edge, itself)
        return term, type_

    def _beside(self, expression: Expression, type_: Type, path: Path) -> tuple[Term, Type]:
        term, other = self.number(expression, path)
        if not type_.is_number:
            raise Broken(path, "type", f"this has no meaning for a {type_.name}.", "Leave it out.")
        return term, self.together([(type_, path), (other, path)])

    def _times(self, counted: Expression | ForEach, path: Path) -> tuple[Term, Type]:
        if isinstance(counted, Expression):
            return self.plain(counted, path), kinds.NUMBER
        how = next(how for how in units.Counted if getattr(counted, how) is not None)
        of, of_type = self.number(counted.of, (*path, "of"))
        size, size_type = self.number(getattr(counted, how), (*path, how))
        after = None
        pairs = [(of_type, (*path, "of")), (size_type, (*path, how))]
        if counted.after is not None:
            after, after_type = self.number(counted.after, (*path, "after"))
            pairs.append((after_type, (*path, "after")))
        self.together(pairs)
        return units.Blocks(of, size, how, after), kinds.NUMBER

    # One method for each operation; the table below says which.

    def amount(self, said_: said.Amount, path: Path) -> tuple[Term, Type]:
        return self.number(said_.amount, (*path, "amount"))

    def percent(self, said_: said.Percent, path: Path) -> tuple[Term, Type]:
        base, type_ = self.number(said_.of, (*path, "of"))
        return Percent(self.plain(said_.percent, (*path, "percent")), base), _broken_up(type_)

    def sum(self, said_: said.Sum, path: Path) -> tuple[Term, Type]:
        terms, type_ = self._all(said_.sum, (*path, "sum"), self.number)
        return Joined("+", terms), type_

    def subtract(self, said_: said.Subtract, path: Path) -> tuple[Term, Type]:
        whole, type_ = self.number(said_.from_, (*path, "from"))
        taken, type_ = self._beside(said_.subtract, type_, (*path, "subtract"))
        return Difference(whole, taken), type_

    def multiply(self, said_: said.Multiply, path: Path) -> tuple[Term, Type]:
        built = [self.number(one, (*path, "multiply", place)) for place, one in enumerate(said_.multiply)]
        return Joined("×", tuple(term for term, _ in built)), _product([type_ for _, type_ in built], path)

    def divide(self, said_: said.Divide, path: Path) -> tuple[Term, Type]:
        over, type_ = self.number(said_.divide, (*path, "divide"))
        under, by = self.number(said_.by, (*path, "by"))
        if by.name == "money" and type_.name == "number":
            raise Broken(path, "type", "a plain number is divided by money.", "Divide money by money, or by a number.")
        return Quotient(over, under), kinds.NUMBER if by.name == "money" else _broken_up(type_)

    def extreme(self, said_: said.LesserOf | said.GreaterOf, path: Path) -> tuple[Term, Type]:
        greatest = isinstance(said_, said.GreaterOf)
        listed = said_.greater_of if isinstance(said_, said.GreaterOf) else said_.lesser_of
        terms, type_ = self._all(listed, (*path, "greater_of" if greatest else "lesser_of"), self)
        if not type_.is_number and type_.name not in ("date", "moment"):
            raise Broken(path, "type", f"of a {type_.name} none is the greater.", "Compare numbers or dates.")
        return Extreme(greatest, terms), type_

    def first_known(self, said_: said.FirstKnown, path: Path) -> tuple[Term, Type]:
        terms, type_ = self._all(said_.first_known, (*path, "first_known"), self)
        return FirstKnown(terms), type_

    def bands(self, said_: said.Bands, path: Path) -> tuple[Term, Type]:
        of, of_type = self(said_.bands, (*path, "bands"))
        rows, given = [], []
        for place, row in enumerate(said_.rows):
            where: Path = (*path, "rows", place)
            term, type_ = self(row.give, (*where, "give"))
            lower = self._edge({"from": row.from_, "above": row.above}, of_type, where)
            upper = self._edge({"up_to": row.up_to, "below": row.below}, of_type, where)
            rows.append(tables.Band(lower, upper, term))
            given.append((type_, (*where, "give")))
        otherwise = self._otherwise(said_.otherwise, path, given)
        check_bands(rows, of_type, otherwise is not None, path)
        return tables.Bands(of, tuple(rows), otherwise), self.together(given)

    def _edge(self, ways: dict[str, Expression | None], of_type: Type, path: Path) -> tables.Edge | None:
        """The one edge that is given; `from` and `up_to` include it."""
        for key, expression in ways.items():
            if expression is not None:
                return tables.Edge(self._edge_of(expression, of_type, (*path, key)), key in ("from", "up_to"))
        return None

    def _otherwise(self, expression: Expression | None, path: Path, given: list[tuple[Type, Path]]) -> Term | None:
        if expression is None:
            return None
        term, type_ = self(expression, (*path, "otherwise"))
        given.append((type_, (*path, "otherwise")))
        return term

    def table(self, said_: said.Table, path: Path) -> tuple[Term, Type]:
        of, of_type = self(said_.table, (*path, "table"))
        if of_type.name not in ("text", "boolean", "number", "constant"):
            raise Broken((*path, "table"), "type", f"a {of_type.name} has no words.", "Name a text, or use `bands`.")
        rows: dict[str, Term] = {}
        given: list[tuple[Type, Path]] = []
        for words, expression in said_.rows.items():
            where: Path = (*path, "rows", words)
            term, type_ = self(expression, where)
            given.append((type_, where))
            for word in [words] if words in of_type.one_of else [part.strip() for part in words.split(",")]:
                self._check_word(word, rows, of_type, where)
                rows[word] = term
        otherwise = self._otherwise(said_.otherwise, path, given)
        words_left = ({"true", "false"} if of_type.name == "boolean" else of_type.one_of) - rows.keys()
        if otherwise is None and (words_left or not (of_type.one_of or of_type.name == "boolean")):
            lacking = ", ".join(sorted(words_left)) or "words of which nobody knows"
            raise Broken((*path, "rows"), "table_gap", f"there is no row for {lacking}.", "Add it, or say `otherwise`.")
        return tables.Table(of, rows, otherwise), self.together(given)

    def _check_word(self, word: str, rows: dict[str, Term], of_type: Type, path: Path) -> None:
        if word in rows:
            raise Broken(path, "table_twice", f"`{word}` has two rows.", "Keep one of them.")
        if of_type.one_of and word not in of_type.one_of:
            advice = f"It can be: {', '.join(sorted(of_type.one_of))}."
            raise Broken(path, "unknown_word", f"`{word}` is none of the words of the fact.", advice)

    def choose(self, said_: said.Choose, path: Path) -> tuple[Term, Type]:
        *cases, last = said_.choose
        path = (*path, "choose")
        if last.otherwise is None or any(case.otherwise is not None for case in cases):
            place = len(cases)
            raise Broken(
                (*path, place), "choose", "the last entry, and no other, is `otherwise`.", "Say what else applies."
            )
        built, given = [], []
        for place, case in enumerate(cases):
            condition = compile_condition(case.when or "", self.scope, (*path, place, "when"))
            term, type_ = self(case.give or last.otherwise, (*path, place, "give"))
            built.append((condition, term))
            given.append((type_, (*path, place, "give")))
        otherwise, type_ = self(last.otherwise, (*path, len(cases), "otherwise"))
        given.append((type_, (*path, len(cases), "otherwise")))
        return tables.Choose(tuple(built), otherwise), self.together(given)

    def accrue(self, said_: said.Accrue, path: Path) -> tuple[Term, Type]:
        zero, one = Constant(0, "0"), Constant(1, "1")
        over, of_type = self.number(said_.accrue, (*path, "accrue"))
        size = one if said_.per is None else self._edge_of(said_.per, of_type, (*path, "per"))
        pieces, given = [], []
        for place, row in enumerate(said_.pieces):
            where: Path = (*path, "pieces", place)
            above = zero if row.above is None else self._edge_of(row.above, of_type, (*where, "above"))
            up_to = None if row.up_to is None else self._edge_of(row.up_to, of_type, (*where, "up_to"))
            if row.percent is not None:
                share = self.plain(row.percent, (*where, "percent"))
                pieces.append(units.Piece(above, up_to, share, is_share=True))
                given.append((_broken_up(of_type), (*where, "percent")))
            elif row.give is not None:
                term, type_ = self.number(row.give, (*where, "give"))
                pieces.append(units.Piece(above, up_to, term))
                given.append((type_, (*where, "give")))
        return units.Accrual(over, size, said_.counted, tuple(pieces)), self.together(given)

    def _edge_of(self, expression: Expression, of_type: Type, path: Path) -> Term:
        term, type_ = self(expression, path)
        self.together([(of_type, path), (type_, path)])
        return term

    def each_day(self, said_: said.EachDay, path: Path) -> tuple[Term, Type]:
        after = self.day(said_.after, (*path, "after"))
        through = self.day(said_.through, (*path, "through"))
        scope = self.scope.with_item(_DAY, kinds.DATE)
        day, asked = scope.names[_DAY], []

        def make(field: str | None) -> Term:
            asked.append(field)
            return day.make(field)

        inner = TermBuilder(Scope({**scope.names, _DAY: replace(day, make=make)}, scope.calendars))
        term, type_ = inner.number(said_.each_day, (*path, "each_day"))
        return units.EachDay(term, after, through, by_day=bool(asked)), type_

    def over(self, said_: Any, path: Path) -> tuple[Term, Type]:  # noqa: ANN401 — one of the four below
        key, take = _TAKES[type(said_)]
        items, items_type = self(getattr(said_, key), (*path, key))
        if items_type.item is None:
            raise Broken((*path, key), "type", f"a {items_type.name} is not a list.", "Name a fact of type list.")
        if said_.each in self.scope.names or said_.each in RESERVED:
            reason = f"`{said_.each}` is already the name of something."
            raise Broken((*path, "each"), "duplicate_name", reason, "Choose another.")
        inner = TermBuilder(self.scope.with_item(said_.each, items_type.item))
        where = ALWAYS if said_.where is None else compile_condition(said_.where, inner.scope, (*path, "where"))
        if take is lists.Take.COUNT:
            return lists.Over(take, items, said_.each, where, Constant(1, "1"), None), kinds.WHOLE
        build = inner.number if take is lists.Take.SUM else inner
        give, type_ = build(said_.give, (*path, "give"))
        if_none, pairs = None, [(type_, (*path, "give"))]
        if getattr(said_, "if_none", None) is not None:
            if_none, none_type = self(said_.if_none, (*path, "if_none"))
            pairs.append((none_type, (*path, "if_none")))
        return lists.Over(take, items, said_.each, where, give, if_none), self.together(pairs)

    def count(self, said_: said.Count, path: Path) -> tuple[Term, Type]:
        start = self._start(said_.from_, said_.count, (*path, "from"))
        end = self._start(said_.to, said_.count, (*path, "to"))
        calendar = self._calendar(said_.calendar, said_.count, path)
        is_whole = said_.count not in (Unit.MINUTES, Unit.HOURS)
        type_ = replace(kinds.NUMBER, unit=said_.count.replace("_", " "), is_whole=is_whole)
        return dates.Between(said_.count, start, end, said_.counted, calendar), type_

    def days_in(self, said_: said.DaysIn, path: Path) -> tuple[Term, Type]:
        return dates.Length(self.day(said_.of, (*path, "of")), said_.days_in == "year"), kinds.WHOLE

    def edge(self, said_: said.StartOf | said.EndOf, path: Path) -> tuple[Term, Type]:
        period = said_.end_of if isinstance(said_, said.EndOf) else said_.start_of
        begins = (1, 1)
        if said_.year_begins is not None:
            begins = self._year_begins(said_.year_begins, period, (*path, "year_begins"))
        of = self.day(said_.of, (*path, "of"))
        return dates.PeriodEdge(of, period, isinstance(said_, said.EndOf), begins), kinds.DATE

    def _year_begins(self, text: str, period: Period, path: Path) -> tuple[int, int]:
        if period is not Period.YEAR:
            raise Broken(path, "date", "only a year begins on a day of its own.", "Leave it out.")
        try:
            day = date.fromisoformat(f"2001-{text}")
        except ValueError:
            advice = "Write a month and day that every year has, such as 04-01."
            raise Broken(path, "date", f"not every year has a {text}.", advice) from None
        return day.month, day.day

    def on_date(self, said_: said.OnDate, path: Path) -> tuple[Term, Type]:
        term, type_ = self.scope.find(said_.parameter, (*path, "parameter"))
        if not isinstance(term, Parameter):
            raise Broken((*path, "parameter"), "type", "this is not a parameter.", "Name one of `parameters`.")
        return replace(term, on=self.day(said_.on, (*path, "on"))), type_

    def convert(self, said_: said.Convert, path: Path) -> tuple[Term, Type]:
        term = self.plain(said_.convert, (*path, "convert"))
        return Converted(term, self.plain(said_.at, (*path, "at")), said_.unit), kinds.MONEY

    def text(self, said_: said.Text, _: Path) -> tuple[Term, Type]:
        return Constant(said_.text, said_.text), kinds.TEXT

    def words(self, said_: said.Words, _: Path) -> tuple[Term, Type]:
        return Constant(tuple(said_.words), ", ".join(said_.words)), Type("list", item=kinds.TEXT)

    def date(self, said_: said.DateLiteral, path: Path) -> tuple[Term, Type]:
        try:
            return Constant(date.fromisoformat(said_.date), said_.date), kinds.DATE
        except ValueError:
            raise Broken(path, "date", f"there is no {said_.date}.", "Write a day that exists.") from None

    def condition(self, said_: said.Asked, path: Path) -> tuple[Term, Type]:
        return compile_condition(said_.condition, self.scope, (*path, "condition")), kinds.BOOLEAN

    def _all(self, listed: list[Expression], path: Path, build: Any) -> tuple[tuple[Term, ...], Type]:  # noqa: ANN401 — one of the builders above
        built = [(build(one, (*path, place)), (*path, place)) for place, one in enumerate(listed)]
        type_ = self.together([(type_, where) for (_, type_), where in built])
        return tuple(term for (term, _), _ in built), type_


_BUILDERS: dict[type, Any] = {
    said.Amount: TermBuilder.amount,
    said.Percent: TermBuilder.percent,
    said.Sum: TermBuilder.sum,
    said.Subtract: TermBuilder.subtract,
    said.Multiply: TermBuilder.multiply,
    said.Divide: TermBuilder.divide,
    said.LesserOf: TermBuilder.extreme,
    said.GreaterOf: TermBuilder.extreme,
    said.Bands: TermBuilder.bands,
    said.Table: TermBuilder.table,
    said.Choose: TermBuilder.choose,
    said.Accrue: TermBuilder.accrue,
    said.EachDay: TermBuilder.each_day,
    said.SumOver: TermBuilder.over,
    said.LargestOver: TermBuilder.over,
    said.SmallestOver: TermBuilder.over,
    said.CountOver: TermBuilder.over,
    said.Count: TermBuilder.count,
    said.DaysIn: TermBuilder.days_in,
    said.StartOf: TermBuilder.edge,
    said.EndOf: TermBuilder.edge,
    said.OnDate: TermBuilder.on_date,
    said.Convert: TermBuilder.convert,
    said.FirstKnown: TermBuilder.first_known,
    said.Text: TermBuilder.text,
    said.Words: TermBuilder.words,
    said.DateLiteral: TermBuilder.date,
    said.Asked: TermBuilder.condition,
}
_TAKES: dict[Any, tuple[str, lists.Take]] = {
    said.SumOver: ("sum_over", lists.Take.SUM),
    said.LargestOver: ("largest_over", lists.Take.LARGEST),
    said.SmallestOver: ("smallest_over", lists.Take.SMALLEST),
    said.CountOver: ("count_over", lists.Take.COUNT),
}


def _product(types: Iterable[Type], path: Path) -> Type:
    """Money times a number is money; a plain figure times a number may be either, as the figure may."""
    names = [type_.name for type_ in types]
    if names.count("money") > 1:
        raise Broken(path, "type", "money is multiplied by money.", "Multiply money by a number.")
    return kinds.MONEY if "money" in names else kinds.CONSTANT if "constant" in names else kinds.NUMBER


def _broken_up(type_: Type) -> Type:
    """The type of what was divided: no longer whole, and no longer so many minutes."""
    return replace(type_, is_whole=False, unit="")
