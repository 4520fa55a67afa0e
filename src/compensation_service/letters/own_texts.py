"""A merchant's own texts: variants of some parts, with placeholders of a fixed list and no logic at all.

`{{customer.name}}` stands for a value and is filled in once: nothing that is filled in is read again, and HTML is made
of the finished text, escaped. Any other brace is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from compensation_service.domain.letter import LetterKind
from compensation_service.letters.checker import DETAILS, rules
from compensation_service.letters.wording import VARIANTS_LEAST, fields_of, texts

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "customer.name": "name",
    "contact.name": "contact",
    "shop.name": "shop",
    "fact": "fact",
    "clause": "clause",
    "promise": "promise",
}
"""What a template may ask for, and the field that answers it."""
ANYWHERE: Final = frozenset({"contact", "shop"})
"""Fields that every letter has; the others belong to parts of their own."""
PARTS: Final = frozenset(
    {
        *(
            "greeting.named",
            "greeting.unnamed",
            "happened",
            "regret",
            "urgent",
            "offer",
            "help",
            "contact",
            "rights",
            "thanks",
        ),
        *("closing", "sorry_to_wait", "question", "how_to_answer", "received", "with_colleague"),
        *(f"responsibility.{fault}" for fault in ("company", "partner", "unknown", "shared", "external")),
        *(f"cause.{fault}" for fault in ("company", "partner", "unknown", "shared", "external", "customer")),
        *(f"subject.{kind}" for kind in LetterKind),
    }
)
"""What a merchant may say in other words. Amounts, days and how to choose are said as they are."""
FRAME: Final = frozenset({"greeting", "contact", "rights", "thanks", "closing", "subject"})
"""Parts around a letter: one variant is enough, for they do not tell letters apart."""
EVIDENCE: Final = ("responsibility", "regret", "cause", "rights", "thanks")
"""Parts that must show, by the rules, that they are what they stand for."""
TEXT_MOST: Final = 500
VARIANTS_MOST: Final = 20

_PLACEHOLDER = re.compile(r"\{\{ ?([a-z.]+) ?\}\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text: a JSON pointer to it, a stable code, a sentence."""

    pointer: str
    code: str
    detail: str


def problems(language: str, own: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Everything that is wrong with a merchant's texts in one language; a pointer begins with the part."""
    for part, variants in own.items():
        if part not in PARTS:
            yield Problem(
                f"/{part}", "unknown_part", f"These parts can be said in other words: {', '.join(sorted(PARTS))}."
            )
            continue
        least = 1 if part.partition(".")[0] in FRAME else VARIANTS_LEAST
        if not least <= len(variants) <= VARIANTS_MOST:
            yield Problem(f"/{part}", "variants", f"This part needs {least} to {VARIANTS_MOST} variants.")
        for place, template in enumerate(variants):
            for code, detail in _wrong(language, part, template):
                yield Problem(f"/{part}/{place}", code, detail)


def _wrong(language: str, part: str, template: str) -> Iterator[tuple[str, str]]:
    bare = _PLACEHOLDER.sub("", template)
    names = _PLACEHOLDER.findall(template)
    if "{" in bare or "}" in bare:
        yield "braces", "A placeholder is {{name}}; any other brace is refused."
    if not bare.strip(" ,.!?؛،:") and part != "greeting.named":
        yield "empty", "There are no words in it."
    if len(template) > TEXT_MOST or any(not sign.isprintable() for sign in bare if sign != "\N{ZERO WIDTH NON-JOINER}"):
        yield "characters", f"A text is one line of at most {TEXT_MOST} characters that can be printed."
    wanted = fields_of(part)
    allowed = [name for name, field in PLACEHOLDERS.items() if field in wanted or field in ANYWHERE]
    if any(name not in allowed for name in names):
        yield "unknown_placeholder", f"These placeholders can be used here: {', '.join(allowed)}."
    elif any([PLACEHOLDERS[name] for name in names].count(field) != 1 for field in wanted):
        yield "placeholder_missing", f"This part must hold once: {', '.join(sorted(wanted))}."
    yield from _against_the_rules(language, part, bare)


def _against_the_rules(language: str, part: str, bare: str) -> Iterator[tuple[str, str]]:
    known = rules(language)
    for code, pattern in known.banned.items():
        if pattern.search(bare):
            yield code, DETAILS[code]
    if re.search(r"\d", bare):
        yield "figure", "Figures are said where the case gives them."
    shown = known.evidence.get(part.partition(".")[0]) if part.startswith(EVIDENCE) else None
    if shown is not None and not shown.search(bare):
        yield "evidence", f"It must be seen from the words that this is the part {part.partition('.')[0]}."


def compiled(language: str, own: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The merchant's texts as templates of ours. They must have no problems."""
    known = texts(language).parts
    return {part: tuple(map(_template, variants)) for part, variants in own.items() if part in known}


def _template(text: str) -> str:
    return _PLACEHOLDER.sub(lambda match: "{" + PLACEHOLDERS[match[1]] + "}", text)
