"""Sending letters by mail, where a relay is set: each is handed over once, and what fails for good is told of.

A letter is leased while it is handed over. One whose sender died is handed over again with the same Message-ID, so
that the customer's mailbox can tell.
"""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Final

from compensation_service.domain.event import EventType
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.letter import Letter, LetterStatus
from compensation_service.letters.post import NotNow, RefusedForGood, message_of
from compensation_service.services.customer_links import CustomerLinks
from compensation_service.services.events import tell
from compensation_service.services.letterheads import letterhead_of
from compensation_service.services.letters import LetterService
from compensation_service.store.retry import retried
from compensation_service.store.store import Store

LEASE: Final = timedelta(minutes=5)
"""How long nobody else tries; also how long one waits that the relay would not take yet."""
AT_ONCE: Final = 50
WRITTEN_WITHIN: Final = timedelta(days=2)
"""Offers that are older have no letter written by themselves any more: they were made before mail was set."""
TOLD: Final = {LetterStatus.SENT: EventType.LETTER_SENT, LetterStatus.FAILED: EventType.LETTER_FAILED}


class MailService:
    """Writes the letters of new offers and sends what is ready. It blocks on the store and on the relay."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        letters: LetterService,
        links: CustomerLinks,
        sender: str,
        hand_over: Callable[[EmailMessage], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._letters = letters
        self._links = links
        self._sender = sender
        self._hand_over = hand_over

    def send(self) -> int:
        """Send what is ready, of every merchant; how many letters the relay took. Raises Unavailable."""
        return sum(self._send_of(merchant_id) for merchant_id in self._store.merchant_ids())

    def _send_of(self, merchant_id: str) -> int:
        now = self._clock()
        with self._store.reading(merchant_id) as unit:
            unwritten = unit.letters.unwritten(now - WRITTEN_WITHIN, AT_ONCE)
        for offer_id in unwritten:
            self._letters.of_offer(merchant_id, offer_id)
        with self._store.reading(merchant_id) as unit:
            ready = unit.letters.to_send(now, AT_ONCE)
        return sum(self._send_one(merchant_id, letter_id) for letter_id in ready)

    def _send_one(self, merchant_id: str, letter_id: str) -> bool:
        leased = self._leased(merchant_id, letter_id)
        if leased is None:
            return False
        letter, shop = leased
        try:
            self._hand_over(message_of(letter, shop, self._sender, self._links.reveal_text))
        except NotNow:
            return False
        except (RefusedForGood, ValueError):  # an address or a subject that no message can have
            self._settle(merchant_id, letter, LetterStatus.FAILED)
            return False
        self._settle(merchant_id, letter, LetterStatus.SENT)
        return True

    def _leased(self, merchant_id: str, letter_id: str) -> tuple[Letter, str] | None:
        """The letter and the shop's name, if nobody else has it in hand."""

        def attempt() -> tuple[Letter, str] | None:
            now = self._clock()
            with self._store.writing(merchant_id) as unit:
                if not unit.letters.lease(letter_id, now, now + LEASE):
                    return None
                letter = unit.letters.get(letter_id)
                return None if letter is None else (letter, letterhead_of(unit).sender.shop)

        return retried(attempt)

    def _settle(self, merchant_id: str, letter: Letter, status: LetterStatus) -> None:
        def attempt() -> None:
            with self._store.writing(merchant_id) as unit:
                unit.lock({f"incident:{letter.incident_id}"})
                if unit.letters.settle(letter.id, status):
                    told = {"letter": letter.id, "kind": letter.kind, "status": status, "offer": letter.offer_id}
                    tell(unit, self._ids, letter.incident_id, TOLD[status], self._clock(), told)

        retried(attempt)
