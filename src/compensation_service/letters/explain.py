"""The sentence of a reason: what an agent or an integrator reads beside a number of the decision."""

from functools import lru_cache

from compensation_service.decision.reasons import Reason
from compensation_service.letters.catalogues import catalogue
from compensation_service.letters.templates import Write

ANY_GRADE = "*.*"
ANY_CODE = "*"


def sentence(language: str, reason: Reason, currency: str) -> str:
    """Put a reason into words. `currency` is that of the decision, in whose minor units the reason's money is.

    A code that no catalogue has, of a merchant's own category for example, gets a general sentence that names it.
    """
    try:
        return _writer(language, reason.code)(reason, currency)
    except KeyError:
        # A merchant may call a grade "hours" or "wait": it then looks measured, and is not.
        return catalogue(language).fallbacks[ANY_GRADE](reason, currency)


@lru_cache(maxsize=8192)
def _writer(language: str, code: str) -> Write:
    sentences = catalogue(language)
    _, dot, detail = code.rpartition(".")
    if not dot:
        return sentences.reasons.get(code) or sentences.fallbacks[ANY_CODE]
    fallbacks = sentences.fallbacks
    return sentences.reasons.get(code) or fallbacks.get(f"*.{detail}") or fallbacks[ANY_GRADE]
