"""The scheme document: what an author writes. How amounts are computed is in `expressions.py`.

The docstrings and descriptions here are the reference of the language in `docs/schemes.md`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, Tag, model_validator
from pydantic_core import PydanticCustomError

from compensation_service.decision.schemes.facts import FactType
from compensation_service.decision.schemes.scheme import Basis
from compensation_service.policies.schemes.expressions import (
    AlsoWritten,
    Cel,
    Expression,
    IsoDate,
    Name,
    Part,
    RoundTo,
    Sentence,
    Span,
    Word,
)

NOT_LEGAL_ADVICE = "This is a reading of a published rule, not legal advice."

Id: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
CurrencyCode: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Reference(Part):
    """Where the rule is published."""

    url: Annotated[str, Field(max_length=500)]
    what: Sentence | None = Field(None, description="What is found there.")


class Validity(Part):
    """From when until when the rule is in force, both days included; `null` or left out: open."""

    from_: IsoDate | None = Field(None, alias="from", description="The first day.")
    to: IsoDate | None = None
    note: Sentence | None = None


def _short(key: str) -> BeforeValidator:
    """A plain word stands for a mapping with one key."""
    return BeforeValidator(lambda value: value if isinstance(value, Mapping) else {key: value})


class FactField(Part):
    """A fact: what it is called, what it can be, whether it must be told. Short: `minutes_late: integer`."""

    type: FactType = Field(description='What it can be. `decimal` and `money` are told as texts: "46.00".')
    about: Sentence | None = Field(None, description="What it says, for the reader.")
    unit: Annotated[str, Field(max_length=30)] = Field("", description="What follows its figure: minutes, km.")
    required: StrictBool = Field(default=True, description="false: it may be left out; ask with given(name).")
    default: StrictBool | str | int | Any = Field(
        None,
        description="Assumed where it is not told; the fact is then optional, and the result says what was assumed.",
    )
    may_be_none: Sentence | None = Field(
        None, description='What null means, where it is an answer: "no other flight was offered"; ask with given(name).'
    )
    one_of: Annotated[list[str], Field(min_length=1, max_length=300)] | None = Field(
        None, description="The words it can be."
    )
    takes: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")] | None = Field(
        None, description="The standard fact that stands in for it: order.total."
    )
    items: "ShortFact | None" = Field(None, description="For a list: what its items are.")
    fields: dict[Word, "ShortFact"] | None = Field(None, description="For a record: its fields.")

    @model_validator(mode="after")
    def _whole(self) -> "FactField":
        if (self.type is FactType.LIST) != (self.items is not None):
            raise PydanticCustomError("items", "a fact with `items` if, and only if, it is a list")
        if (self.type is FactType.RECORD) != (self.fields is not None):
            raise PydanticCustomError("fields", "a fact with `fields` if, and only if, it is a record")
        if self.one_of is not None and self.type is not FactType.TEXT:
            raise PydanticCustomError("one_of", "a text where it has `one_of`")
        return self


ShortFact: TypeAlias = Annotated[FactField, _short("type"), AlsoWritten({"enum": list(FactType)})]


class DatedFigure(Part):
    """A figure of the rule, from date to date. Short, where it never changed: `grace_days: 2`."""

    about: Sentence | None = Field(None, description="What it is, for the reader.")
    always: Expression | None = Field(None, description="For a figure that never changed.")
    by_date: Annotated[dict[IsoDate, Expression], Field(min_length=1, max_length=500)] | None = Field(
        None, description="The figure from each date on."
    )
    chosen_by: Name | None = Field(None, description="The date fact that chooses; left out: the scheme's `dated_by`.")

    @model_validator(mode="after")
    def _one(self) -> "DatedFigure":
        if (self.always is None) == (self.by_date is None):
            raise PydanticCustomError("dated", "a figure with either `always` or `by_date`")
        return self


def _figure(value: object) -> object:
    named = {"about", "always", "by_date", "chosen_by"}
    return value if isinstance(value, Mapping) and named & set(value) - {"about"} else {"always": value}


ShortFigure: TypeAlias = Annotated[
    DatedFigure,
    BeforeValidator(_figure),
    AlsoWritten({"type": ["number", "string"]}, {"type": "object", "not": {"required": ["by_date"]}}),
]


class CalendarTerms(Part):
    """Which days are not worked: the weekend, public holidays by name of the country, and days of your own."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = Field(None, description="ISO 3166: GB, DE, BG.")
    region: Annotated[str, Field(max_length=10)] | None = Field(None, description="A part of the country: ENG, BY.")
    weekend: list[str] = Field(
        ["saturday", "sunday"], description="Iran: [friday]. Mondays to Saturdays worked: [sunday]."
    )
    also: list[IsoDate] = Field([], description="Further days that are not worked.")
    worked: list[IsoDate] = Field([], description="Holidays that are worked all the same.")


class GateTerms(Part):
    """A condition on everything, and the sentence that says why nothing is owed."""

    when: Cel
    because: Sentence = Field(description="Why nothing is owed; the customer may read it.")


