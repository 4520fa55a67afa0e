"""The sentence of a reason: what an agent or an integrator reads beside a number of the decision."""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

from compensation_service.decision.reasons import Reason
from compensation_service.letters.catalogues import Catalogue, catalogue
from compensation_service.letters.templates import Write

ANY_GRADE: Final = "*.*"
ANY_CODE: Final = "*"
CODES_MOST: Final = 2048
"""How many codes of a language are remembered; policies bring codes of their own."""

Say: TypeAlias = Callable[[Reason], str]


def sentence(language: str, reason: Reason, currency: str) -> str:
    """Put a reason into words. `currency` is that of the decision, in whose minor units the reason's money is.

    A code that no catalogue has, of a merchant's own category for example, gets a general sentence that names it.
    """
    return speaker(language, currency)(reason)


def speaker(language: str, currency: str) -> Say:
    """What puts reasons into words as `sentence` does: looked up once for the many reasons of a decision."""
    writers = _writers(language)

    def say(reason: Reason) -> str:
        try:
            return writers[reason.code](reason, currency)
        except KeyError:
            # A merchant may call a grade "hours" or "wait": it then looks measured, and is not.
            return catalogue(language).fallbacks[ANY_GRADE](reason, currency)

    return say


class _Writers(dict[str, Write]):
    """What writes the sentence of a code in one language, found when it is first asked for."""

    def __init__(self, sentences: Catalogue) -> None:
        super().__init__()
        self._sentences = sentences

    def __missing__(self, code: str) -> Write:
        if len(self) >= CODES_MOST:
            self.clear()
        writer = self[code] = _writer(self._sentences, code)
        return writer


@cache
def _writers(language: str) -> _Writers:
    return _Writers(catalogue(language))


def _writer(sentences: Catalogue, code: str) -> Write:
    _, dot, detail = code.rpartition(".")
    if not dot:
        return sentences.reasons.get(code) or sentences.fallbacks[ANY_CODE]
    fallbacks = sentences.fallbacks
    return sentences.reasons.get(code) or fallbacks.get(f"*.{detail}") or fallbacks[ANY_GRADE]
