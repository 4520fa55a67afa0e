"""Inbound sources: registered, changed, rotated, removed; and what they sent, looked at and replayed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson

from compensation_service.domain import ids as prefixes
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.errors import ChangedMeanwhile, Conflict, NotFound, Unauthenticated, Unprocessable
from compensation_service.domain.ids import Clock, Ids, RandomBytes
from compensation_service.domain.inbound_event import InboundEvent
from compensation_service.domain.inbound_source import SOURCES_MOST, InboundSource
from compensation_service.services.documents import dump, moment
from compensation_service.services.idempotency import CREATED, Answer, Done, Idempotency, Once
from compensation_service.store.store import Store
from compensation_service.store.unit_of_work import UnitOfWork
from compensation_service.webhooks import signature
from compensation_service.webhooks.inbound.mapping import MappingError, PayloadMapping, demand_expression, read_mapping
from compensation_service.webhooks.inbound.presets import mapping_of, presets
from compensation_service.webhooks.inbound.verifier import is_usable
from compensation_service.webhooks.sealing import Seal

LOCK = "inbound-sources"
Document = dict[str, Any]


class TooManySources(Conflict):
    """The merchant has as many sources as are allowed."""

    code = "too_many_sources"

    def __init__(self) -> None:
        super().__init__(f"There are {SOURCES_MOST} inbound sources, which is the most; remove one first.")


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a source shall be. `secret` is the one that the sender made; None has one made here."""

    name: str
    preset: str
    mapping: Document | None
    decide: bool
    language: str | None
    expects: Mapping[str, str]
    secret: str | None


