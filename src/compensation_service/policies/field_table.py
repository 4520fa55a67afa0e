"""Models as Markdown: a section for each, with a row for each key. Both references are made of these."""

import inspect
import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Part: TypeAlias = type[BaseModel]
Says: TypeAlias = Callable[[str, FieldInfo], str]
"""What is said of a key, from its name and its field."""


def between_marks(text: str, part: str, name: str = "reference") -> str:
    """A text with a generated part between the two marks of its name; ValueError where it has no such marks."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    before, rest = text.split(begin)
    return before + begin + part + end + rest.split(end)[1]


def section(part: Part, says: Says, left_out: Iterable[str] = ()) -> str:
    """A model: its title, its docstring and its keys."""
    return f"#### {title(part)}\n\n{inspect.getdoc(part)}\n\n{table(part, says, left_out)}"


def title(part: type[object]) -> str:
    """What a model is called: the key it is known by, or its name in small words."""
    key = getattr(part, "key", None)
    if isinstance(key, str):
        return f"`{key}`"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part.__name__.removesuffix("Terms").removesuffix("Field")).lower()


def table(part: Part, says: Says, left_out: Iterable[str] = ()) -> str:
    """The keys of a model, whether each must be there, and what is said of it."""
    rows = [_row(name, field, says(name, field)) for name, field in part.model_fields.items() if name not in left_out]
    return "| key | | |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(name: str, field: FieldInfo, said: str) -> str:
    need = "must be there" if field.is_required() else _default(field.default)
    escaped = said.replace("|", "\\|")
    return f"| `{field.alias or name}` | {need} | {escaped} |"


def _default(default: object) -> str:
    if default is None or default in ([], {}, "", ()) or isinstance(default, BaseModel):
        return ""
    if isinstance(default, list):
        return f"else `[{', '.join(map(str, default))}]`"
    return f"else `{str(default).lower() if isinstance(default, bool) else default}`"
