"""What a computation can be in a document. Each class is one operation, told by its first key.

The docstrings and descriptions here are the reference of the language in `docs/schemes.md`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    RootModel,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from compensation_service.decision.schemes.calendars import Period, Unit
from compensation_service.decision.schemes.numbers import Mode
from compensation_service.decision.schemes.units import Counted

NUMBER_MAX = 10**15

P = TypeVar("P", bound="Part")


def _exact(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not -NUMBER_MAX <= value <= NUMBER_MAX:
        raise PydanticCustomError("number", "Input should be a number of at most fifteen digits, without quotes")
    return Decimal(value)


Number: TypeAlias = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]
NAME = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$"
Name: TypeAlias = Annotated[str, Field(pattern=NAME, max_length=80)]
Word: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Sentence: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
Cel: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000, description="A condition, in CEL.")]
IsoDate: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A date: 2025-03-01.")]


_MATRIX: JsonSchemaValue = {"type": "object", "additionalProperties": {"type": "object"}}
"""Rows of a table over several facts."""


class Part(BaseModel):
    """Anything in a document: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AlsoWritten:
    """Tells the JSON Schema that something may be written in other ways as well."""

    def __init__(self, *ways: JsonSchemaValue) -> None:
        self.ways = ways

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [*self.ways, handler(core)]}


class RoundTo(Part):
    """How an amount is rounded."""

    to: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="The step: 0.05, 1, 25. Left out: the currency's minor unit."
    )
    mode: Mode = Field(Mode.HALF_UP, description="What happens between two steps.")


class ForEach(Part):
    """Counting in blocks: `{whole: 12, of: hours_late, after: 24}` counts the whole twelves beyond 24."""

    whole: "Expression | None" = Field(None, description="Only complete blocks of this size count.")
    started: "Expression | None" = Field(None, description="A block that has begun counts as one.")
    exact: "Expression | None" = Field(None, description="Parts of a block count in proportion.")
    of: "Expression" = Field(description="What is counted.")
    after: "Expression | None" = Field(None, description="Grace: only what exceeds this counts.")

    @model_validator(mode="after")
    def _one_way(self) -> "ForEach":
        return _exactly_one(self, "whole", "started", "exact")


class Operation(Part):
    """What every operation can carry. The keys work in this order, wherever they are written."""

    about: Sentence | None = Field(None, description="What this is, for the reader.")
    for_each: "Expression | ForEach | None" = Field(
        None, description="Multiplied by a number (`for_each: passengers`) or by counted blocks."
    )
    less: "Expression | None" = Field(None, description="Taken away: what was paid already, a deduction.")
    at_least: "Expression | None" = Field(None, description="Not less than this.")
    at_most: "Expression | None" = Field(None, description="Not more than this: a cap.")
    round: RoundTo | None = Field(None, description="Rounded on the way; at the end the scheme's `rounding` applies.")
    not_paid_below: "Expression | None" = Field(None, description="0 if it is less than this; this itself is paid.")
    not_paid_up_to: "Expression | None" = Field(
        None, description="0 if it is not more than this; this itself is not paid."
    )


class Amount(Operation):
    """Something as it stands, to carry further keys: `{amount: 250.00, for_each: passengers}`."""

    key: ClassVar = "amount"
    amount: "Expression"


class Percent(Operation):
    """A percentage of a base, above 100 too: `{percent: 200, of: fare, at_most: limit}`."""

    key: ClassVar = "percent"
    percent: "Expression"
    of: "Expression"


class Sum(Operation):
    """All added up: `{sum: [price, shipping]}`."""

    key: ClassVar = "sum"
    sum: Annotated[list["Expression"], Field(min_length=1, max_length=50)]


class Subtract(Operation):
    """One taken from another: `{subtract: use_value, from: price}`. Dates: see `count`."""

    key: ClassVar = "subtract"
    subtract: "Expression"
    from_: "Expression" = Field(alias="from")


class Multiply(Operation):
    """All multiplied: `{multiply: [rate, weight]}`."""

    key: ClassVar = "multiply"
    multiply: Annotated[list["Expression"], Field(min_length=2, max_length=10)]


class Divide(Operation):
    """An exact quotient: `{divide: monthly_fee, by: days_in_month}`."""

    key: ClassVar = "divide"
    divide: "Expression"
    by: "Expression"


class LesserOf(Operation):
    """The smallest of several amounts, or the earliest of several dates: `{lesser_of: [loss, limit]}`."""

    key: ClassVar = "lesser_of"
    lesser_of: Annotated[list["Expression"], Field(min_length=2, max_length=20)]


