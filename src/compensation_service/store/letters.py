"""Letters in the store. Their words can be erased; that they were written stays."""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import bindparam

from compensation_service.domain.letter import OF_OFFER, Letter, LetterKind, LetterStatus
from compensation_service.store.columns import UTCDateTime
from compensation_service.store.scope import Scope, columns_of, scoped, scoped_update
from compensation_service.store.tables import letters

_FIELDS = [field.name for field in fields(Letter)]
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
        self._scope.own([letter])
        self._scope.add(letters, [{name: getattr(letter, name) for name in _FIELDS}])

    def finish(self, letter: Letter) -> bool:
        """Give a draft its words; False where it is no draft any more."""
        changed = {f"new_{name}": getattr(letter, name) for name in _FINISHED}
        return self._scope.change(_FINISH, of_letter=letter.id, **changed) == 1