class InboundSourceService:
    """The use cases around inbound sources. They block on the store."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, seal: Seal, random_bytes: RandomBytes, base_url: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._seal = seal
        self._random_bytes = random_bytes
        self._base_url = base_url
        self._once = Once(store, clock, lambda unit, source_id: dump(self._document(find(unit, source_id))))

    def create(self, merchant_id: str, wanted: SourceRequest, key_id: str, idempotency: Idempotency) -> Answer:
        """Register a source. A secret made here is in this answer, and in no repetition of it.

        Raises Unprocessable for a preset that does not exist or a mapping that cannot be used, or TooManySources.
        """
        made = self._new(merchant_id, wanted, secret := wanted.secret or self._secret(wanted.preset))

        def work(unit: UnitOfWork, _: ApiKey) -> Done:
            unit.lock({LOCK})
            if unit.inbound_sources.count() >= SOURCES_MOST:
                raise TooManySources
            unit.inbound_sources.add([made])
            return Answer(CREATED, dump(self._document(made))), made.id

        answer = self._once.run(merchant_id, key_id, idempotency, work)
        if answer.replayed or wanted.secret is not None:
            return answer
        return Answer(CREATED, dump({**self._document(made), "secret": secret}))

    def get(self, merchant_id: str, source_id: str) -> Document:
        """One source; NotFound if this merchant has none of this id."""
        with self._store.reading(merchant_id) as unit:
            return self._document(find(unit, source_id))

    def page(self, merchant_id: str, _: None, after: str | None, limit: int) -> tuple[list[Document], str | None]:
        """At most `limit` sources, newest first, from the one after `after` on; and where the next page begins."""
        with self._store.reading(merchant_id) as unit:
            page = unit.inbound_sources.page(after, limit)
        return [self._document(source) for source in page.items], page.next_after

    def change(
        self, merchant_id: str, source_id: str, wanted: Mapping[str, Any], key_id: str, version: str | None
    ) -> Document:
        """Change what `wanted` names; `version` is the one that the caller read, None for whatever it is.

        Raises NotFound, ChangedMeanwhile, or Unprocessable for a mapping that cannot be used.
        """
        values = dict(wanted)
        if "mapping" in values:
            values["mapping"] = _written_mapping(values["mapping"])
        if "expects" in values:
            values["expects"] = _written_expects(values["expects"])
        return self._change(merchant_id, source_id, key_id, version, lambda before: replace(before, **values))

    def rotate(
        self, merchant_id: str, source_id: str, secret: str | None, overlap: timedelta, key_id: str, version: str | None
    ) -> Document:
        """Give a source another secret; the one before is good too for `overlap`. One made here is in this answer.

        One before that was sealed under another secret key cannot be read any more, and is not kept.
        """
        with self._store.reading(merchant_id) as unit:
            preset = find(unit, source_id).preset
        new = secret or self._secret(preset)
        _demand_secret(preset, new)

        def changed(before: InboundSource) -> InboundSource:
            kept = bool(overlap) and self._seal.opens(before.secret)
            return replace(
                before,
                secret=self._seal.close(new),
                previous_secret=before.secret if kept else None,
                previous_until=self._clock() + overlap if kept else None,
            )

        told = self._change(merchant_id, source_id, key_id, version, changed)
        return told if secret else {**told, "secret": new}

    def remove(self, merchant_id: str, source_id: str, key_id: str) -> None:
        """Remove a source with all that it told of; incidents stay. NotFound."""
        with self._store.writing(merchant_id) as unit:
            self._demand_usable(unit, key_id)
            find(unit, source_id)
            unit.inbound_events.empty(source_id)
            unit.inbound_sources.remove(source_id)

    def events(
        self, merchant_id: str, wanted: Mapping[str, Any], after: str | None, limit: int
    ) -> tuple[list[Document], str | None]:
        """At most `limit` events of `wanted["source_id"]`, newest first, without their payloads; NotFound."""
        with self._store.reading(merchant_id) as unit:
            find(unit, wanted["source_id"])
            page = unit.inbound_events.page(wanted["source_id"], wanted.get("status"), after, limit)
        return [event_document(event) for event in page.items], page.next_after

    def event(self, merchant_id: str, source_id: str, event_id: str) -> Document:
        """One event with its payload; NotFound."""
        with self._store.reading(merchant_id) as unit:
            found = unit.inbound_events.get(source_id, event_id)
        if found is None:
            raise NotFound
        return {**event_document(found), "payload": found.payload and orjson.loads(found.payload)}

    def replay(self, merchant_id: str, source_id: str, event_id: str | None, key_id: str) -> int:
        """Let one event that failed or was kept aside be handled anew, or all that failed; how many. NotFound."""
        with self._store.writing(merchant_id) as unit:
            self._demand_usable(unit, key_id)
            find(unit, source_id)
            if event_id is None:
                return unit.inbound_events.replay_failed(source_id, self._clock())
            if unit.inbound_events.get(source_id, event_id) is None:
                raise NotFound
            return unit.inbound_events.replay(source_id, event_id, self._clock())

    def _secret(self, preset: str) -> str:
        """A new secret in the form that the preset reads."""
        if preset in presets() and presets()[preset].key == "base64":
            return signature.new_secret(self._random_bytes)
        return self._random_bytes(32).hex()

    def _new(self, merchant_id: str, wanted: SourceRequest, secret: str) -> InboundSource:
        now = self._clock()
        if wanted.preset not in presets():
            known = ", ".join(presets())
            raise Unprocessable("/preset", "unknown_preset", f"There is no such preset; there are: {known}.")
        _demand_secret(wanted.preset, secret)
        return InboundSource(
            id=self._ids(prefixes.INBOUND_SOURCE),
            merchant_id=merchant_id,
            name=wanted.name,
            preset=wanted.preset,
            mapping=_written_mapping(wanted.mapping),
            decide=wanted.decide,
            language=wanted.language,
            expects=_written_expects(wanted.expects),
            secret=self._seal.close(secret),
            previous_secret=None,
            previous_until=None,
            version=1,
            created_at=now,
            changed_at=now,
        )

    def _change(
        self,
        merchant_id: str,
        source_id: str,
        key_id: str,
        version: str | None,
        changed: Callable[[InboundSource], InboundSource],
    ) -> Document:
        with self._store.writing(merchant_id) as unit:
            self._demand_usable(unit, key_id)
            before = find(unit, source_id)
            if version is not None and version != str(before.version):
                raise ChangedMeanwhile
            after = replace(changed(before), changed_at=self._clock())
            if not unit.inbound_sources.change(after):
                raise ChangedMeanwhile
        return self._document(replace(after, version=before.version + 1))

    def _demand_usable(self, unit: UnitOfWork, key_id: str) -> None:
        if key_id not in unit.api_keys.usable({key_id}, self._clock()):
            raise Unauthenticated

    def _document(self, source: InboundSource) -> Document:
        """A source as it is answered; its secrets are not in it."""
        return {
            "id": source.id,
            "url": address(self._base_url, source.id),
            "name": source.name,
            "preset": source.preset,
            "mapping": source.mapping and orjson.loads(source.mapping),
            "decide": source.decide,
            "language": source.language,
            "expects": orjson.loads(source.expects),
            "previous_secret_until": source.previous_until and moment(source.previous_until),
            "version": source.version,
            "created_at": moment(source.created_at),
            "changed_at": moment(source.changed_at),
        }


def find(unit: UnitOfWork, source_id: str) -> InboundSource:
    """The source; NotFound."""
    found = unit.inbound_sources.get(source_id)
    if found is None:
        raise NotFound
    return found


def address(base_url: str, source_id: str) -> str:
    """Where a source sends to, as it is signed."""
    return f"{base_url}/inbound/{source_id}"


def mapping_for(source: InboundSource) -> PayloadMapping:
    """What the payloads of a source become: its own mapping, else that of its preset."""
    return mapping_of(source.preset) if source.mapping is None else read_mapping(orjson.loads(source.mapping))


def event_document(event: InboundEvent) -> Document:
    """An event as it is answered, without its payload."""
    return {
        "id": event.id,
        "topic": event.topic,
        "status": event.status,
        "reason": {"place": event.place, "code": event.code, "detail": event.reason} if event.code else None,
        "incident": event.incident_id,
        "offer": event.offer_id,
        "erased": event.payload is None,
        "received_at": moment(event.received_at),
        "finished_at": event.finished_at and moment(event.finished_at),
    }


def _written_mapping(mapping: Document | None) -> str | None:
    if mapping is None:
        return None
    try:
        read = read_mapping(mapping)
    except MappingError as error:
        raise Unprocessable(f"/mapping{error.place}", "unusable_mapping", error.detail) from error
    if "reference" not in read.incident:
        detail = "An incident from outside needs a reference: under it, it is kept once."
        raise Unprocessable("/mapping/incident/reference", "missing", detail)
    return dump(mapping).decode()


def _written_expects(expects: Mapping[str, str]) -> str:
    for expression in expects:
        try:
            demand_expression("", expression)
        except MappingError as error:
            raise Unprocessable("/expects", "unusable_mapping", error.detail) from error
    return dump(dict(expects)).decode()


def _demand_secret(preset: str, secret: str) -> None:
    """Refuse a secret that the preset could not use."""
    if not is_usable(presets()[preset], secret):
        raise Unprocessable("/secret", "unusable_secret", "This preset takes a secret of the form whsec_ and base64.")
