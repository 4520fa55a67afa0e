"""The letterhead: who writes a merchant's letters, and the merchant's own texts in them. Checked before it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import ChangedMeanwhile, Unprocessable
from compensation_service.domain.ids import Clock
from compensation_service.domain.letter import StoredLetterhead
from compensation_service.letters.matter import Sender
from compensation_service.letters.own_texts import compiled, problems
from compensation_service.services.documents import dump
from compensation_service.services.idempotency import FOUND, Answer, Done, Once
from compensation_service.store.failures import Contended
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on letters: shop, the name to write to, its address, and own texts by language and part."""

    shop: str
    contact: str | None = None
    address: str | None = None
    texts: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @property
    def sender(self) -> Sender:
        """Who writes."""
        return Sender(self.shop, self.contact, self.address)

    def own_texts(self, language: str) -> dict[str, tuple[str, ...]]:
        """The merchant's own texts in a language, ready to be filled in."""
        return compiled(language, self.texts.get(language, {}))


def letterhead_of(unit: UnitOfWork) -> Letterhead:
    """The merchant's letterhead; one that names the shop by its id where none was set."""
    stored = unit.letterheads.get()
    return Letterhead(unit.merchant_id) if stored is None else Letterhead(**orjson.loads(stored.document))


class LetterheadService:
    """The use cases around the letterhead. They block on the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._once = Once(store, clock, lambda unit, _: dump(_document(unit)))

    def get(self, merchant_id: str) -> Document:
        """The letterhead as it is; version 0 where none was set."""
        with self._store.reading(merchant_id) as unit:
            return _document(unit)

    def put(self, merchant_id: str, letterhead: Letterhead, key_id: str, version: str | None) -> Answer:
        """Put a letterhead in the place of the one before, whose version the caller read; None for whatever it is.

        Raises ChangedMeanwhile, or Unprocessable for a text that could not be used, with its place and the reason.
        """
        _demand_usable(letterhead)

        def work(unit: UnitOfWork, key: ApiKey) -> Done:
            before = _version(unit)
            if version not in {None, str(before)}:
                raise ChangedMeanwhile
            document = dump({"shop": letterhead.shop, **_rest(letterhead)}).decode()
            stored = StoredLetterhead(before + 1, document, self._clock(), key.id)
            if not before:
                unit.letterheads.add(stored)
            elif not unit.letterheads.change(stored, before):
                raise Contended
            return Answer(FOUND, dump(_document(unit))), merchant_id

        return self._once.run(merchant_id, key_id, None, work)


def _rest(letterhead: Letterhead) -> Document:
    return {"contact": letterhead.contact, "address": letterhead.address, "texts": letterhead.texts}


def _version(unit: UnitOfWork) -> int:
    stored = unit.letterheads.get()
    return stored.version if stored else 0


def _document(unit: UnitOfWork) -> Document:
    letterhead = letterhead_of(unit)
    return {"version": _version(unit), "shop": letterhead.shop, **_rest(letterhead)}


def _demand_usable(letterhead: Letterhead) -> None:
    for language, own in letterhead.texts.items():
        for found in problems(language, own):
            raise Unprocessable(f"/texts/{language}{found.pointer}", found.code, found.detail)
