"""Letters in the store: one of a kind about an offer, drafts finished once, words that can be erased."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compensation_service.domain.letter import LetterKind, LetterStatus, StoredLetterhead
from compensation_service.domain.merchant import Merchant
from compensation_service.domain.offer import OfferStatus
from compensation_service.store.failures import Taken
from records import MERCHANT, NOON, incident, letter, offer, store_offers


@pytest.fixture
def filled(store):
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        store_offers(unit, 1, 2)
        unit.letters.add(letter(1))
    return store


def test_letters_are_found_by_their_id_incident_and_offer(filled):
    with filled.reading(MERCHANT) as unit:
        assert unit.letters.get("ltr_0000001") == letter(1)
        assert unit.letters.get("ltr_0000002") is None
        assert unit.letters.of_incident("inc_0000001") == [letter(1)]
        assert unit.letters.of_offer("off_0000001") == letter(1)
        assert unit.letters.of_offer("off_0000001", LetterKind.ACCEPTANCE_RECEIPT) is None
        assert unit.letters.of_offer("off_0000002") is None


def test_an_offer_has_one_letter_of_a_kind(filled):
    again = letter(2, offer_id="off_0000001", incident_id="inc_0000001")
    with pytest.raises(Taken), filled.writing(MERCHANT) as unit:
        unit.letters.add(again)
    with filled.writing(MERCHANT) as unit:
        unit.letters.add(replace(again, kind=LetterKind.ACCEPTANCE_RECEIPT))


def test_what_a_customer_read_is_known_by_kind_and_locale(filled):
    with filled.reading(MERCHANT) as unit:
        asked = ("C-1", LetterKind.APOLOGY, "en")
        assert unit.letters.variants_read(*asked, NOON - timedelta(days=180)) == {0}
        assert unit.letters.variants_read(*asked, NOON + timedelta(seconds=1)) == set()
        assert unit.letters.variants_read("C-2", *asked[1:], NOON) == set()
        assert unit.letters.variants_read("C-1", LetterKind.APOLOGY, "fa", NOON) == set()


def test_a_draft_is_finished_once(filled):
    draft = letter(2, status=LetterStatus.DRAFT)
    done = replace(draft, status=LetterStatus.READY, text="As a person wrote it", written_by="author")
    with filled.writing(MERCHANT) as unit:
        unit.letters.add(draft)
        assert unit.letters.finish(done)
        assert not unit.letters.finish(draft)
        assert unit.letters.get(draft.id) == done


def test_a_letterhead_is_changed_by_whoever_read_the_last_one(filled):
    first = StoredLetterhead(1, "{}", NOON, "author")
    second = replace(first, version=2, document='{"shop": "x"}')
    with filled.writing(MERCHANT) as unit:
        assert unit.letterheads.get() is None
        unit.letterheads.add(first)
        assert unit.letterheads.change(second, 1)
        assert not unit.letterheads.change(second, 1)
        assert unit.letterheads.get() == second


READY_TO_GO = {
    (LetterKind.APOLOGY, OfferStatus.OPEN): True,
    (LetterKind.INFORMATION, OfferStatus.INFORMATIONAL): True,
    (LetterKind.APOLOGY, OfferStatus.COUNTERED): False,
    (LetterKind.APOLOGY, OfferStatus.ACCEPTED): False,
    (LetterKind.APOLOGY, OfferStatus.PENDING_APPROVAL): False,
    (LetterKind.APPROVAL_DELAY, OfferStatus.PENDING_APPROVAL): True,
    (LetterKind.APPROVAL_DELAY, OfferStatus.PART_ACCEPTED): True,
    (LetterKind.APPROVAL_DELAY, OfferStatus.OPEN): False,
    (LetterKind.ACCEPTANCE_RECEIPT, OfferStatus.ACCEPTED): True,
}


def test_what_is_sent_still_holds(store):
    """Of its offer, and in its time; a letter that is about no offer always does."""
    with store.writing(MERCHANT) as unit:
        unit.merchants.add(Merchant(MERCHANT, "Acme", NOON))
        for number, (kind, status) in enumerate(READY_TO_GO, 1):
            unit.incidents.add([incident(number)])
            unit.offers.add([offer(number, status=status)])
            unit.letters.add(letter(number, kind=kind))
        unit.incidents.add([incident(20)])
        unit.letters.add(letter(20, kind=LetterKind.ACKNOWLEDGEMENT, offer_id=None))
    expected = [f"ltr_{number:07}" for number, holds in enumerate(READY_TO_GO.values(), 1) if holds] + ["ltr_0000020"]
    with store.reading(MERCHANT) as unit:
        ends = unit.offers.get("off_0000001").offer.expires_at
        assert unit.letters.to_send(ends - timedelta(seconds=1), 50) == expected
        assert unit.letters.to_send(ends, 50) == ["ltr_0000002", "ltr_0000009", "ltr_0000020"]
    with store.writing(MERCHANT) as unit:
        for number in (*range(1, len(READY_TO_GO) + 1), 20):
            name = f"ltr_{number:07}"
            assert unit.letters.lease(name, NOON, NOON + timedelta(minutes=5)) == (name in expected)