class GreaterOf(Operation):
    """The largest of several amounts, or the latest of several dates: `{greater_of: [5.00, share]}`."""

    key: ClassVar = "greater_of"
    greater_of: Annotated[list["Expression"], Field(min_length=2, max_length=20)]


class BandRow(Part):
    """A band: at most one lower and one upper edge. Edges may be computed."""

    from_: "Expression | None" = Field(None, alias="from", description="This and more.")
    above: "Expression | None" = Field(None, description="More than this.")
    below: "Expression | None" = Field(None, description="Less than this.")
    up_to: "Expression | None" = Field(None, description="This and less.")
    give: "Expression" = Field(description="What the band gives.")

    @model_validator(mode="after")
    def _edges(self) -> "BandRow":
        if (self.from_ and self.above) or (self.below and self.up_to):
            raise PydanticCustomError(
                "edges", "a band with one lower edge (from or above) and one upper (below or up_to)"
            )
        if not (self.from_ or self.above or self.below or self.up_to):
            raise PydanticCustomError("edges", "a band with an edge: from, above, below or up_to")
        return self


class Bands(Operation):
    """By the size of something: the first row whose edges hold. Gaps and rows that cannot be reached are refused."""

    key: ClassVar = "bands"
    bands: "Expression" = Field(description="What is measured: a number or a date.")
    rows: Annotated[list[BandRow], Field(min_length=1, max_length=100)]
    otherwise: "Expression | None" = Field(None, description="Outside all rows; needed unless they cover everything.")


class Table(Operation):
    """By words: `{table: fare, rows: {single: 1, return: 2}}`; by two: `{table: [tier, brand], rows: {gold: {a: 1}}}`.

    One row for several words: `silver, gold: 100.00`. Whole numbers, true and false are words too.
    """

    key: ClassVar = "table"
    table: Annotated["Expression", AlsoWritten({"type": "array", "items": {"type": "string"}})] = Field(
        description="The fact whose word picks the row; several in a list make a matrix."
    )
    rows: Annotated[dict[str, "Expression"], AlsoWritten(_MATRIX), Field(min_length=1, max_length=500)] = Field(
        description="What each word gives; one level of words for each fact."
    )
    otherwise: "Expression | None" = Field(
        None, description="For all other words; needed unless `one_of` names them all."
    )

    @model_validator(mode="before")
    @classmethod
    def _matrix(cls, data: Any) -> Any:  # noqa: ANN401 — as pydantic hands it over
        """A matrix is a table of tables."""
        if not isinstance(data, Mapping) or not isinstance(data.get("table"), list) or not data["table"]:
            return data
        first, *others = data["table"]
        rows = data.get("rows")
        if others and isinstance(rows, Mapping):
            inner = {"table": others if len(others) > 1 else others[0]}
            inner |= {"otherwise": data["otherwise"]} if "otherwise" in data else {}
            rows = {word: {**inner, "rows": cells} for word, cells in rows.items()}
        return {**data, "table": first, "rows": rows}


class Case(Part):
    """One case: `{when: condition, give: …}`, or the last: `{otherwise: …}`."""

    when: Cel | None = None
    give: "Expression | None" = None
    otherwise: "Expression | None" = None

    @model_validator(mode="after")
    def _whole(self) -> "Case":
        if (self.otherwise is None) == (self.when is None) or (self.when is None) != (self.give is None):
            raise PydanticCustomError("case", "either `when` with `give`, or `otherwise` alone")
        return self


class Choose(Operation):
    """By conditions: the first that is met. The last entry is `otherwise`."""

    key: ClassVar = "choose"
    choose: Annotated[list[Case], Field(min_length=2, max_length=50)]


class PieceRow(Part):
    """The part of the count above one figure and up to another, and what each unit in it gives."""

    above: "Expression | None" = Field(None, description="Where it starts (this unit itself not counted); left out: 0.")
    up_to: "Expression | None" = Field(None, description="Where it ends, this unit included; left out: no end.")
    give: "Expression | None" = Field(None, description="For each unit.")
    percent: "Expression | None" = Field(None, description="Instead of `give`: a share of what lies in this piece.")

    @model_validator(mode="after")
    def _one_rate(self) -> "PieceRow":
        return _exactly_one(self, "give", "percent")


class Accrue(Operation):
    """Rates that change on the way: days 3 and 4 at one rate, from day 5 at another, all added up.

    Over money with `percent` it is a tariff by slices: 15 % of the first 2500, 10 % of the next.
    """

    key: ClassVar = "accrue"
    accrue: "Expression" = Field(description="What is counted: days, hours, kilograms; or an amount.")
    per: "Expression | None" = Field(None, description="The size of a unit; left out: 1.")
    counted: Counted = Field(Counted.WHOLE, description="Whether a begun unit counts, in each piece.")
    pieces: Annotated[list[PieceRow], Field(min_length=1, max_length=50)]


