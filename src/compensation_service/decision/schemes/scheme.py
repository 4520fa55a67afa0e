"""A scheme as the decision sees it: plain, frozen, already validated values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from enum import StrEnum

from compensation_service.decision.schemes.conditions import ALWAYS, Condition
from compensation_service.decision.schemes.dates import Deadline
from compensation_service.decision.schemes.facts import FactTerms, Form
from compensation_service.decision.schemes.frame import Term
from compensation_service.decision.schemes.numbers import Rounding
from compensation_service.decision.schemes.recall import Recall, recalls
from compensation_service.decision.schemes.terms import Fact

INCIDENT_DATE = "incident_date"
"""The fact that every scheme knows: when it happened."""


class Basis(StrEnum):
    """Where a scheme comes from."""

    LAW = "law"
    CONTRACT = "contract"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Dated:
    """A parameter: what it is from each date on, in the order of the dates, and the date fact that chooses."""

    entries: tuple[tuple[date, Term], ...]
    by: str

    @property
    def changes(self) -> bool:
        """Whether it depends on a date at all."""
        return self.entries[0][0] != date.min


@dataclass(frozen=True, slots=True)
class Named:
    """A named value; `unit` follows its figure when it is spoken of."""

    term: Term
    about: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that must hold (or must not) for anything to be owed, and the sentence that says why."""

    condition: Condition
    because: str
    must_hold: bool


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing owed. Without an amount it is not money: a repair, points, assistance.

    `replaces` are ids of entitlements that stand earlier and give way to this one.
    """

    id: str
    kind: str
    when: Condition = ALWAYS
    amount: Term | None = None
    compensatory: bool = True
    due: Deadline | None = None
    outputs: Mapping[str, Named] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    rounding: Rounding | None = None
    about: str = ""
    is_plain: bool = field(init=False, repr=False, compare=False)
    """Whether it is the same in every case: no amount, no date, no figures."""

    def __post_init__(self) -> None:
        """Find out whether it is plain."""
        object.__setattr__(self, "is_plain", self.amount is None and self.due is None and not self.outputs)


@dataclass(frozen=True, slots=True)
class Choice:
    """Several remedies of which the customer chooses one; `wish` tells the choice, `on_silence` what applies without.

    `on_silence` is a remedy's id, or "first_open": the first that is open.
    """

    id: str
    wish: Fact | None
    among: tuple[Remedy, ...]
    on_silence: str | None = None
    silence_ends: Deadline | None = None
    when: Condition = ALWAYS
    about: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A published rule that creates entitlements.

    `currency` gives its code; `exponent` tells the decimals of a currency, None for what is none.
    """

    id: str
    title: str
    notice: str
    basis: Basis
    jurisdictions: Sequence[str]
    first: date | None
    last: date | None
    dated_by: str
    currency: Term
    rounding: Rounding
    timezone: tzinfo
    facts: Mapping[str, FactTerms]
    parameters: Mapping[str, Dated]
    values: Mapping[str, Named]
    gates: Sequence[Gate]
    owed: Sequence[Remedy | Choice]
    outputs: Mapping[str, Named]
    exponent: Callable[[str], int | None]
    form: Form = field(init=False, repr=False, compare=False)
    recalls: Mapping[str, Recall] = field(init=False, repr=False, compare=False)
    """Its values that are remembered, by name."""

    def __post_init__(self) -> None:
        """Make its facts ready to be read, and find what can be remembered."""
        object.__setattr__(self, "form", Form(self.facts))
        object.__setattr__(self, "recalls", recalls(self))
