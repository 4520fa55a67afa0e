"""What a customer sees of their offer, and what they can do there: choose, ask for something else, decline, answer.

The token of the link is all that is asked of them. Reading changes nothing; what they do is one move of the offer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.options import Remedy
from compensation_service.domain.account import Account
from compensation_service.domain.errors import Conflict, NotFound
from compensation_service.domain.event import EventType
from compensation_service.domain.follow_up import Finding, FollowUp, FollowUpStatus
from compensation_service.domain.ids import Clock
from compensation_service.domain.letter import LetterKind
from compensation_service.domain.offer import Offer, OfferAction, OfferStatus
from compensation_service.domain.offer_move import BY_CUSTOMER, BY_DEFAULT, AskedMove
from compensation_service.letters.catalogues import catalogue
from compensation_service.letters.compose import fact_of
from compensation_service.letters.languages import choose
from compensation_service.letters.matter import Matter, without_apology
from compensation_service.letters.money import display
from compensation_service.letters.numbers import day, day_of
from compensation_service.letters.remedies import option_text
from compensation_service.services import archive
from compensation_service.services.customer_links import TOKEN, fingerprint
from compensation_service.services.follow_ups import FollowUpService
from compensation_service.services.letter_matters import addressee_of, terms_of, trouble_of
from compensation_service.services.letterheads import letterhead_of
from compensation_service.services.offer_documents import done_by
from compensation_service.services.offer_moves import OfferMoveService
from compensation_service.store.offers import StoredOffer
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

SHOWN: Final = frozenset({OfferStatus.OPEN, OfferStatus.INFORMATIONAL})
OWED_FIRST: Final = "owed_first"
"""The status of an offer whose goodwill waits for approval, and of which what is owed can be taken at once."""
TAKEN: Final = frozenset({OfferStatus.ACCEPTED, OfferStatus.FULFILLED, OfferStatus.PART_ACCEPTED})


@dataclass(frozen=True, slots=True)
class ShownOption:
    """One bundle: its id, what it gives in a sentence, what that is worth, and whether it is the suggestion."""

    id: str
    text: str
    worth: str | None
    suggested: bool


@dataclass(frozen=True, slots=True)
class ShownRemedy:
    """One thing that was promised, and where it stands (a status of remedies)."""

    text: str
    status: str | None


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """What was done about it, and on which day."""

    day: str
    text: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """All that the page shows, in words of `language`; `expires`, `done_by` and `respond_by` are days.

    `status` is that of the offer, `by_default`, or `owed_first`: while goodwill waits for approval, the `options` hold
    what is owed and nothing else. `asks` is the id of the follow-up that waits for an answer, `asked` the outcome that
    was given.
    """

    language: str
    shop: str
    contact: str | None
    version: int
    status: str
    happened: str
    owed: Sequence[str]
    options: Sequence[ShownOption]
    chosen: Sequence[ShownRemedy]
    accounts: Sequence[ShownAccount]
    stands: bool
    expires: str
    done_by: str
    respond_by: str
    asks: str | None
    asked: str | None

    @property
    def can_choose(self) -> bool:
        """Whether there is something to choose now."""
        return self.status in {OfferStatus.OPEN, OWED_FIRST}

    @property
    def can_object(self) -> bool:
        """Whether the customer can ask for something else, or decline."""
        return self.status == OfferStatus.OPEN


class CustomerPageService:
    """The use cases of the page. They block on the store and raise NotFound for a token that opens nothing."""

    def __init__(self, store: Store, clock: Clock, moves: OfferMoveService, follow_ups: FollowUpService) -> None:
        self._store = store
        self._clock = clock
        self._moves = moves
        self._follow_ups = follow_ups

    def show(self, token: str, language: str | None = None) -> CustomerPage:
        """The page as it is now, in the customer's language or in the one asked for."""
        merchant_id, offer_id = self._find(token)
        with self._store.reading(merchant_id) as unit:
            found = _opened(unit, offer_id, token)
            return _Composer(unit, found, self._clock(), language).page()

    def move(self, token: str, asked: AskedMove, version: str) -> None:
        """Choose, counter or decline as the customer; the same again does nothing.

        Raises what a move raises: ChangedMeanwhile, IllegalMove, TooLate, CounteredTooOften.
        """
        merchant_id, offer_id = self._find(token)

        def work(unit: UnitOfWork) -> None:
            _opened(unit, offer_id, token)
            self._moves.move_by_customer(unit, offer_id, asked, version)

        self._write(merchant_id, work)

    def answer(self, token: str, follow_up_id: str, finding: Finding) -> None:
        """Answer the question whether it is solved; Conflict where nobody asks it now."""
        merchant_id, offer_id = self._find(token)

        def work(unit: UnitOfWork) -> None:
            found = _opened(unit, offer_id, token)
            waiting = _waiting(unit.follow_ups.of(found.incident.id), offer_id, self._clock())
            if waiting is None or waiting.id != follow_up_id:
                raise Conflict("This question is answered, or is not asked yet.")
            self._follow_ups.make(unit, follow_up_id, finding, BY_CUSTOMER)

        self._write(merchant_id, work)

    def _find(self, token: str) -> tuple[str, str]:
        found = self._store.find_customer_link(fingerprint(token)) if TOKEN.fullmatch(token) else None
        if found is None:
            raise NotFound
        return found

    def _write(self, merchant_id: str, work: Callable[[UnitOfWork], None]) -> None:
        def attempt() -> None:
            with self._store.writing(merchant_id) as unit:
                work(unit)

        retried(attempt)


