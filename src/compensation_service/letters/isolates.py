"""Names, references and addresses in text that may run the other way: fenced in, so that nothing around them moves."""

import unicodedata
from typing import Final

RIGHT_TO_LEFT: Final = frozenset({"fa"})
FIRST_STRONG: Final = "\N{FIRST STRONG ISOLATE}"
POP: Final = "\N{POP DIRECTIONAL ISOLATE}"
_FOREIGN: Final = {True: frozenset({"L", "EN"}), False: frozenset({"R", "AL", "AN"})}


def isolated(value: str, language: str) -> str:
    """The value, fenced in by isolates where anything in it runs against the language."""
    if value.isascii() and language not in RIGHT_TO_LEFT:
        return value
    foreign = _FOREIGN[language in RIGHT_TO_LEFT]
    if any(unicodedata.bidirectional(sign) in foreign for sign in value):
        return f"{FIRST_STRONG}{value}{POP}"
    return value