class EachDay(Operation):
    """Added up day by day; dated parameters are those of each day. `day` is the day itself, for use in `each_day`."""

    key: ClassVar = "each_day"
    each_day: "Expression" = Field(description="What one day gives.")
    after: "Expression" = Field(description="The date after which the days count.")
    through: "Expression" = Field(description="The last day that counts.")


class _Over(Operation):
    each: Word = Field(description="The name of an item, for `where` and `give`: item.field, or the item itself.")
    where: Cel | None = Field(None, description="Which items count; left out: all.")


class SumOver(_Over):
    """The sum over a list: `{sum_over: events, each: event, where: "event.minutes >= 60", give: 10.00}`."""

    key: ClassVar = "sum_over"
    sum_over: "Expression"
    give: "Expression" = Field(description="What each item gives.")


class LargestOver(_Over):
    """The largest number, or latest date, over a list."""

    key: ClassVar = "largest_over"
    largest_over: "Expression"
    give: "Expression" = Field(description="What each item gives.")
    if_none: "Expression | None" = Field(None, description="If no item counts; left out: that cannot be computed.")


class SmallestOver(_Over):
    """The smallest number, or earliest date, over a list."""

    key: ClassVar = "smallest_over"
    smallest_over: "Expression"
    give: "Expression" = Field(description="What each item gives.")
    if_none: "Expression | None" = Field(None, description="If no item counts; left out: that cannot be computed.")


class CountOver(_Over):
    """How many items of a list count."""

    key: ClassVar = "count_over"
    count_over: "Expression"


class Count(Operation):
    """The time between two dates or moments, the first not counted: `{count: days, from: reported, to: repaired}`."""

    key: ClassVar = "count"
    count: Unit
    from_: "Expression" = Field(alias="from")
    to: "Expression"
    counted: Counted = Field(
        Counted.WHOLE, description="For weeks, months and years: complete ones, or begun ones too."
    )
    calendar: Word | None = Field(None, description="For working_days.")


class Settle(Part):
    """Where a date falls on a day that is not worked."""

    move: Annotated[str, Field(pattern="^(next|last)$")] = Field(
        description="To the next working day, or back to the last."
    )
    calendar: Word


class Span(Part):
    """A span of time: exactly one of its units."""

    minutes: "Expression | None" = None
    hours: "Expression | None" = None
    days: "Expression | None" = None
    working_days: "Expression | None" = None
    weeks: "Expression | None" = None
    months: "Expression | None" = None
    years: "Expression | None" = None
    calendar: Word | None = Field(None, description="For working_days.")
    if_not_worked: Settle | None = Field(None, description="Moves a date that falls on a weekend or holiday.")

    @property
    def unit(self) -> Unit:
        """The one that is given."""
        return next(unit for unit in Unit if getattr(self, unit) is not None)

    @model_validator(mode="after")
    def _one_unit(self) -> "Span":
        return _exactly_one(self, *Unit)


class Moved(Span):
    """A date so long after or before another: `{days: 14, after: delivered_on}`, `{months: 1, before: due_on}`."""

    about: Sentence | None = Field(None, description="What this is, for the reader.")
    after: "Expression | None" = None
    before: "Expression | None" = None

    @model_validator(mode="after")
    def _one_side(self) -> "Moved":
        return _exactly_one(self, "after", "before")


class DaysIn(Operation):
    """The length of the month or year of a date: `{days_in: month, of: incident_date}`."""

    key: ClassVar = "days_in"
    days_in: Annotated[str, Field(pattern="^(month|year)$")]
    of: "Expression"


class _Edge(Part):
    about: Sentence | None = Field(None, description="What this is, for the reader.")
    of: "Expression" = Field(description="The date.")
    year_begins: Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")] | None = Field(
        None, description='The month and day on which a year begins, where that is not January: "04-01".'
    )


class StartOf(_Edge):
    """The first day of the period in which a date lies: `{start_of: year, of: incident_date, year_begins: "04-01"}`."""

    key: ClassVar = "start_of"
    start_of: Period


class EndOf(_Edge):
    """The last day of the period in which a date lies: `{end_of: month, of: incident_date}`."""

    key: ClassVar = "end_of"
    end_of: Period


class OnDate(Operation):
    """A parameter as of another date than its usual one: `{parameter: base_rate, on: due_on}`."""

    key: ClassVar = "parameter"
    parameter: Word
    on: "Expression"


class Convert(Operation):
    """An amount in another unit of account as money, at a told rate: `{convert: limit, at: sdr_rate, unit: SDR}`."""

    key: ClassVar = "convert"
    convert: "Expression"
    at: "Expression"
    unit: str = Field("", description="The other unit, for the explanation.")


