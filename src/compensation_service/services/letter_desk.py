"""Writing one letter: what it is about is gathered from the store, composed, checked, kept and told of."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zlib import crc32

import orjson

from compensation_service.domain import ids as prefixes
from compensation_service.domain.errors import Conflict, NotFound, Unprocessable
from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Ids
from compensation_service.domain.incident import Incident
from compensation_service.domain.letter import OF_OFFER, Letter, LetterKind, LetterStatus
from compensation_service.domain.offer import Offer, OfferStatus
from compensation_service.letters.checker import Finding, check
from compensation_service.letters.compose import VARIANTS, Composed, compose
from compensation_service.letters.languages import choose
from compensation_service.letters.letterhead import to_html
from compensation_service.letters.matter import Fix, Matter
from compensation_service.letters.numbers import day_of
from compensation_service.services import archive
from compensation_service.services.events import tell
from compensation_service.services.letter_matters import (
    addressee_of,
    is_repeated,
    kind_of,
    terms_of,
    trouble_of,
    trouble_told,
)
from compensation_service.services.letterheads import letterhead_of
from compensation_service.services.offer_documents import done_by
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]

REMEMBERED: Final = timedelta(days=180)
"""For how long a customer does not read the same text again."""
SPOKEN_OF: Final = frozenset({OfferStatus.OPEN, OfferStatus.INFORMATIONAL})
"""Offers that a letter can carry to the customer: nobody has to agree to them, and they can still be taken."""
CHOSEN: Final = frozenset({OfferStatus.ACCEPTED, OfferStatus.FULFILLED})


class LetterRefused(Unprocessable):
    """A letter that does not pass the rules."""

    recorded = True

    def __init__(self, findings: list[Finding]) -> None:
        sentences = dict.fromkeys(found.detail for found in findings)
        super().__init__("/text", "letter_refused", " ".join(sentences))


@dataclass(frozen=True, slots=True)
class AskedLetter:
    """A letter that somebody wants written.

    `by` is the day that it announces; `fix` is what was changed. With `text`, and a `subject`, a person has written
    it, in place of the draft if there is one.
    """

    kind: LetterKind
    locale: str | None = None
    by: date | None = None
    fix: Fix | None = None
    subject: str | None = None
    text: str | None = None


class LetterDesk:
    """Where letters about one incident are written, one at a time: the unit holds the incident and its customer."""

    def __init__(self, unit: UnitOfWork, ids: Ids, incident_id: str, now: datetime, by: str | None = None) -> None:
        unit.lock({f"incident:{incident_id}"})
        incident = unit.incidents.get(incident_id)
        if incident is None:
            raise NotFound
        unit.lock({f"letters:{incident.customer_reference}"})
        live = [each for each in unit.incidents.offers_of(incident_id) if each.status is not OfferStatus.SUPERSEDED]
        self.offer: Offer | None = live[-1] if live else None
        self._unit, self._ids, self._incident, self._now, self._by = unit, ids, incident, now, by

    def demand(self, asked: AskedLetter) -> LetterKind:
        """The kind of letter to write; Conflict or Unprocessable where it cannot be written now."""
        offer, kind = self.offer, asked.kind
        if self._incident.erased_at is not None:
            raise Conflict("What was known about this incident is erased.")
        status = offer.status_at(self._now) if offer else None
        if kind in OF_OFFER:
            if offer is None or status not in SPOKEN_OF:
                raise Conflict("There is no offer that a letter could carry to the customer.")
            if self.written(kind) is None and kind is not kind_of_offer(offer):
                detail = f"The letter that goes with this offer is: {kind_of_offer(offer)}."
                raise Unprocessable("/kind", "other_kind", detail)
        if kind is LetterKind.APPROVAL_DELAY and status is not OfferStatus.PENDING_APPROVAL:
            raise Conflict("No offer for this incident waits for approval.")
        if kind is LetterKind.ACCEPTANCE_RECEIPT and status not in CHOSEN:
            raise Conflict("Nothing was chosen for this incident.")
        if kind is LetterKind.WHAT_WE_CHANGED and asked.fix is None:
            raise Unprocessable("/fix", "missing_fact", "Say what was changed, and under which reference.")
        return kind

    def written(self, kind: LetterKind) -> Letter | None:
        """The letter of this kind about the offer, if it was written before and there is only one of them."""
        if self.offer is None or kind not in OF_OFFER | {LetterKind.APPROVAL_DELAY, LetterKind.ACCEPTANCE_RECEIPT}:
            return None
        return self._unit.letters.of_offer(self.offer.id, kind)

    def matter(self, kind: LetterKind, asked: AskedLetter | None = None) -> Matter:
        """What a letter of this kind is about."""
        offer, letterhead, addressee = self.offer, letterhead_of(self._unit), addressee_of(self._incident)
        wish = (asked.locale if asked else None) or addressee.locale
        language = choose(wish) if wish or offer is None else offer.language
        document = _document(offer) if offer else {}
        facts = archive.unpack(offer.facts) if offer else None
        matter = Matter(
            kind=kind,
            language=language,
            trouble=trouble_of(facts) if facts else trouble_told(self._incident),
            sender=letterhead.sender,
            written_on=day_of(self._now),
            name=one_line(addressee.name),
            order=self._incident.order_reference,
            by=self._by_day(kind, asked),
            fix=asked.fix if asked else None,
            link=(document.get("links") or {}).get("customer"),
            texts=letterhead.own_texts(language),
        )
        if offer is not None and kind in OF_OFFER:
            terms = terms_of(document, stands=offer.default_stands)
            return replace(matter, terms=terms, repeated=is_repeated(document))
        if offer is not None and kind is LetterKind.ACCEPTANCE_RECEIPT:
            chosen = {**document, "default_option": offer.chosen_option}
            return replace(matter, terms=terms_of(chosen, stands=False))
        return matter

    def write(self, matter: Matter, asked: AskedLetter | None = None, draft: Letter | None = None) -> Letter:
        """Compose a letter, or take a person's words; check it, keep it and tell of it. LetterRefused."""
        variant, by_person = self._variant(matter), asked is not None and asked.text is not None
        if asked is not None and by_person:
            composed, matter = _by_person(matter, asked)
        else:
            composed, matter = checked(matter, variant)
        about_offer = matter.terms is not None or matter.kind is LetterKind.APPROVAL_DELAY
        letter = Letter(
            id=draft.id if draft else self._ids(prefixes.LETTER),
            merchant_id=self._unit.merchant_id,
            incident_id=self._incident.id,
            offer_id=self.offer.id if self.offer and about_offer else None,
            customer_reference=self._incident.customer_reference,
            kind=matter.kind,
            locale=matter.language,
            variant=variant,
            status=LetterStatus.DRAFT if matter.repeated and not by_person else LetterStatus.READY,
            recipient=addressee_of(self._incident).email,
            subject=composed.subject,
            text=composed.text,
            html=as_html(matter, composed),
            written_at=self._now,
            written_by=self._by,
        )
        if draft is None:
            self._unit.letters.add(letter)
        else:
            self._unit.letters.finish(letter)
        told = {"letter": letter.id, "kind": letter.kind, "status": letter.status, "offer": letter.offer_id}
        tell(self._unit, self._ids, letter.incident_id, EventType.LETTER_WRITTEN, self._now, told, letter)
        return letter

    def _variant(self, matter: Matter) -> int:
        """The next one that this customer has not read; where it begins differs from customer to customer."""
        customer = self._incident.customer_reference
        read = self._unit.letters.variants_read(customer, matter.kind, matter.language, self._now - REMEMBERED)
        first = crc32(customer.encode()) % VARIANTS
        return next((n for n in (*range(first, VARIANTS), *range(first)) if n not in read), first)

    def _by_day(self, kind: LetterKind, asked: AskedLetter | None) -> date | None:
        """The day that a letter announces; Unprocessable where it has to be told."""
        offer = self.offer
        if kind is LetterKind.ACCEPTANCE_RECEIPT and offer is not None:
            return day_of(done_by(self._unit, offer, self._now))
        if kind not in {LetterKind.ACKNOWLEDGEMENT, LetterKind.APPROVAL_DELAY}:
            return None
        told = asked.by if asked else None
        usual = day_of(offer.respond_by) if offer and offer.respond_by > self._now else None
        found = told or usual
        if found is None or found < day_of(self._now):
            raise Unprocessable("/by", "missing_fact", "Say by which day, from today on, there will be an answer.")
        return found


