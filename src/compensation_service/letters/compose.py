"""Composing a letter: the parts that its kind asks for, in their order, each in one of its variants.

Variants are chosen by a number alone: the letters of the first four numbers have no part in common, and no two of the
first 64 are the same.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.options import Remedy
from compensation_service.domain.letter import LetterKind
from compensation_service.letters.catalogues import catalogue
from compensation_service.letters.isolates import isolated
from compensation_service.letters.matter import Matter, without_apology
from compensation_service.letters.numbers import day, number
from compensation_service.letters.remedies import option_text
from compensation_service.letters.spans import span
from compensation_service.letters.wording import texts

VARIANTS: Final = 64
"""How many letters that say the same differ in some part."""
GREETING_TURN: Final = 20
CLOSING_TURN: Final = 21
SUBJECT_TURN: Final = 22
"""Which turn these take, whatever stands between them: they do not tell letters apart."""

Paragraph: TypeAlias = tuple[str, ...]
"""Lines that stand together."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter in words: one line of subject, and its paragraphs."""

    subject: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def text(self) -> str:
        """The letter as plain text."""
        return "\n\n".join(["\n".join(lines) for lines in self.paragraphs]) + "\n"


def compose(matter: Matter, variant: int) -> Composed:
    """Put a letter into words. `variant` is a number from 0; see VARIANTS."""
    writer = _Writer(matter, variant)
    body = [" ".join(sentences) if joined else tuple(sentences) for joined, sentences in writer.body()]
    greeting = "greeting.named" if matter.name else "greeting.unnamed"
    closing = (writer.say("closing", CLOSING_TURN), *writer.signature())
    subject = writer.say(f"subject.{matter.kind}", SUBJECT_TURN)
    if matter.order:
        subject += writer.words["order"].format(order=isolated(matter.order, matter.language))
    return Composed(
        " ".join(subject.split()),
        (
            (writer.say(greeting, GREETING_TURN),),
            *[(part,) if isinstance(part, str) else part for part in body if part],
            closing,
        ),
    )


Sentences: TypeAlias = Iterator[str]