class FirstKnown(Operation):
    """The first whose facts were told: `{first_known: [days_held, {count: days, from: delivered_on, to: today}]}`."""

    key: ClassVar = "first_known"
    first_known: Annotated[list["Expression"], Field(min_length=2, max_length=10)]


class Text(Part):
    """A text as it stands: `{text: consumer}`."""

    key: ClassVar = "text"
    text: str


class DateLiteral(Part):
    """A date as it stands: `{date: 2023-06-07}`."""

    key: ClassVar = "date"
    date: IsoDate


class Words(Part):
    """Several texts, to be named once and asked for in conditions: `{words: [AT, BE, BG]}`, then `country in those`."""

    key: ClassVar = "words"
    words: Annotated[list[str], Field(min_length=1, max_length=500)]


class Asked(Part):
    """A condition as a value, to be named once and used in many: `{condition: "failed >= 1 || refused"}`."""

    key: ClassVar = "condition"
    condition: Cel
    about: Sentence | None = Field(None, description="What this is, for the reader.")


OPERATIONS: tuple[type[Part], ...] = (
    Amount, Percent, Sum, Subtract, Multiply, Divide, LesserOf, GreaterOf, Bands, Table, Choose, Accrue, EachDay,
    SumOver, LargestOver, SmallestOver, CountOver, Count, DaysIn, StartOf, EndOf, OnDate, Convert, FirstKnown, Text,
    Words, DateLiteral, Asked,
)  # fmt: skip
KEYS = {str(getattr(operation, "key", "")): operation for operation in OPERATIONS}


def _kind(value: object) -> str:
    """Which operation a value is: told by its key. In brackets, so that no path confuses it with the key itself."""
    if isinstance(value, Mapping):
        if ("after" in value or "before" in value) and any(unit in value for unit in Unit):
            return "<moved>"
        return next((f"<{key}>" for key in KEYS if key in value), "none")
    return "<name>" if isinstance(value, str) else "<number>"


class Expression(RootModel[Any]):
    """A figure (`5.00`), a name (`ticket_price`), or an operation."""

    model_config = ConfigDict(frozen=True)
    root: Annotated[
        Annotated[Number, Tag("<number>")]
        | Annotated[Name, Tag("<name>")]
        | Annotated[Moved, Tag("<moved>")]
        | Annotated[Amount, Tag("<amount>")]
        | Annotated[Percent, Tag("<percent>")]
        | Annotated[Sum, Tag("<sum>")]
        | Annotated[Subtract, Tag("<subtract>")]
        | Annotated[Multiply, Tag("<multiply>")]
        | Annotated[Divide, Tag("<divide>")]
        | Annotated[LesserOf, Tag("<lesser_of>")]
        | Annotated[GreaterOf, Tag("<greater_of>")]
        | Annotated[Bands, Tag("<bands>")]
        | Annotated[Table, Tag("<table>")]
        | Annotated[Choose, Tag("<choose>")]
        | Annotated[Accrue, Tag("<accrue>")]
        | Annotated[EachDay, Tag("<each_day>")]
        | Annotated[SumOver, Tag("<sum_over>")]
        | Annotated[LargestOver, Tag("<largest_over>")]
        | Annotated[SmallestOver, Tag("<smallest_over>")]
        | Annotated[CountOver, Tag("<count_over>")]
        | Annotated[Count, Tag("<count>")]
        | Annotated[DaysIn, Tag("<days_in>")]
        | Annotated[StartOf, Tag("<start_of>")]
        | Annotated[EndOf, Tag("<end_of>")]
        | Annotated[OnDate, Tag("<parameter>")]
        | Annotated[Convert, Tag("<convert>")]
        | Annotated[FirstKnown, Tag("<first_known>")]
        | Annotated[Text, Tag("<text>")]
        | Annotated[Words, Tag("<words>")]
        | Annotated[DateLiteral, Tag("<date>")]
        | Annotated[Asked, Tag("<condition>")],
        Discriminator(
            _kind,
            custom_error_type="no_operation",
            custom_error_message="a figure, a name, or an operation with one of the keys of the reference",
        ),
    ]


def _exactly_one(part: P, *keys: str) -> P:
    if sum(getattr(part, key) is not None for key in keys) != 1:
        raise PydanticCustomError("one_of_keys", "exactly one of the keys {keys}", {"keys": ", ".join(keys)})
    return part


_PARTS: tuple[type[BaseModel], ...] = (*OPERATIONS, ForEach, BandRow, Case, PieceRow, Span, Moved, Settle, Expression)
for _part in _PARTS:
    _part.model_rebuild()