def _opened(unit: UnitOfWork, offer_id: str, token: str) -> StoredOffer:
    found = unit.offers.get(offer_id)
    if found is None or found.offer.link_sha256 != fingerprint(token) or found.incident.erased_at is not None:
        raise NotFound
    return found


def _waiting(follow_ups: Sequence[FollowUp], offer_id: str, now: datetime) -> FollowUp | None:
    """The follow-up of an offer that is due and not answered."""
    due = [each for each in follow_ups if each.offer_id == offer_id and each.status_at(now) is FollowUpStatus.DUE]
    return due[-1] if due else None


class _Composer:
    """Puts one offer into the words of its page."""

    def __init__(self, unit: UnitOfWork, found: StoredOffer, now: datetime, language: str | None) -> None:
        offer, addressee = found.offer, addressee_of(found.incident)
        locale = language or addressee.locale
        self.unit, self.found, self.now = unit, found, now
        self.language = choose(locale) if locale else offer.language
        self.status = offer.status_at(now)
        self.document: Mapping[str, Any] = {**orjson.loads(offer.document), "status": self.status}
        self.terms = terms_of(self.document, stands=offer.default_stands)

    def page(self) -> CustomerPage:
        offer, sender = self.found.offer, letterhead_of(self.unit).sender
        follow_ups = [each for each in self.unit.follow_ups.of(self.found.incident.id) if each.offer_id == offer.id]
        waiting = _waiting(follow_ups, offer.id, self.now)
        answered = [each.outcome for each in follow_ups if each.outcome is not None]
        return CustomerPage(
            language=self.language,
            shop=sender.shop,
            contact=sender.contact,
            version=offer.version,
            status=self._status(offer),
            happened=self._happened(),
            owed=self._owed(),
            options=self._options(),
            chosen=self._chosen(offer),
            accounts=self._accounts(),
            stands=offer.default_stands and self.status is OfferStatus.OPEN,
            expires=self._day(offer.expires_at),
            done_by=self._day(done_by(self.unit, offer, self.now)),
            respond_by=self._day(max(offer.respond_by, self.now)),
            asks=waiting.id if waiting else None,
            asked=None if waiting or not answered else str(answered[-1]),
        )

    def _status(self, offer: Offer) -> str:
        if self.status is OfferStatus.PENDING_APPROVAL and offer.owed_remedies:
            return OWED_FIRST
        if self.status is OfferStatus.REJECTED:
            return OfferStatus.WITHDRAWN
        made = self.unit.moves.of([offer.id]).get(offer.id, ())
        accepted = [move.by for move in made if move.action is OfferAction.ACCEPT]
        by_default = self.status is OfferStatus.ACCEPTED and accepted[-1:] == [BY_DEFAULT]
        return "by_default" if by_default else self.status

    def _happened(self) -> str:
        sender = letterhead_of(self.unit).sender
        facts = archive.unpack(self.found.offer.facts)
        matter = Matter(LetterKind.INFORMATION, self.language, trouble_of(facts).in_hindsight, sender, day_of(self.now))
        return fact_of(matter)

    def _owed(self) -> list[str]:
        """What is owed and can be said as a remedy, besides what can be taken now or was chosen.

        In how many ways it can be had is seen in the options.
        """
        said = {(remedy.kind, self.terms.currency) for part in (self._taken(), *self._owed_first()) for remedy in part}
        lines = []
        for entitlement in self.document["entitlements"]:
            is_settled = self.status in TAKEN and entitlement["choice"] == "customer"
            for told in () if is_settled else entitlement["remedies"]:
                amount = told["amount"] or {"amount": None, "currency": self.terms.currency}
                if told["kind"] in set(RemedyKind) and (told["kind"], amount["currency"]) not in said:
                    remedy = Remedy(RemedyKind(told["kind"]), amount["amount"], 0, None)
                    lines.append(option_text(self.language, [remedy], amount["currency"]))
        return list(dict.fromkeys(lines))

    def _owed_first(self) -> dict[tuple[Remedy, ...], int]:
        """What is owed while goodwill waits for approval: each way to have it, with the place of an option.

        Where several options begin alike it is the default one, else the first: what is added later comes from it.
        """
        owed = self.found.offer.owed_remedies if self.status is OfferStatus.PENDING_APPROVAL else 0
        ways: dict[tuple[Remedy, ...], int] = {}
        if owed:
            for place, remedies in enumerate(self.terms.options):
                ways.setdefault(remedies[:owed], place)
            ways[self.terms.options[self.terms.default][:owed]] = self.terms.default
        return ways

    def _options(self) -> list[ShownOption]:
        told = self.document["options"]
        if self.status not in SHOWN:
            return [self._option(told[place]["id"], owed) for owed, place in self._owed_first().items()]
        return [
            self._option(option["id"], remedies, option["worth"]["amount"], suggested=place == self.terms.default)
            for place, (remedies, option) in enumerate(zip(self.terms.options, told, strict=True))
        ]

    def _option(
        self, option_id: str, remedies: tuple[Remedy, ...], worth: int = 0, *, suggested: bool = False
    ) -> ShownOption:
        return ShownOption(
            id=option_id,
            text=option_text(self.language, without_apology(remedies) or remedies, self.terms.currency),
            worth=display(worth, self.terms.currency, self.language) if worth else None,
            suggested=suggested,
        )

    def _taken(self) -> tuple[Remedy, ...]:
        """What the customer chose, whether all of it is promised yet or not."""
        ids, chosen = [told["id"] for told in self.document["options"]], self.found.offer.chosen_option
        return self.terms.options[ids.index(chosen)] if self.status in TAKEN and chosen in ids else ()

    def _chosen(self, offer: Offer) -> list[ShownRemedy]:
        promised, remedies = self.unit.remedies.of([offer.id]).get(offer.id, {}), self._taken()
        return [
            ShownRemedy(option_text(self.language, [remedy], self.terms.currency), promised[position])
            for position, remedy in enumerate(remedies, 1)
            if position in promised and (remedy.kind is not RemedyKind.APOLOGY or len(remedies) == 1)
        ]

    def _accounts(self) -> list[ShownAccount]:
        """What was done about it; the merchant writes it in words of their own."""
        events = self.unit.events.of(self.found.incident.id)
        ids = [orjson.loads(event.payload)["account"] for event in events if event.type is EventType.ACCOUNT_ADDED]
        accounts = self.unit.file.find(Account, ids) if ids else {}
        return [ShownAccount(self._day(accounts[each].at), accounts[each].words) for each in ids if each in accounts]

    def _day(self, moment: datetime) -> str:
        return day(day_of(moment), self.language, catalogue(self.language).remedies.date)