class _Writer:
    """Says one part after the other; each takes its turn among the variants."""

    def __init__(self, matter: Matter, variant: int) -> None:
        self.matter = matter
        self.words = texts(matter.language).words
        self._parts = texts(matter.language).parts
        self._steps = variant % 4, variant // 4 % 4, variant // 16 % 4
        self._turn = 0
        self._values = self._known()

    def _known(self) -> dict[str, str]:
        matter, language = self.matter, self.matter.language
        sender = matter.sender
        address = f" ({isolated(sender.address, language)})" if sender.address else ""
        contact = isolated(sender.contact, language) if sender.contact else self.words["team"]
        return {
            "name": isolated(matter.name or "", language),
            "contact": contact + address,
            "shop": isolated(sender.shop, language),
            "link": isolated(matter.link or "", language),
        }

    def say(self, part: str, turn: int | None = None, **values: str) -> str:
        """One sentence or more: a part in the variant whose turn it is."""
        if turn is None:
            turn = self._turn
            self._turn += 1
        variants = self.matter.texts.get(part) or self._parts[part]
        first, second, third = self._steps
        chosen = variants[(first + turn * second + turn * (turn - 1) // 2 * third) % len(variants)]
        return chosen.format(**self._values, **values)

    def body(self) -> Iterator[tuple[bool, list[str]]]:
        """The paragraphs between greeting and signature: whether their sentences run on, and the sentences."""
        for joined, parts in PLANS[self.matter.kind]:
            yield joined, [sentence for part in parts for sentence in part(self)]

    def signature(self) -> list[str]:
        """Who signs."""
        sender = self.matter.sender
        return [sender.contact or self.words["team_signature"], sender.shop]

    def day(self, when: date) -> str:
        """A day as the language writes it."""
        return day(when, self.matter.language, catalogue(self.matter.language).remedies.date)

    def promise(self, remedies: tuple[Remedy, ...]) -> str:
        """What a bundle gives, in one sentence."""
        terms = self.matter.terms
        assert terms is not None, "there is nothing to promise"  # noqa: S101 - parts that promise ask for terms first
        return option_text(self.matter.language, remedies, terms.currency)


def fact_of(matter: Matter) -> str:
    """What happened, in one sentence in the customer's terms."""
    minutes, parts = matter.trouble.minutes, texts(matter.language).parts
    part = f"facts.{_fact(matter)}"
    values = {} if minutes is None else {"span": span(minutes, matter.language)}
    return parts[part if part in parts else "facts.*"][0].format(**values)


def _fact(matter: Matter) -> str:
    trouble = matter.trouble
    if trouble.category == "late_delivery" and trouble.minutes is not None:
        if not trouble.minutes:
            return "late_delivery.in_time"
        if trouble.still_waiting:
            return "late_delivery.waiting"
        level = f"late_delivery.{trouble.service_level}"
        return level if f"facts.{level}" in texts(matter.language).parts else "late_delivery"
    detail = trouble.grade or trouble.channel or ("" if trouble.category != "late_delivery" else "unmeasured")
    return f"{trouble.category}.{detail}" if detail else trouble.category


def _happened(writer: _Writer) -> Sentences:
    yield writer.say("happened", fact=fact_of(writer.matter))


def _noted(writer: _Writer) -> Sentences:
    yield writer.say("noted", fact=fact_of(writer.matter))


def _recall(writer: _Writer) -> Sentences:
    matter = writer.matter
    yield writer.say("recall", fact=fact_of(replace(matter, trouble=matter.trouble.in_hindsight)))


def _repetition(writer: _Writer) -> Sentences:
    if writer.matter.repeated:
        yield writer.say("repetition")


def _responsibility(writer: _Writer) -> Sentences:
    fault = writer.matter.trouble.fault
    yield writer.say(f"responsibility.{Fault.UNKNOWN if fault is Fault.CUSTOMER else fault}")


def _regret(writer: _Writer) -> Sentences:
    trouble = writer.matter.trouble
    known = trouble.category != "late_delivery" or trouble.minutes
    part = f"clauses.{trouble.category}"
    clause = writer.say(part if known and part in texts(writer.matter.language).parts else "clauses.*")
    yield writer.say("regret", clause=clause)
    if trouble.urgent:
        yield writer.say("urgent")


def _offer(writer: _Writer) -> Sentences:
    matter, terms = writer.matter, writer.matter.terms
    if terms is None or not matter.promised:
        return
    part = "help" if matter.trouble.fault is Fault.CUSTOMER else "offer"
    yield writer.say(part, promise=writer.promise(matter.promised))
    kinds = {remedy.kind for remedy in matter.promised}
    if not terms.open and kinds != {RemedyKind.PRIORITY_SUPPORT}:  # of that nobody sees the day on which it is done
        yield writer.say("done_by", date=writer.day(terms.done_by))
    elif terms.stands or not terms.open:
        yield writer.say("stands")
    elif len(terms.options) == 1:
        yield writer.say("click" if matter.link else "reply")


def _cause(writer: _Writer) -> Sentences:
    yield writer.say(f"cause.{writer.matter.trouble.fault}")


def _changed(writer: _Writer) -> Sentences:
    fix, language = writer.matter.fix, writer.matter.language
    if fix is not None:
        yield writer.say("changed", reference=isolated(fix.reference, language), fix=isolated(fix.text, language))


def _choice(writer: _Writer) -> Sentences:
    """The list of options, where there are several to choose from."""
    matter, terms = writer.matter, writer.matter.terms
    if terms is None or not terms.open or len(terms.options) == 1:
        return
    yield writer.say("choose")
    for position, remedies in enumerate(terms.options, 1):
        promise = writer.promise(without_apology(remedies))
        yield writer.words["option"].format(number=number(position, matter.language), promise=promise)


def _choosing(writer: _Writer) -> Sentences:
    """How to choose, what happens without a choice, and until when."""
    matter, terms = writer.matter, writer.matter.terms
    if terms is None or not terms.open:
        return
    expires = writer.day(terms.expires_on)
    if len(terms.options) == 1:
        yield writer.say("one_stands" if terms.stands else "one_open", date=expires)
        return
    default = number(terms.default + 1, matter.language)
    yield writer.say("choose_click" if matter.link else "choose_reply")
    yield writer.say("default_stands" if terms.stands else "default_suggested", number=default, date=expires)


def _chosen(writer: _Writer) -> Sentences:
    yield writer.say("chosen", promise=writer.promise(writer.matter.promised))
    if writer.matter.by is not None:
        yield writer.say("done_by", date=writer.day(writer.matter.by))


def _answer_by(writer: _Writer) -> Sentences:
    if writer.matter.by is not None:
        yield writer.say("answer_by", date=writer.day(writer.matter.by))


def _plain(part: str) -> Callable[[_Writer], Sentences]:
    """A part that is said as it stands."""

    def said(writer: _Writer) -> Sentences:
        yield writer.say(part)

    return said


_FAREWELL = ((True, (_plain("contact"), _plain("rights"))), (True, (_plain("thanks"),)))
_TERMS = ((False, (_choice,)), (False, (_choosing,)))

PLANS: Final[Mapping[LetterKind, tuple[tuple[bool, tuple[Callable[[_Writer], Sentences], ...]], ...]]] = {
    LetterKind.APOLOGY: (
        (True, (_repetition, _happened, _responsibility, _regret)),
        (True, (_offer,)),
        (True, (_cause, _changed)),
        *_TERMS,
        *_FAREWELL,
    ),
    LetterKind.INFORMATION: ((True, (_happened, _cause)), (True, (_offer,)), *_TERMS, *_FAREWELL),
    LetterKind.ACKNOWLEDGEMENT: (
        (True, (_plain("received"), _noted)),
        (True, (_answer_by,)),
        *_FAREWELL,
    ),
    LetterKind.APPROVAL_DELAY: (
        (True, (_noted,)),
        (True, (_plain("with_colleague"), _plain("sorry_to_wait"), _answer_by)),
        *_FAREWELL,
    ),
    LetterKind.ACCEPTANCE_RECEIPT: ((True, (_chosen,)), *_FAREWELL),
    LetterKind.FOLLOW_UP: ((True, (_recall, _plain("question"))), (True, (_plain("how_to_answer"),)), *_FAREWELL),
    LetterKind.WHAT_WE_CHANGED: (
        (True, (_plain("thanks_for_report"),)),
        (True, (_changed,)),
        (True, (_plain("contact"),)),
    ),
}
"""The paragraphs of each kind of letter, and the parts in them; whether the sentences of one run on."""
