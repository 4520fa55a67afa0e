"""Letters: composed from the facts of a case when they are first asked for, checked, and kept as they were written.

Composing and checking take milliseconds, so they stay out of the way of making offers: the letter of an offer is
written when somebody reads the offer, and from then on it is the same.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from compensation_service.decision.facts import Facts
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import Conflict, NotFound, Unavailable
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.letter import Addressee, Letter, LetterStatus
from compensation_service.letters.languages import choose
from compensation_service.letters.matter import Matter
from compensation_service.letters.numbers import day_of
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.documents import dump, moment
from compensation_service.services.idempotency import CREATED, FOUND, Answer, Done, Idempotency, Once
from compensation_service.services.letter_desk import (
    AskedLetter,
    LetterDesk,
    LetterRefused,
    as_html,
    can_be_told,
    checked,
    kind_of_offer,
    one_line,
)
from compensation_service.services.letter_matters import is_repeated, kind_of, terms_of, trouble_of
from compensation_service.services.letterheads import Letterhead, letterhead_of
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]


class LetterService:
    """The use cases around letters. They block on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, links: CustomerLinks) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._links = links
        self._once = Once(store, clock, _again)

    def of_offer(self, merchant_id: str, offer_id: str) -> Document | None:
        """The letter that goes with an offer, written now if it was not before.

        None while a person has to write or agree first, once its time is over, and where the store cannot write now.
        """
        with self._store.reading(merchant_id) as unit:
            found = unit.offers.get(offer_id)
            letter = unit.letters.of_offer(offer_id)
        if letter is None and found is not None and can_be_told(found.offer, found.incident, self._clock()):
            with suppress(Unavailable):
                letter = self.write_once(merchant_id, found.incident.id, offer_id)
        return None if letter is None or letter.status is LetterStatus.DRAFT else brief(letter)

    def write_once(self, merchant_id: str, incident_id: str, offer_id: str) -> Letter | None:
        """Write the letter that goes with an offer, or the draft of it, if that was not done before.

        None where there is none and it is not time for one, where the incident was decided anew since, or it would not
        pass the rules. Raises Unavailable.
        """

        def attempt() -> Letter | None:
            now = self._clock()
            with self._store.writing(merchant_id) as unit:
                desk = LetterDesk(unit, self._ids, incident_id, now)
                letter, found = unit.letters.of_offer(offer_id), unit.offers.get(offer_id)
                is_told = desk.offer is not None and desk.offer.id == offer_id
                if letter is None and is_told and found is not None and can_be_told(found.offer, found.incident, now):
                    return desk.write(desk.matter(kind_of_offer(found.offer)))
                return letter

        with suppress(LetterRefused):
            return retried(attempt)
        return None

    def preview(
        self, merchant_id: str, addressee: Addressee, facts: Facts, document: Mapping[str, Any], *, stands: bool
    ) -> Document | None:
        """The letter that would go with a decision, in the first of its variants; None where a person would write.

        `stands` says that the default option asks nothing of the customer.
        """
        letterhead = Letterhead(merchant_id)
        with suppress(Unavailable), self._store.reading(merchant_id) as unit:
            letterhead = letterhead_of(unit)
        if document["approval"] is not None or is_repeated(document):
            return None
        kind, language = kind_of(document, facts.incident.fault), choose(addressee.locale)
        matter = Matter(
            kind=kind,
            language=language,
            trouble=trouble_of(facts),
            sender=letterhead.sender,
            written_on=day_of(facts.decided_at),
            terms=terms_of(document, stands=stands),
            name=one_line(addressee.name),
            order=facts.order.reference if facts.order else None,
            texts=letterhead.own_texts(language),
        )
        composed, _ = checked(matter, 0)
        return _said(language, composed.subject, composed.text, as_html(matter, composed))

    def page(self, merchant_id: str, incident_id: str) -> Document:
        """All letters about an incident, first to last; NotFound."""
        with self._store.reading(merchant_id) as unit:
            if unit.incidents.get(incident_id) is None:
                raise NotFound
            return {"data": [whole(letter) for letter in unit.letters.of_incident(incident_id)]}

    def write(
        self, merchant_id: str, incident_id: str, asked: AskedLetter, key_id: str, idempotency: Idempotency
    ) -> Answer:
        """Write a letter about an incident. One that there is once for an offer is answered as it was written.

        Raises NotFound, Conflict where the offer is not there yet or any more, LetterRefused, or Unprocessable where
        something has to be told first.
        """

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            desk = LetterDesk(unit, self._ids, incident_id, self._clock(), key.id)
            kind = desk.demand(asked)
            before = desk.written(kind)
            if before is not None and (asked.text is None or before.status is not LetterStatus.DRAFT):
                if asked.text is not None:
                    raise Conflict("This letter was written already.")
                return Answer(FOUND, dump(whole(before)), replayed=True), before.id
            matter = desk.matter(kind, asked)
            letter = desk.write(matter, self._concealed(asked, matter.link), before)
            return Answer(CREATED, dump(whole(letter))), letter.id

        return self._once.run(merchant_id, key_id, idempotency, work, incident_id)

    def _concealed(self, asked: AskedLetter, link: str | None) -> AskedLetter:
        """What a person wrote, with the customer's link as it is kept: its token is never stored."""
        if asked.text is None or link is None:
            return asked
        return replace(asked, text=asked.text.replace(self._links.reveal_text(link), link))


def _said(locale: str, subject: str | None, text: str | None, html: str | None) -> Document:
    return {"locale": locale, "subject": subject, "text": text, "html": html}


def brief(letter: Letter) -> Document | None:
    """A letter as it stands in an offer; None once it was erased."""
    return None if letter.text is None else _said(letter.locale, letter.subject, letter.text, letter.html)


def whole(letter: Letter) -> Document:
    """A letter as it is answered."""
    return {
        "id": letter.id,
        "incident": letter.incident_id,
        "offer": letter.offer_id,
        "kind": letter.kind,
        "status": letter.status,
        **_said(letter.locale, letter.subject, letter.text, letter.html),
        "recipient": letter.recipient,
        "written_at": moment(letter.written_at),
        "written_by": letter.written_by,
    }


def _again(unit: UnitOfWork, letter_id: str) -> bytes:
    letter = unit.letters.get(letter_id)
    if letter is None:
        raise NotFound
    return dump(whole(letter))
