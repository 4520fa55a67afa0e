"""The kinds of values that requests are made of: each strict, bounded and described in OpenAPI.

Money is an integer of minor units. Fractions are decimal strings. A moment is RFC 3339 with an offset.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

MONEY_MOST = 10**12
INVISIBLE = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
)
"""White space, controls, private use and characters of no width, as the inside of a character class."""

_YEAR = "(19[0-9]{2}|2[01][0-9]{2})"
_DAY = _YEAR + "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MOMENT = _DAY + r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_DECIMAL = r"(0|[1-9][0-9]{0,6})(\.[0-9]{1,6})?"
_DELAY_MOST = 10**7 - 1

_is_day = re.compile(_DAY).fullmatch
_is_moment = re.compile(_MOMENT).fullmatch
_is_decimal = re.compile("-?" + _DECIMAL).fullmatch


class Strict(BaseModel):
    """A part of a request: nothing is converted, unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _moment(value: object) -> datetime:
    if isinstance(value, str) and _is_moment(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    detail = "An RFC 3339 date and time with seconds and offset is expected, between 1900 and 2199."
    raise PydanticCustomError("moment_expected", detail)


def _day_or_moment(value: object) -> date | datetime:
    if isinstance(value, str) and _is_day(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    return _moment(value)


def _decimal(value: object) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _DELAY_MOST:
        return Decimal(value)
    if isinstance(value, str) and _is_decimal(value):
        return Decimal(value)
    detail = 'An integer or a decimal string such as "36.5" is expected, at most seven digits before the point.'
    raise PydanticCustomError("decimal_expected", detail)


def _not_negative(value: object) -> Decimal:
    number = _decimal(value)
    if number < 0:
        raise PydanticCustomError("greater_than_equal", "not negative")
    return number


def _normalized(value: str) -> str:
    if value.isascii() or unicodedata.is_normalized("NFC", value):
        return value
    raise PydanticCustomError("not_normalized", "Identifiers must be in Unicode's normal form C.")


def _decimal_schema(sign: str, least: int) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "integer", "minimum": least, "maximum": _DELAY_MOST},
            {"type": "string", "pattern": f"^{sign}{_DECIMAL}$"},
        ]
    }


def _text(most: int) -> Any:  # noqa: ANN401 - pydantic's own return type for constraints
    return StringConstraints(min_length=1, max_length=most)


Minor = Annotated[int, Field(ge=0, le=MONEY_MOST, description="Money in minor units (cents, kopecks, fils).")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Identifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=f"^[^{INVISIBLE}]+$"),
    AfterValidator(_normalized),
    Field(description="1–128 visible characters in Unicode's normal form C, without white space."),
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), Field(description="ISO 4217")]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2")]
Locale = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{1,8}){0,4}$"), Field(description="BCP 47")
]
Name = Annotated[str, _text(200)]
Summary = Annotated[str, _text(2000)]
Email = Annotated[str, StringConstraints(pattern=rf"^[^@{INVISIBLE}]{{1,64}}@[^@{INVISIBLE}]{{1,189}}$")]
Moment = Annotated[
    datetime,
    PlainValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_MOMENT}$"}),
]
DayOrMoment = Annotated[
    date | datetime,
    PlainValidator(_day_or_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date", "pattern": f"^{_DAY}$"},
                {"type": "string", "format": "date-time", "pattern": f"^{_MOMENT}$"},
            ]
        }
    ),
]
DelayHours = Annotated[
    Decimal,
    PlainValidator(_decimal),
    WithJsonSchema(
        _decimal_schema("-?", -_DELAY_MOST) | {"description": "Hours past the promised moment; negative means 0."}
    ),
]
WaitMinutes = Annotated[
    Decimal,
    PlainValidator(_not_negative),
    WithJsonSchema(_decimal_schema("", 0) | {"description": "Minutes the customer waited."}),
]
