"""What every letter must hold and must not hold, whoever wrote it.

The rules know the facts of the case and the language, not the texts from which letters are made. Facts that stand in a
letter (names, amounts, days) are found and set aside first: words are judged without them, and a digit that is left
over belongs to no fact.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from compensation_service.decision.entitlement import PUTS_RIGHT
from compensation_service.domain.letter import LetterKind
from compensation_service.letters.catalogues import catalogue
from compensation_service.letters.isolates import FIRST_STRONG, POP
from compensation_service.letters.matter import Matter, without_apology
from compensation_service.letters.money import display
from compensation_service.letters.numbers import day, day_of, number
from compensation_service.letters.spans import span

TEXT_MOST: Final = 2800
TEXT_LEAST: Final = 120
SUBJECT_MOST: Final = 200
LINES_MOST: Final = 40

ORDER: Final[Mapping[LetterKind, tuple[str, ...]]] = {
    LetterKind.APOLOGY: (
        *("repetition", "happened", "responsibility", "regret", "offer", "cause"),
        *("changed", "options", "contact", "rights", "thanks"),
    ),
    LetterKind.INFORMATION: ("happened", "cause", "offer", "options", "contact", "rights", "thanks"),
    LetterKind.ACKNOWLEDGEMENT: ("happened", "by", "contact", "rights", "thanks"),
    LetterKind.APPROVAL_DELAY: ("happened", "regret", "by", "contact", "rights", "thanks"),
    LetterKind.ACCEPTANCE_RECEIPT: ("offer", "by", "contact", "rights", "thanks"),
    LetterKind.FOLLOW_UP: ("happened", "question", "contact", "rights", "thanks"),
    LetterKind.WHAT_WE_CHANGED: ("thanks", "changed", "contact"),
}
"""What a letter of each kind must hold, in this order; parts that the case does not have are left out."""

_LEFT_OVER = re.compile(r"\{|\}|%\(|<[^>]*>|\b(None|null|undefined|NaN|TODO|XXX)\b|\.\.|  |\[[^\]]*\]| [,.!?;،؛؟]")
_DIGIT = re.compile(r"\d+")
_SET_ASIDE = "\N{OBJECT REPLACEMENT CHARACTER}"
_INVISIBLE: Final = frozenset(
    {"\n", FIRST_STRONG, POP, "\N{ZERO WIDTH NON-JOINER}", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a letter: a stable code, a sentence about it for people, and the words concerned."""

    code: str
    detail: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one language: patterns of what shows that a part is there, and of what nobody may write."""

    evidence: Mapping[str, re.Pattern[str]]
    happened: Mapping[str, re.Pattern[str]]
    banned: Mapping[str, re.Pattern[str]]


@cache
def rules(language: str) -> Rules:
    """The rules of a language."""
    text = files("compensation_service.letters").joinpath(f"rules/{language}.yaml").read_text(encoding="utf-8")
    written: dict[str, dict[str, Any]] = yaml.load(text, Loader=yaml.CSafeLoader)
    compiled = {
        section: {name: re.compile(pattern, re.IGNORECASE) for name, pattern in patterns.items()}
        for section, patterns in written.items()
    }
    return Rules(**compiled)


def check(matter: Matter, subject: str, text: str) -> list[Finding]:
    """Everything that is wrong with a letter; nothing if it may be sent."""
    words = _without(_foreign(matter), f"{subject}\n{text}")
    found = list(_form(subject, text, words))
    found += _banned(matter.language, words)
    found += _figures(matter, f"{subject}\n{text}")
    found += _order(matter, text)
    if matter.fix is None and matter.kind is LetterKind.WHAT_WE_CHANGED:
        found.append(Finding("changed_without_reference", "Nothing is said to be changed without a reference to it."))
    return found


def _form(subject: str, text: str, words: str) -> Iterator[Finding]:
    if not TEXT_LEAST <= len(text) <= TEXT_MOST or text.count("\n") > LINES_MOST:
        yield Finding("length", f"A letter has {TEXT_LEAST} to {TEXT_MOST} characters and {LINES_MOST} lines at most.")
    if not 0 < len(subject) <= SUBJECT_MOST or "\n" in subject or "\r" in subject:
        yield Finding("subject", f"A subject is one line of at most {SUBJECT_MOST} characters.")
    if any(not sign.isprintable() for sign in words if sign not in _INVISIBLE):
        yield Finding("unprintable", "There is a character that cannot be printed.")


def _foreign(matter: Matter) -> list[str]:
    """What stands in a letter as it was given: its words are nobody's to judge."""
    sender, fix = matter.sender, matter.fix
    given = [matter.name, matter.order, matter.link, sender.address, sender.contact, sender.shop]
    given += [fix.reference] if fix else []
    return [value for value in given if value]


