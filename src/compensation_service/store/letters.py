"""Letters in the store. Their words can be erased; that they were written stays."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, or_, true

from compensation_service.domain.letter import OF_OFFER, Letter, LetterKind, LetterStatus
from compensation_service.domain.offer import JUDGED, OfferStatus
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.scope import MERCHANT, Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import letters, offers

_FINISHED = ("status", "recipient", "subject", "text", "html", "written_at", "written_by")
_ALL = scoped(letters, columns=columns_of(letters, Letter))
_ONE = _ALL.where(letters.c.id == bindparam("letter_id"))
_OF_INCIDENT = _ALL.where(letters.c.incident_id == bindparam("of_incident")).order_by(letters.c.id)
_OF_OFFER = _ALL.where(letters.c.offer_id == bindparam("of_offer"))
_READ = scoped(letters, columns=[letters.c.variant]).where(
    letters.c.customer_reference == bindparam("customer"),
    letters.c.written_at >= bindparam("since", type_=UTCDateTime),
    letters.c.kind == bindparam("of_kind"),
    letters.c.locale == bindparam("of_locale"),
)
_FINISH = (
    scoped_update(letters)
    .where(letters.c.id == bindparam("of_letter"), letters.c.status == LetterStatus.DRAFT)
    .values({name: bindparam(f"new_{name}") for name in _FINISHED})
)


_UNWRITTEN = (
    scoped(offers, columns=[offers.c.id])
    .where(
        offers.c.status.in_([OfferStatus.OPEN, OfferStatus.INFORMATIONAL]),
        offers.c.decided_at >= bindparam("since", type_=UTCDateTime),
        ~exists().where(
            letters.c.merchant_id == MERCHANT, letters.c.offer_id == offers.c.id, letters.c.kind.in_(sorted(OF_OFFER))
        ),
    )
    .order_by(offers.c.id)
    .limit(bindparam("most"))
)
_AT = bindparam("at", type_=UTCDateTime)
_IN_TIME = offers.c.expires_at > _AT


def _offer_is(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(offers.c.merchant_id == MERCHANT, offers.c.id == letters.c.offer_id, or_(*conditions))


_HOLDS = case(
    (
        letters.c.kind.in_(sorted(OF_OFFER)),
        _offer_is(
            offers.c.status == OfferStatus.INFORMATIONAL,
            and_(offers.c.status == OfferStatus.OPEN, _IN_TIME),
        ),
    ),
    (letters.c.kind == LetterKind.APPROVAL_DELAY, _offer_is(and_(offers.c.status.in_(sorted(JUDGED)), _IN_TIME))),
    else_=true(),
)
"""What the letter says of its offer is still so: it can be taken, or waits for approval."""
_FREE = and_(
    letters.c.status == LetterStatus.READY,
    letters.c.recipient.is_not(None),
    or_(letters.c.leased_until.is_(None), letters.c.leased_until <= _AT),
    _HOLDS,
)
_TO_SEND = scoped(letters, columns=[letters.c.id]).where(_FREE).order_by(letters.c.id).limit(bindparam("most"))
_LEASE = (
    scoped_update(letters).where(letters.c.id == bindparam("of_letter"), _FREE).values(leased_until=bindparam("until"))
)
_SETTLE = (
    scoped_update(letters)
    .where(letters.c.id == bindparam("of_letter"), letters.c.status == LetterStatus.READY)
    .values(status=bindparam("new_status"), leased_until=None)
)


class Letters:
    """The merchant's letters."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, letter_id: str) -> Letter | None:
        """Answer one letter, or None."""
        rows = self._scope.rows(_ONE, letter_id=letter_id)
        return Letter(*rows[0]) if rows else None

    def of_incident(self, incident_id: str) -> list[Letter]:
        """Answer the letters about an incident, first to last."""
        return [Letter(*row) for row in self._scope.rows(_OF_INCIDENT, of_incident=incident_id)]

    def of_offer(self, offer_id: str, kind: LetterKind | None = None) -> Letter | None:
        """Answer the letter of a kind about an offer, or None; without a kind the one that goes with it."""
        found = [Letter(*row) for row in self._scope.rows(_OF_OFFER, of_offer=offer_id)]
        wanted = OF_OFFER if kind is None else {kind}
        return next((letter for letter in found if letter.kind in wanted), None)

    def variants_read(self, customer: str, kind: LetterKind, locale: str, since: datetime) -> set[int]:
        """Answer the variants in which a customer was written to in this way since then."""
        rows = self._scope.rows(_READ, customer=customer, of_kind=kind, of_locale=locale, since=since)
        return {int(row.variant) for row in rows}

    def add(self, letter: Letter) -> None:
        """Add a letter; a second one of a kind about one offer fails the unit."""
        self._scope.add(letters, [letter])

    def finish(self, letter: Letter) -> bool:
        """Give a draft its words; False where it is no draft any more."""
        changed = {f"new_{name}": getattr(letter, name) for name in _FINISHED}
        return self._scope.change(_FINISH, of_letter=letter.id, **changed) == 1

    def unwritten(self, since: datetime, most: int) -> list[str]:
        """Answer so many offers at most, decided since then, that stand and have no letter to go with them."""
        return [row.id for row in self._scope.rows(_UNWRITTEN, since=since, most=most)]

    def to_send(self, at: datetime, most: int) -> list[str]:
        """Answer so many letters at most that are ready, still hold, have somewhere to go and are in nobody's hand."""
        return [row.id for row in self._scope.rows(_TO_SEND, at=at, most=most)]

    def lease(self, letter_id: str, at: datetime, until: datetime) -> bool:
        """Take a letter in hand until then; False where somebody else has it, it is sent, or it holds no more."""
        return self._scope.change(_LEASE, of_letter=letter_id, at=at, until=until) == 1

    def settle(self, letter_id: str, status: LetterStatus) -> bool:
        """Say what became of a letter; False where that is known already."""
        return self._scope.change(_SETTLE, of_letter=letter_id, new_status=status) == 1
