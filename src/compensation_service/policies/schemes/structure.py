"""Pydantic's findings in a scheme, in the words of its author."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from compensation_service.policies.problems import Finding, Path
from compensation_service.policies.schemes.expressions import KEYS


def explain(error: ErrorDetails, data: object) -> Finding:
    """Say what the structure lacks, where, and what to do."""
    path = _path(error["loc"][:-1] if error["type"] == "missing" else error["loc"], data)
    kind, said = error["type"], error["msg"].removeprefix("Input should be ")
    if kind == "extra_forbidden":
        return Finding(path, "unknown_key", f"`{path[-1]}` is not a key here.", "Remove it, or mend its spelling.")
    if kind == "missing":
        key = error["loc"][-1]
        return Finding((*path, key), "missing_key", f"`{key}` is missing.", "Add it; the reference shows what it says.")
    if kind == "no_operation":
        return Finding(path, "no_operation", f"this should be {said}.", _nearest(error["input"]))
    if kind == "string_pattern_mismatch" and str(error["input"])[:1].isdigit() and "\\d" not in _pattern_of(error):
        return Finding(path, "unusable_value", "this is a text.", "Write a figure without quotes.")
    if kind == "string_pattern_mismatch":
        return Finding(path, "unusable_value", "this is not written as such a word, name or date is.", _pattern(error))
    return Finding(path, "unusable_value", f"this should be {said}.", "Write such a value here.")


def _path(location: tuple[int | str, ...], data: object) -> Path:
    """Where the error lies in the text: pydantic puts names of kinds between the keys, which are left out here."""
    path: list[int | str] = []
    inner: Any = data
    for part in location:
        if part in inner if isinstance(inner, Mapping) else isinstance(inner, list) and isinstance(part, int):
            inner = inner[part]
            path.append(part)
    return tuple(path)


def _nearest(value: object) -> str:
    if not isinstance(value, Mapping):
        return "Write a figure without quotes, a name, or an operation."
    alike = {match for key in value for match in get_close_matches(str(key), KEYS, n=1)}
    hint = f" Did you mean {' or '.join(f'`{key}`' for key in sorted(alike))}?" if alike else ""
    return f"Its keys here are {', '.join(map(str, value))}.{hint}"


def _pattern_of(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("pattern", ""))


def _pattern(error: ErrorDetails) -> str:
    pattern = _pattern_of(error)
    if "\\d{4}" in pattern:
        return "Write a date such as 2025-03-01."
    if "[A-Z]" in pattern:
        return "Write a code in capital letters, such as EUR for a currency or DE for a country."
    return "Use small letters, digits and underscores, beginning with a letter."