def _without(values: Sequence[str], text: str) -> str:
    """The text with values set aside wherever they stand as words of their own."""
    if not values:
        return text
    longest_first = sorted(set(values), key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", _SET_ASIDE, text)


def _banned(language: str, words: str) -> Iterator[Finding]:
    for code, pattern in rules(language).banned.items():
        if match := pattern.search(words):
            yield Finding(code, DETAILS[code], match[0])


def _figures(matter: Matter, text: str) -> Iterator[Finding]:
    """Every figure belongs to a fact of the case; what is not a fact may not be left over either."""
    fix = [matter.fix.text] if matter.fix else []
    rest = _without([*_foreign(matter), *fix, *_facts(matter)], _without_numbers(matter, text))
    if match := _LEFT_OVER.search(rest):
        yield Finding("left_over", "Something is left over: a placeholder, a gap or a doubled sign.", match[0])
    if match := _DIGIT.search(rest):
        yield Finding(
            "unknown_figure", "A figure stands there that is no amount, day or number of this case.", match[0]
        )


def _without_numbers(matter: Matter, words: str) -> str:
    """The text without the numbers of options: each where its line begins, the default's beside the last day."""
    terms = matter.terms
    if terms is None or len(terms.options) == 1:
        return words
    numbers = [number(place, matter.language) for place in range(1, len(terms.options) + 1)]
    words = re.sub(rf"(?m)^(\D{{0,10}})(?:{'|'.join(numbers)})([.:)])", rf"\1{_SET_ASIDE}\2", words)
    last_day = _day(matter, terms.expires_on)
    default = re.compile(rf"(?<!\w){numbers[terms.default]}(?!\w)")
    lines = [
        default.sub(_SET_ASIDE, line.replace(last_day, _SET_ASIDE), 1) if last_day in line else line
        for line in words.split("\n")
    ]
    return "\n".join(lines)


def _facts(matter: Matter) -> list[str]:
    """Amounts, days and lengths of time of the case, as the language writes them."""
    days = [matter.by] if matter.by else []
    written = [span(matter.trouble.minutes, matter.language)] if matter.trouble.minutes is not None else []
    if matter.terms is not None:
        days += [matter.terms.expires_on, matter.terms.done_by]
        for remedies in matter.terms.options:
            written += _amounts(matter, remedies)
            days += [day_of(remedy.valid_until) for remedy in remedies if remedy.valid_until]
    return written + [_day(matter, when) for when in days]


def _amounts(matter: Matter, remedies: Sequence[Any]) -> list[str]:
    currency = matter.terms.currency if matter.terms else ""
    return [
        display(remedy.value, currency, matter.language)
        for remedy in remedies
        if remedy.value is not None and remedy.kind not in PUTS_RIGHT  # a thing is not counted in money to its owner
    ]


def _day(matter: Matter, when: Any) -> str:  # noqa: ANN401 - a date
    return day(when, matter.language, catalogue(matter.language).remedies.date)


def _order(matter: Matter, text: str) -> Iterator[Finding]:
    """Each part that the case asks for, looked for after the one before it; who signs is no part of it."""
    text, place = text.rstrip().rpartition("\n\n")[0], 0
    for part in ORDER[matter.kind]:
        for pattern in _evidence(matter, part):
            match = pattern.search(text, place)
            if match is not None:
                place = match.end()
            elif pattern.search(text):
                yield Finding("order", f"This comes too early: {part}.", part)
            else:
                yield Finding("missing", f"This is missing: {part}.", part)


def _evidence(matter: Matter, part: str) -> list[re.Pattern[str]]:
    """What must be found for a part; nothing where the case does not have it."""
    known, terms = rules(matter.language), matter.terms
    match part:
        case "repetition":
            return [known.evidence[part]] if matter.repeated else []
        case "happened":
            return [_happened(matter, known)]
        case "offer":
            return [*map(_literal, _amounts(matter, matter.promised))]
        case "by":
            return [_literal(_day(matter, matter.by))] if matter.by else []
        case "changed":
            return [_literal(matter.fix.reference), _literal(matter.fix.text)] if matter.fix else []
        case "options":
            return _options(matter) if terms is not None and terms.open else []
        case "contact":
            return [_literal(matter.sender.contact) if matter.sender.contact else known.evidence[part]]
    return [known.evidence[part]]


def _happened(matter: Matter, known: Rules) -> re.Pattern[str]:
    """What happened in such a category; of a grade that only the merchant knows no more can be asked than of others."""
    usual, trouble = known.happened["*"], matter.trouble
    own = known.happened.get(trouble.category, usual)
    if trouble.grade is None and (trouble.minutes is not None or trouble.category == "not_received"):
        return own
    return re.compile(f"{own.pattern}|{usual.pattern}", re.IGNORECASE)


def _options(matter: Matter) -> list[re.Pattern[str]]:
    """The amounts of all options where there are several, in the order shown, and the day until which they stand."""
    terms = matter.terms
    if terms is None:
        return []
    several = terms.options if len(terms.options) > 1 else ()
    amounts = [text for remedies in several for text in _amounts(matter, without_apology(remedies))]
    return [*map(_literal, amounts), _literal(_day(matter, terms.expires_on))]


def _literal(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))


DETAILS: Final[Mapping[str, str]] = {
    "but": "What follows a “but” takes back what stood before it.",
    "policy": "Rules of the house and “unfortunately” are no explanation.",
    "conditional": "The trouble is a fact: no “if”, no “any inconvenience”.",
    "bare_promise": "Nothing is promised that nobody can check.",
    "blame": "Nobody is blamed: not the customer, not a colleague, not a partner.",
    "begging": "Nobody begs for forgiveness.",
    "reviews": "This is not the moment to ask for reviews.",
    "upsell": "This is not the moment to sell.",
    "intensifiers": "One plain word says more than two strong ones.",
    "scores": "How the service weighs a case is not for the customer.",
    "feelings": "What the customer feels is theirs to say.",
    "passive": "What happened was done by somebody: by us.",
    "strings": "There are no strings attached.",
}