class DueTerms(Span):
    """By when: `{days: 14, after: withdrawn_on}`, or `{days: 14, after_event: the trader agrees to the refund}`."""

    after: Expression | None = Field(None, description="The date from which the period runs.")
    after_event: Sentence | None = Field(None, description="What starts the period, if no fact tells its date.")

    @model_validator(mode="after")
    def _one_start(self) -> "DueTerms":
        if (self.after is None) == (self.after_event is None):
            raise PydanticCustomError("due", "a period with either `after` or `after_event`")
        return self


class RemedyTerms(Part):
    """One thing owed: money where there is an `amount`, otherwise a repair, points, assistance.

    Later entries may replace earlier ones, and compute with their amounts by their ids.
    """

    id: Word | None = Field(None, description="Its name, for `replaces` and computations; left out: the kind.")
    kind: Word = Field(description="What is given: payment, full_refund, price_reduction, store_credit, repair, …")
    about: Sentence | None = Field(None, description="What this is, for the reader.")
    when: Cel | None = Field(None, description="Left out: always.")
    amount: Expression | None = Field(None, description="In whole units of the currency; never below 0.")
    compensatory: StrictBool = Field(
        default=True,
        description="false for money back for what was not had; only compensation is netted against goodwill.",
    )
    due: DueTerms | None = Field(None, description="By when.")
    outputs: dict[Word, Expression] = Field({}, description="What else is to be told: points, a limit, a form.")
    replaces: list[Word] = Field([], description="Ids of earlier entries that give way to this one, downwards too.")
    rounding: RoundTo | None = Field(None, description="Instead of the scheme's.")


class ChoiceTerms(Part):
    """Remedies in order, of which the customer chooses one among those that are open."""

    id: Word
    about: Sentence | None = Field(None, description="What this is, for the reader.")
    when: Cel | None = Field(None, description="Left out: always.")
    customer_chooses: Name | None = Field(
        None, description="The text fact that holds the wish: an id below. Left out: the choice stays open."
    )
    among: Annotated[list[RemedyTerms], Field(min_length=1, max_length=30)] = Field(
        description="In the order of the rule."
    )
    on_silence: Word | None = Field(None, description="The id that applies if nothing is chosen, or `first_open`.")
    silence_ends: DueTerms | None = Field(None, description="When silence has lasted long enough.")


def _kind(value: object) -> str:
    return "choice" if isinstance(value, Mapping) and "among" in value else "remedy"


OwedTerms: TypeAlias = Annotated[
    Annotated[RemedyTerms, Tag("remedy")] | Annotated[ChoiceTerms, Tag("choice")], Discriminator(_kind)
]


class SchemeDocument(Part):
    """A published rule as data."""

    id: Id = Field(description="Its name in answers and records: eu-261-2004.")
    title: Sentence
    about: Sentence | None = Field(None, description="The rule in a few sentences.")
    basis: Basis = Field(description="Where the duty comes from.")
    jurisdiction: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]], Field(max_length=300)] = Field(
        [], description="Countries (ISO 3166) in which it is law; empty: wherever it is promised or agreed."
    )
    sources: Annotated[list[Reference], Field(min_length=1, max_length=30)]
    notice: Sentence = Field(NOT_LEGAL_ADVICE, description="Shown with every result.")
    valid: Validity = Field(Validity(**{"from": None}), description="When it is in force.")
    dated_by: Name = Field("incident_date", description="The date fact by which validity and dated figures go.")
    currency: CurrencyCode | Expression = Field(
        description="A code, or a computation that gives one: the fact that tells it."
    )
    rounding: RoundTo = Field(RoundTo(), description="How each amount is rounded in the end. Unless said: half up.")
    timezone: Annotated[str, Field(max_length=60)] = Field(
        "UTC", description="Where dates and times of day are read: Europe/Sofia."
    )
    facts: dict[Word, ShortFact] = Field(description="What the scheme needs to be told.")
    parameters: dict[Word, ShortFigure] = Field({}, description="Figures of the rule, dated where they change.")
    calendars: dict[Word, CalendarTerms] = Field({}, description="Holidays and weekends for working days.")
    values: dict[Word, Expression] = Field({}, description="Named computations; each may use those above it.")
    only_if: list[GateTerms] = Field([], description="All must hold, or nothing is owed.")
    not_if: list[GateTerms] = Field([], description="If one holds, nothing is owed: exclusions.")
    owed: Annotated[list[OwedTerms], Field(min_length=1, max_length=50)] = Field(description="What is owed, in order.")
    outputs: dict[Word, Expression] = Field({}, description="What is told whether or not anything is owed.")

    @model_validator(mode="after")
    def _period(self) -> "SchemeDocument":
        if self.valid.from_ and self.valid.to and self.valid.to < self.valid.from_:
            raise PydanticCustomError("period", "in force from a day that is not after its last")
        return self


_PARTS: tuple[type[Part], ...] = (FactField, DatedFigure, RemedyTerms, ChoiceTerms, DueTerms, SchemeDocument)
for _part in _PARTS:
    _part.model_rebuild()
