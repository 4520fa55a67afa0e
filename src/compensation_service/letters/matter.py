"""What a letter is about: the facts of one case, ready to be put into words, and those from which a check starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from compensation_service.decision.facts import Channel, Fault, RemedyKind, ServiceLevel
from compensation_service.decision.options import Remedy
from compensation_service.domain.letter import LetterKind


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the shop, the name to write to and the address under which it is reached, where they are known."""

    shop: str
    contact: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened. `minutes` is how late it was, or how long the customer waited; None where nothing is measured.

    `still_waiting` says that the order is known to be on its way; otherwise it came, or nobody told.
    """

    category: str
    grade: str | None = None
    minutes: Decimal | None = None
    channel: Channel | None = None
    service_level: ServiceLevel = ServiceLevel.STANDARD
    still_waiting: bool = False
    fault: Fault = Fault.UNKNOWN
    urgent: bool = False

    @property
    def in_hindsight(self) -> "Trouble":
        """The same, told later: what was on its way may have come meanwhile."""
        return replace(self, still_waiting=False)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is offered: bundles of remedies with money in minor units of `currency`, and which is the default, from 0.

    `open` says that there is something to accept or to choose until `expires_on`; `stands` that the default takes
    effect by itself on that day. What needs no answer is done by `done_by`.
    """

    options: tuple[tuple[Remedy, ...], ...]
    default: int
    currency: str
    open: bool
    stands: bool
    expires_on: date
    done_by: date


@dataclass(frozen=True, slots=True)
class Fix:
    """What the merchant changed, in a sentence of the customer's language, and the reference under which it is kept."""

    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Matter:
    """One letter to be written.

    `repeated` begins it with the repetition: the customer had an apology not long ago. `by` is the day by which
    something is announced: an answer, or what was chosen. `link` is the page on which one click chooses.
    `texts` are the merchant's own, by part, each a list of templates.
    """

    kind: LetterKind
    language: str
    trouble: Trouble
    sender: Sender
    written_on: date
    terms: Terms | None = None
    name: str | None = None
    order: str | None = None
    repeated: bool = False
    by: date | None = None
    fix: Fix | None = None
    link: str | None = None
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def promised(self) -> tuple[Remedy, ...]:
        """The default option without its apology, which the letter says in its own words."""
        terms = self.terms
        return () if terms is None else without_apology(terms.options[terms.default])


def without_apology(remedies: tuple[Remedy, ...]) -> tuple[Remedy, ...]:
    """What is given besides words."""
    return tuple([remedy for remedy in remedies if remedy.kind is not RemedyKind.APOLOGY])
