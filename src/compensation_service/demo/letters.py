"""Letters to look at: one of every kind, and apologies for troubles of every sort, in all languages side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

import orjson

from compensation_service.api.offer_request import PreviewBody
from compensation_service.decision.engine import decide
from compensation_service.domain.letter import LetterKind
from compensation_service.domain.offer import initial_status
from compensation_service.letters.compose import Composed, compose
from compensation_service.letters.isolates import RIGHT_TO_LEFT
from compensation_service.letters.languages import LANGUAGES
from compensation_service.letters.letterhead import to_sheet
from compensation_service.letters.matter import Fix, Matter, Sender
from compensation_service.policies.load import default_policy
from compensation_service.services import documents
from compensation_service.services.letter_matters import is_repeated, kind_of, terms_of, trouble_of
from compensation_service.services.new_offers import asks_nothing

NOW: Final = datetime(2026, 3, 5, 12, tzinfo=UTC)
LINK: Final = "https://shop.example/o/3KqZ7xW9"
SENDERS: Final = {
    "en": Sender("Northern Kettles", "Anna Hill", "help@kettles.example"),
    "ru": Sender("Северный чайник", "Анна Холмова", "help@kettles.example"),
    "bg": Sender("Северен чайник", "Анна Хълмова", "help@kettles.example"),
    "fa": Sender("کتری شمال", "آنا تپه‌ای", "help@kettles.example"),
}
NAMES: Final = {"en": "Maria", "ru": "Мария", "bg": "Мария", "fa": "مریم"}
FIXES: Final = {
    "en": "parcels are now weighed twice before they leave.",
    "ru": "посылки теперь взвешиваются дважды, прежде чем уехать.",
    "bg": "пратките вече се претеглят два пъти, преди да тръгнат.",
    "fa": "بسته‌ها حالا پیش از ارسال دو بار وزن می‌شوند.",
}
CURRENCIES: Final = {"en": ("EUR", 10_000), "ru": ("RUB", 900_000), "bg": ("EUR", 10_000), "fa": ("IRR", 6_000_000_000)}

Case = Mapping[str, Any]
LATE: Final[Case] = {"category": "late_delivery", "delay_hours": 72, "fault": "partner"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter to look at: what it shows, the incident, and the kind where it is not the one of the offer."""

    title: str
    incident: Case
    kind: LetterKind | None = None
    history: Case | None = None
    link: str | None = None
    fixed: bool = False


SAMPLES: Final = (
    Sample("Late, a partner's doing", LATE),
    Sample("Late by hours, needed urgently", {**LATE, "delay_hours": "50.5", "critical_need": True}, link=LINK),
    Sample("Not received, cause unknown", {"category": "not_received", "fault": "unknown"}),
    Sample("Unsafe, after approval", {"category": "defective_item", "grade": "unsafe", "fault": "company"}, link=LINK),
    Sample("Defective, to be replaced", {"category": "defective_item", "grade": "impaired", "fault": "shared",
                                         "remediable": ["replacement"]}),
    Sample("Not as described", {"category": "not_as_described", "grade": "partly", "fault": "company"}),
    Sample("Wrong item", {"category": "wrong_item", "grade": "missing_part", "fault": "company"}),
    Sample("Cannot be supplied", {"category": "cannot_supply", "grade": "cancelled", "fault": "external"}),
    Sample("Technical failure", {"category": "technical_failure", "grade": "blocked", "fault": "company"}),
    Sample("Poor service", {"category": "poor_service", "grade": "rude", "fault": "company"}),
    Sample("Waited in the chat", {"category": "support_wait", "channel": "chat", "wait_minutes": 45}),
    Sample("A small thing, no money", {"category": "other", "grade": "minor", "fault": "external"}),
    Sample("Not our doing: information", {"category": "other", "grade": "moderate", "fault": "customer"}),
    Sample("Again within 90 days: a draft", {**LATE, "fault": "company"}, history={"apologies_90d": 1}),
    Sample("With what was changed", {**LATE, "fault": "company"}, fixed=True),
    Sample("Acknowledgement", LATE, LetterKind.ACKNOWLEDGEMENT),
    Sample("A person decides", LATE, LetterKind.APPROVAL_DELAY),
    Sample("Receipt of the choice", LATE, LetterKind.ACCEPTANCE_RECEIPT),
    Sample("Follow-up question", LATE, LetterKind.FOLLOW_UP),
    Sample("What was changed", LATE, LetterKind.WHAT_WE_CHANGED, fixed=True),
)  # fmt: skip


def matter(sample: Sample, language: str) -> Matter:
    """What a sample's letter is about, in a language."""
    currency, total = CURRENCIES[language]
    body = {
        "incident": {"reported_at": (NOW - timedelta(hours=20)).isoformat(), **sample.incident},
        "order": {"reference": "100234", "currency": currency, "total": total},
        "customer": {"orders_count": 3, "history": sample.history or {}},
    }
    facts = PreviewBody.model_validate_json(orjson.dumps(body)).to_facts(NOW)
    policy = default_policy()
    decision = decide(facts, policy)
    document = orjson.loads(documents.dump(documents.of_decision(decision, initial_status(decision), None, language)))
    if document["approval"] is not None:
        document["status"] = "open"  # as it is once somebody agreed
    kind = sample.kind or kind_of(document, facts.incident.fault)
    terms = terms_of(document, stands=asks_nothing(decision, policy))
    return Matter(
        kind=kind,
        language=language,
        trouble=trouble_of(facts),
        sender=SENDERS[language],
        written_on=NOW.date(),
        terms=terms if sample.kind in {None, LetterKind.ACCEPTANCE_RECEIPT} else None,
        name=NAMES[language],
        order="100234",
        repeated=sample.kind is None and is_repeated(document),
        by=(NOW + timedelta(days=2)).date(),
        fix=Fix("CA-12", FIXES[language]) if sample.fixed else None,
        link=sample.link,
    )


def letters(variant: int = 0) -> Iterator[tuple[Sample, dict[str, tuple[Matter, Composed]]]]:
    """Every sample with its letter in each language."""
    for sample in SAMPLES:
        matters = {language: matter(sample, language) for language in LANGUAGES}
        yield sample, {language: (each, compose(each, variant)) for language, each in matters.items()}


def page(variant: int = 0) -> str:
    """All of them as one page of HTML, the languages side by side."""
    rows = []
    for sample, written in letters(variant):
        cells = [_cell(language, *each) for language, each in written.items()]
        rows.append(f"<h2>{escape(sample.title)}</h2>\n<div class=row>{''.join(cells)}</div>")
    return _PAGE + "\n".join(rows) + "\n</body></html>\n"


def _cell(language: str, about: Matter, letter: Composed) -> str:
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    subject = f"<p class=subject lang={language} dir={direction}>{escape(letter.subject)}</p>"
    return f"<div>{subject}{to_sheet(letter, language, about.sender, about.written_on, about.link)}</div>"


_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Letters</title><style>
body { margin: 1.5rem; font: 15px/1.4 sans-serif; color: #1d1d1b }
.row { display: grid; grid-template-columns: repeat(4, minmax(20rem, 1fr)); gap: 1rem }
.subject { font-weight: bold; margin: 0; padding: 1em 2em; background: #f4f4f2 }
.row > div { border: 1px solid #c9c9c4 }
h2 { margin: 2.5rem 0 .8rem }
</style></head><body>
<h1>Letters</h1>
<p>In English, Russian, Bulgarian and Persian. Other words for the same: <code>letters show --variant 3</code>.</p>
"""