def _document(offer: Offer) -> Document:
    return {**orjson.loads(offer.document), "status": offer.status}


def can_be_told(offer: Offer, incident: Incident, now: datetime) -> bool:
    """Whether a letter can carry an offer to the customer now, and its facts are still there."""
    return offer.status_at(now) in SPOKEN_OF and incident.erased_at is None


def kind_of_offer(offer: Offer) -> LetterKind:
    """Which kind of letter goes with an offer."""
    return kind_of(_document(offer), archive.unpack(offer.facts).incident.fault)


def checked(matter: Matter, variant: int) -> tuple[Composed, Matter]:
    """A composed letter that passes the rules; without the merchant's own texts where it does not with them."""
    findings: list[Finding] = []
    for each in (matter, replace(matter, texts={})):
        composed = compose(each, variant)
        findings = check(each, composed.subject, composed.text)
        if not findings:
            return composed, each
    raise LetterRefused(findings)


def _by_person(matter: Matter, asked: AskedLetter) -> tuple[Composed, Matter]:
    """What a person wrote, as paragraphs; the subject is theirs, or the one that the letter would have had."""
    paragraphs = [tuple(part.strip().split("\n")) for part in (asked.text or "").split("\n\n") if part.strip()]
    subject = asked.subject or compose(matter, 0).subject
    composed, matter = Composed(" ".join(subject.split()), tuple(paragraphs)), replace(matter, texts={})
    if findings := check(matter, composed.subject, composed.text):
        raise LetterRefused(findings)
    return composed, matter


def as_html(matter: Matter, composed: Composed) -> str:
    """A letter on the letterhead."""
    return to_html(composed, matter.language, matter.sender, matter.written_on, matter.link)


def one_line(name: str | None) -> str | None:
    """A name on one line."""
    return " ".join(name.split()) or None if name else None
