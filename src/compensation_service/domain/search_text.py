"""Texts as they are searched: what people write differently, and mean alike, becomes one form.

Case, accents, ё and е, Arabic and Persian forms of letters, digits of any script, vowel signs, the joiner of no width
and the stretching line make no difference. The same is done to what is kept and to what is asked for.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

WORDS_MOST: Final = 64
"""Different words of one text that are kept for searching; a summary seldom has more."""
WORD_CHARACTERS_MOST: Final = 40

_LETTERS: Final = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ك": "ک",
        "ة": "ه",
        "ە": "ه",
        "ٱ": "ا",
        "\N{ARABIC TATWEEL}": None,
        "\N{ZERO WIDTH NON-JOINER}": None,
        "\N{ZERO WIDTH JOINER}": None,
    }
)
"""Letters without their marks, which are left out before: آ is ا then."""
_WORD: Final = re.compile(r"\w+")


def fold(text: str) -> str:
    """One form of all that is written alike."""
    if text.isascii():  # most texts, and thirty times faster
        return text.lower()
    split = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = [_digit(sign) for sign in split if not unicodedata.combining(sign)]
    return "".join(kept).translate(_LETTERS)


def _digit(sign: str) -> str:
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def words(*texts: str | None) -> tuple[str, ...]:
    """The different words of some texts, folded, in the order in which they first come; WORDS_MOST at most."""
    found: dict[str, None] = {}
    for word in _words(texts):
        found[word[:WORD_CHARACTERS_MOST]] = None
        if len(found) >= WORDS_MOST:
            break
    return tuple(found)


def _words(texts: Iterable[str | None]) -> Iterable[str]:
    for text in texts:
        if text:
            yield from _WORD.findall(fold(text))
