"""The languages the service speaks, and which of them a reader gets."""

from functools import lru_cache
from typing import Final

LANGUAGES: Final = ("en", "ru", "bg", "fa")
DEFAULT: Final = "en"
WISH_LENGTH_MAX: Final = 200
"""Characters of a wish that are read; a longer header names its favourites first."""

_KIN: Final = {"prs": "fa"}
"""Dari is written as Persian is."""


def choose(wish: str | None) -> str:
    """Choose for a locale ("bg-BG", "fa_IR") or an Accept-Language header; what cannot be met or read gives English."""
    if wish in LANGUAGES:
        return wish
    return _best(wish[:WISH_LENGTH_MAX]) if wish else DEFAULT


@lru_cache(maxsize=256)
def _best(wish: str) -> str:
    ranked = sorted(filter(None, map(_read, wish.split(","))), key=lambda choice: -choice[1])
    return ranked[0][0] if ranked else DEFAULT


def _read(item: str) -> tuple[str, float] | None:
    """One item of a header, as language and weight; None if it is no language of ours or explicitly unwanted."""
    tag, _, parameter = item.partition(";")
    primary = tag.strip().replace("_", "-").partition("-")[0].lower()
    language = DEFAULT if primary == "*" else _KIN.get(primary, primary)
    weight = _weight(parameter)
    return (language, weight) if language in LANGUAGES and weight > 0 else None


def _weight(parameter: str) -> float:
    name, _, value = parameter.replace(" ", "").partition("=")
    if name != "q":
        return 1.0
    digits = value.replace(".", "", 1)
    return min(float(value), 1.0) if digits.isascii() and digits.isdigit() else 0.0
