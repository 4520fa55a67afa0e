"""Pydantic's findings in a document, in the words of a policy author."""

from pydantic_core import ErrorDetails

from compensation_service.policies.problems import Finding, Path

SAID = {
    "extra_forbidden": ("unknown_key", "this key is not known here.", "Remove it, or mend its spelling."),
    "missing": ("missing_key", "this key is missing.", "Add it; the default policy shows it."),
    "currency": ("currency_without_reference", "it has no reference value.", "Add the value of a usual order in it."),
    "string_pattern_mismatch": ("unusable_word", "this is not such a word.", "Keep to small letters, digits and `_`."),
}
ADVICE = {
    "greater_than": "Raise it.",
    "greater_than_equal": "Raise it.",
    "less_than": "Lower it.",
    "less_than_equal": "Lower it.",
    "enum": "Take one of these words.",
    "number": "Write the number as it is read aloud.",
}


def explain(error: ErrorDetails) -> Finding:
    """Say what the structure of a document lacks, where, and what to do."""
    path, kind = _path(error["loc"]), error["type"]
    if kind == "missing" and path[-1] == "reference_value":
        kind = "currency"
    if kind in SAID:
        return Finding(path, *SAID[kind])
    said = error["msg"].removeprefix("Input should be ")
    return Finding(path, "unusable_value", f"this should be {said}.", ADVICE.get(kind, "Write such a value here."))


def _path(location: tuple[int | str, ...]) -> Path:
    """Where the error lies; pydantic marks a key as the culprit with a last part of its own."""
    return location[:-1] if location and location[-1] == "[key]" else location
