"""From a scheme document to what `decision.schemes` evaluates, proving on the way what a document must hold."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from compensation_service.decision.facts import UnusableFacts
from compensation_service.decision.schemes.conditions import ALWAYS, Condition
from compensation_service.decision.schemes.dates import Deadline
from compensation_service.decision.schemes.evaluate import FIRST
from compensation_service.decision.schemes.facts import FactTerms, FactType, read
from compensation_service.decision.schemes.frame import Term
from compensation_service.decision.schemes.numbers import Rounding, exact
from compensation_service.decision.schemes.scheme import INCIDENT_DATE, Choice, Dated, Gate, Named, Remedy, Scheme
from compensation_service.decision.schemes.standard import STANDARD_FACTS
from compensation_service.decision.schemes.terms import Computed, Constant, Fact, Owed, Parameter
from compensation_service.policies.iso import exponent
from compensation_service.policies.problems import Finding, Path
from compensation_service.policies.schemes import scope as kinds
from compensation_service.policies.schemes.calendars import Holidays, of_library, read_calendar
from compensation_service.policies.schemes.conditions import compile_condition
from compensation_service.policies.schemes.document import (
    ChoiceTerms,
    DatedFigure,
    DueTerms,
    FactField,
    GateTerms,
    RemedyTerms,
    SchemeDocument,
)
from compensation_service.policies.schemes.expressions import Expression, RoundTo
from compensation_service.policies.schemes.scope import RESERVED, Broken, Name, Scope, fact_maker, type_of
from compensation_service.policies.schemes.terms import TermBuilder

T = TypeVar("T")


class Translator:
    """Translates one document. `findings` are all rules it breaks; a part with a broken rule is left out."""

    def __init__(self, document: SchemeDocument, holidays_of: Holidays = of_library) -> None:
        self.document = document
        self.holidays_of = holidays_of
        self.findings: list[Finding] = []
        self.names: dict[str, Name] = {}
        self.scope = Scope(self.names, {})
        self.build = TermBuilder(self.scope)

    def scheme(self) -> Scheme | None:
        """The scheme; None if anything is broken."""
        document = self.document
        zone = self._try(self._zone) or ZoneInfo("UTC")
        facts = self._facts(zone)
        self._calendars()
        parameters = self._parameters()
        values = self._values()
        gates = self._gates()
        owed = [found for found in map(self._owed, range(len(document.owed))) if found is not None]
        currency = self._try(self._currency)
        outputs = self._outputs(document.outputs, ("outputs",))
        if self.findings or currency is None:
            return None
        return Scheme(
            id=document.id,
            title=document.title,
            notice=document.notice,
            basis=document.basis,
            jurisdictions=tuple(document.jurisdiction),
            first=_day(document.valid.from_, ("valid", "from")) if document.valid.from_ else None,
            last=_day(document.valid.to, ("valid", "to")) if document.valid.to else None,
            dated_by=document.dated_by,
            currency=currency,
            rounding=_rounding(document.rounding),
            timezone=zone,
            facts=facts,
            parameters=parameters,
            values=values,
            gates=tuple(gates),
            owed=tuple(owed),
            outputs=outputs,
            exponent=exponent,
        )

    def _try(self, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Broken as broken:
            self.findings.append(broken.finding)
            return None

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.document.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Broken(
                ("timezone",), "timezone", "there is no such time zone.", "Write one such as Europe/Sofia."
            ) from None

    def _add(self, name: str, known: Name, path: Path) -> None:
        if name in RESERVED:
            raise Broken(path, "reserved_name", f"`{name}` has a meaning of its own.", "Choose another name.")
        if name in self.names:
            raise Broken(
                path,
                "duplicate_name",
                f"`{name}` is already the name of something.",
                "Give each its own name; what is owed takes an `id`.",
            )
        self.names[name] = known

    def _facts(self, zone: ZoneInfo) -> dict[str, FactTerms]:
        facts = {}
        for name, field in self.document.facts.items():
            path: Path = ("facts", name)
            terms = self._try(lambda: _fact(field, zone, path))  # noqa: B023 — called at once
            if terms is not None:
                facts[name] = terms
                self._try(lambda: self._add_fact(name, terms, path))  # noqa: B023 — called at once
        if self.document.dated_by == INCIDENT_DATE and INCIDENT_DATE not in facts:
            facts[INCIDENT_DATE] = FactTerms(FactType.DATE, takes="incident.occurred_at")
            self._add_fact(INCIDENT_DATE, facts[INCIDENT_DATE], ("facts",))
        dated_by = self.names.get(self.document.dated_by)
        if dated_by is None or dated_by.type.name not in ("date", "moment"):
            advice = "Name a fact of type date."
            self.findings.append(Finding(("dated_by",), "dated_by", "this is not a date among the facts.", advice))
        return facts

    def _add_fact(self, name: str, terms: FactTerms, path: Path) -> None:
        type_ = type_of(terms)
        self._add(name, Name(type_, fact_maker(name, type_), terms), path)

    def _calendars(self) -> None:
        found = {}
        for name, terms in self.document.calendars.items():
            calendar = self._try(lambda: read_calendar(name, terms, ("calendars", name), self.holidays_of))  # noqa: B023 — called at once
            if calendar is not None:
                found[name] = calendar
        self.scope = Scope(self.names, found)
        self.build = TermBuilder(self.scope)

    def _parameters(self) -> dict[str, Dated]:
        parameters = {}
        for name, figure in self.document.parameters.items():
            dated = self._try(lambda: self._parameter(name, figure))  # noqa: B023 — called at once
            if dated is not None:
                parameters[name] = dated
        return parameters

    def _parameter(self, name: str, figure: DatedFigure) -> Dated:
        path: Path = ("parameters", name)
        by = figure.chosen_by or self.document.dated_by
        if by not in self.names or self.names[by].type.name not in ("date", "moment"):
            raise Broken((*path, "chosen_by"), "dated_by", "this is not a date among the facts.", "Name a date fact.")
        if figure.always is not None:
            built = [(date.min, *self.build(figure.always, path))]
        else:
            built = [
                (_day(day, (*path, "by_date", day)), *self.build(value, (*path, "by_date", day)))
                for day, value in (figure.by_date or {}).items()
            ]
        built.sort(key=lambda entry: entry[0])
        first = self.document.valid.from_
        if figure.by_date and figure.chosen_by is None and first and built[0][0].isoformat() > first:
            advice = "Add the figure of the first day in force, or let `valid.from` begin later."
            raise Broken(
                (*path, "by_date"), "dated", f"it has no figure from {first} on, when the scheme is in force.", advice
            )
        type_ = self.build.together([(type_, path) for _, _, type_ in built])
        self._add(name, Name(type_, lambda _: Parameter(name, type_.shown_unit)), path)
        return Dated(tuple((day, term) for day, term, _ in built), by)

    def _values(self) -> dict[str, Named]:
        values = {}
        for name, expression in self.document.values.items():
            named = self._try(lambda: self._value(name, expression))  # noqa: B023 — called at once
            if named is not None:
                values[name] = named
        return values

    def _value(self, name: str, expression: Expression) -> Named:
        term, type_ = self.build(expression, ("values", name))
        self._add(name, Name(type_, lambda _: Computed(name, type_.shown_unit)), ("values", name))
        return Named(term, getattr(expression.root, "about", None) or "", type_.shown_unit)

    def _gates(self) -> list[Gate]:
        found = []
        document = self.document
        for key, gates in (("only_if", document.only_if), ("not_if", document.not_if)):
            for place, gate in enumerate(gates):
                built = self._try(lambda: self._gate(gate, (key, place), must_hold=key == "only_if"))  # noqa: B023 — called at once
                found += [built] if built else []
        return found

    def _gate(self, gate: GateTerms, path: Path, *, must_hold: bool) -> Gate:
        return Gate(self._condition(gate.when, path), gate.because, must_hold)

    def _condition(self, text: str | None, path: Path) -> Condition:
        return ALWAYS if text is None else compile_condition(text, self.scope, (*path, "when"))

    def _owed(self, place: int) -> Remedy | Choice | None:
        entry, path = self.document.owed[place], ("owed", place)
        if isinstance(entry, ChoiceTerms):
            return self._choice(entry, path)
        return self._try(lambda: self._remedy(entry, path, named=True))

    def _remedy(self, terms: RemedyTerms, path: Path, *, named: bool) -> Remedy:
        name = terms.id or terms.kind
        when = self._condition(terms.when, path)
        amount = None if terms.amount is None else self.build.money(terms.amount, (*path, "amount"))
        for place, replaced in enumerate(terms.replaces):
            if replaced not in self.names or not isinstance(self.names[replaced].make(None), Owed):
                advice = "Name the id of an entry that stands above."
                raise Broken((*path, "replaces", place), "replaces", f"`{replaced}` is not owed before this.", advice)
        outputs = self._outputs(terms.outputs, (*path, "outputs"))
        if named:
            self._add(name, Name(kinds.MONEY, lambda _: Owed(name)), path)
        rounding = _rounding(terms.rounding) if terms.rounding else None
        due = self._due(terms.due, (*path, "due"))
        return Remedy(name, terms.kind, when, amount, terms.compensatory, due, outputs, tuple(terms.replaces), rounding,
                      terms.about or "")  # fmt: skip

    def _choice(self, terms: ChoiceTerms, path: Path) -> Choice | None:
        among = [
            self._try(lambda: self._remedy(remedy, (*path, "among", place), named=True))  # noqa: B023 — called at once
            for place, remedy in enumerate(terms.among)
        ]
        return self._try(lambda: self._chosen(terms, path, [remedy for remedy in among if remedy is not None]))

    def _chosen(self, terms: ChoiceTerms, path: Path, among: list[Remedy]) -> Choice:
        ids = {remedy.id for remedy in among}
        if terms.on_silence not in {None, FIRST, *ids} and len(ids) == len(terms.among):
            advice = f"Write one of: {FIRST}, {', '.join(sorted(ids))}."
            raise Broken((*path, "on_silence"), "choice", f"`{terms.on_silence}` is not among the remedies.", advice)
        wish = None if terms.customer_chooses is None else self._wish(terms, path, ids)
        self._add(terms.id, Name(kinds.MONEY, lambda _: Owed(terms.id)), path)
        ends = self._due(terms.silence_ends, (*path, "silence_ends"))
        when = self._condition(terms.when, path)
        return Choice(terms.id, wish, tuple(among), terms.on_silence, ends, when, terms.about or "")

    def _wish(self, terms: ChoiceTerms, path: Path, ids: set[str]) -> Fact:
        path = (*path, "customer_chooses")
        term, type_ = self.scope.find(str(terms.customer_chooses), path)
        if type_.name != "text" or not isinstance(term, Fact):
            raise Broken(path, "choice", "the wish must be a fact of type text.", "Declare it so under `facts`.")
        strangers = type_.one_of - ids
        if strangers and len(ids) == len(terms.among):
            advice = f"Let its `one_of` name remedies of this choice: {', '.join(sorted(ids))}."
            raise Broken(path, "choice", f"`{min(strangers)}` can be wished for but is not among the remedies.", advice)
        return term

    def _due(self, terms: DueTerms | None, path: Path) -> Deadline | None:
        if terms is None:
            return None
        start = terms.after or Expression.model_validate({"text": terms.after_event})
        moved = self.build.moved(terms, start, (*path, "after"), back=False, is_date=terms.after is not None)
        return Deadline(moved, terms.after_event)

    def _outputs(self, outputs: Mapping[str, Expression], path: Path) -> dict[str, Named]:
        found = {}
        for name, expression in outputs.items():
            built = self._try(lambda: self.build(expression, (*path, name)))  # noqa: B023 — called at once
            if built is not None:
                found[name] = Named(built[0], "", built[1].shown_unit)
        return found

    def _currency(self) -> Term:
        currency = self.document.currency
        if isinstance(currency, str):
            if exponent(currency) is None:
                raise Broken(("currency",), "currency", "ISO 4217 knows no such currency.", "Write a code such as EUR.")
            return Constant(currency, currency)
        term, type_ = self.build(currency, ("currency",))
        if type_.name != "text":
            raise Broken(
                ("currency",), "currency", "this does not give a text.", "Name the fact that tells the currency."
            )
        return term


def _fact(field: FactField, zone: ZoneInfo, path: Path) -> FactTerms:
    if field.takes is not None and field.takes not in STANDARD_FACTS:
        advice = "The reference lists the standard facts."
        raise Broken((*path, "takes"), "unknown_fact", f"there is no standard fact `{field.takes}`.", advice)
    items = None if field.items is None else _fact(field.items, zone, (*path, "items"))
    fields = {name: _fact(inner, zone, (*path, "fields", name)) for name, inner in (field.fields or {}).items()}
    terms = FactTerms(
        type=field.type,
        required=field.required and field.default is None,
        unit=field.unit,
        takes=field.takes,
        may_be_none=field.may_be_none is not None,
        one_of=frozenset(field.one_of or ()),
        items=items,
        fields=fields,
    )
    return terms if field.default is None else _with_default(terms, field, zone, path)


def _with_default(terms: FactTerms, field: FactField, zone: ZoneInfo, path: Path) -> FactTerms:
    try:
        default = read(terms, field.default, zone)
    except UnusableFacts as error:
        raise Broken((*path, "default"), "default", "this cannot be such a fact.", error.detail) from None
    return replace(terms, default=default)


def _day(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Broken(path, "date", f"there is no {text}.", "Write a day that exists.") from None


def _rounding(terms: RoundTo) -> Rounding:
    return Rounding(None if terms.to is None else exact(terms.to), terms.mode)
