"""Conditions: compiled elsewhere, judged here, and explained by the values they saw."""

from collections.abc import Callable
from dataclasses import dataclass

from compensation_service.decision.schemes.frame import Frame, Held, Missing, Term


@dataclass(frozen=True, slots=True)
class Condition:
    """A question about the facts. `test` answers it or raises Missing; `seen` are the names it speaks of."""

    text: str
    test: Callable[[Frame], bool]
    seen: tuple[Term, ...] = ()

    def value(self, frame: Frame) -> Held:
        """The answer."""
        return self.test(frame)

    def words(self, frame: Frame) -> str:
        """The condition and what it saw."""
        saw = ", ".join(told(term, frame) for term in self.seen)
        return f"{self.text} [{saw}]" if saw else self.text


ALWAYS = Condition("always", lambda _: True)


def told(term: Term, frame: Frame) -> str:
    """The words of a term, or that it is lacking."""
    try:
        return term.words(frame)
    except Missing as missing:
        return ", ".join(f"{name} {'none' if name in frame.facts else 'not given'}" for name in missing.names)
