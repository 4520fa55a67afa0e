"""Pydantic's findings in a document, in the words of a policy author."""

from pydantic_core import ErrorDetails

from compensation_service.policies.problems import Finding, Path

ADVICE = {
    "extra_forbidden": ("unknown_key", "this key is not known here.", "Remove it, or mend its spelling."),
    "missing": ("missing_key", "this key is missing.", "Add it; the default policy shows it."),
}
CURRENCY_WITHOUT_REFERENCE = Finding(
    (), "currency_without_reference", "the currency has no reference value.", "Add the value of a usual order in it."
)


def explain(error: ErrorDetails) -> Finding:
    """Say what a document's structure lacks, where, and what to do."""
    path = _path(error["loc"])
    if error["type"] == "missing" and path[0] == "currencies" and path[-1] == "reference_value":
        lacking = CURRENCY_WITHOUT_REFERENCE
        return Finding(path, lacking.code, lacking.reason, lacking.advice)
    if error["type"] in ADVICE:
        return Finding(path, *ADVICE[error["type"]])
    said = error["msg"].removeprefix("Input should be ")
    return Finding(path, "unusable_value", f"this should be {said}.", "Write such a value here.")


def _path(location: tuple[int | str, ...]) -> Path:
    """Where the error lies; pydantic marks a key as the culprit with a last part of its own."""
    return location[:-1] if location and location[-1] == "[key]" else location
