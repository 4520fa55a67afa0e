"""Receiving webhooks: proved genuine, kept once, answered at once. What they mean is found out later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from compensation_service.domain import ids as prefixes
from compensation_service.domain.errors import NotFound
from compensation_service.domain.ids import Clock, Ids
from compensation_service.domain.inbound_event import InboundEvent, InboundStatus
from compensation_service.domain.inbound_source import InboundSource
from compensation_service.services.inbound_sources import address, mapping_for
from compensation_service.store.retry import retried
from compensation_service.store.store import Store
from compensation_service.webhooks.inbound.mapping import PayloadMapping, Unmapped, found_at, items_of, told_of
from compensation_service.webhooks.inbound.payload import Malformed, read_json, read_soap
from compensation_service.webhooks.inbound.presets import presets
from compensation_service.webhooks.inbound.verifier import NotGenuine, Preset, Received, topic_of, verify
from compensation_service.webhooks.sealing import Seal, Unsealable

TOPIC_CHARACTERS_MOST = 200
PARTS_MOST = 1_000
"""How many events one payload may tell of: others who write wait meanwhile. Those who send several send a hundred."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sender is answered: its preset says how. `new` counts the events that were not known before."""

    preset: Preset
    new: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a payload. `whole` says that it is all of it, because its events cannot be told apart."""

    key: str
    topic: str | None
    payload: str
    whole: bool = False


class InboundReceiptService:
    """Takes webhooks in. It blocks on the store."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, seal: Seal, base_url: str) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._seal = seal
        self._base_url = base_url

    def find(self, source_id: str) -> InboundSource:
        """The source of that id, whosever it is; NotFound."""
        found = self._store.find_inbound_source(source_id)
        if found is None:
            raise NotFound
        return found

    def receive(
        self, source: InboundSource, method: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Receipt:
        """Keep what a source sent, once each; committed when this returns.

        `headers` by lower-case name, `query` as it was called. Raises NotGenuine, or Malformed for bytes that are no
        payload, or one of more than PARTS_MOST events.
        """
        preset = presets()[source.preset]
        url = address(self._base_url, source.id) + (f"?{query}" if query else "")
        delivery_id = self._verified(source, preset, Received(method, url, headers, body))
        payload = read_soap(body) if preset.soap else read_json(body)
        demand_expected(source, payload)
        mapping = mapping_for(source)
        topic = topic_of(preset, Received(method, url, headers, body))
        parts = list(parted(mapping, payload, topic, delivery_id))
        if len(parts) > PARTS_MOST:
            raise Malformed("too many events")
        if preset.pings and all(part.topic in preset.pings for part in parts):
            return Receipt(preset)
        return Receipt(preset, self._keep(source, parts))

    def _verified(self, source: InboundSource, preset: Preset, received: Received) -> str | None:
        now = self._clock()
        try:
            secrets = [self._seal.open(sealed) for sealed in source.secrets_at(now)]
        except Unsealable as error:
            raise NotGenuine("secret_unreadable") from error
        return verify(preset, received, secrets, now)

    def _keep(self, source: InboundSource, parts: Sequence[Part]) -> int:
        def attempt() -> int:
            with self._store.writing(source.merchant_id) as unit:
                unit.lock({f"inbound:{source.id}:{part.key}" for part in parts})
                known = unit.inbound_events.known(source.id, {part.key for part in parts})
                fresh = {part.key: part for part in parts if part.key not in known}
                unit.inbound_events.add([self.new_event(source, part) for part in fresh.values()])
                return len(fresh)

        return retried(attempt)

    def new_event(self, source: InboundSource, part: Part) -> InboundEvent:
        """The event of a part, to be handled from now on."""
        now = self._clock()
        return InboundEvent(
            id=self._ids(prefixes.INBOUND_EVENT),
            source_id=source.id,
            key=part.key,
            topic=part.topic,
            status=InboundStatus.PENDING,
            whole=part.whole,
            payload=part.payload,
            place=None,
            code=None,
            reason=None,
            incident_id=None,
            offer_id=None,
            customer_reference=None,
            tries=0,
            next_at=now,
            received_at=now,
            finished_at=None,
        )


def demand_expected(source: InboundSource, payload: object) -> None:
    """NotGenuine where a payload does not hold what the source says that it must."""
    for expression, value in orjson.loads(source.expects).items():
        try:
            found = found_at(expression, payload)
        except Unmapped as error:
            raise NotGenuine("unexpected_payload") from error
        if found != value:
            raise NotGenuine("unexpected_payload")


def parted(mapping: PayloadMapping, payload: Any, topic: str | None, delivery_id: str | None) -> Iterator[Part]:  # noqa: ANN401 - whatever JSON can hold
    """The events of a payload, each under the key that all copies of it have.

    That is the id of the delivery, else the event's own, else a digest of what was sent; under each topic that a header
    names, for senders tell of one action under several. A payload whose events cannot be told apart is one part, so
    that nothing is lost.
    """
    within = "" if topic is None else f"{topic}\0"
    try:
        items = items_of(mapping, payload)
        told = [told_of(mapping, item) for item in items]
    except Unmapped:
        items, told = [], []
    if not items:
        text = orjson.dumps(payload).decode()
        yield Part(_key(within + (delivery_id or text)), _shown(topic), text, whole=True)
    for item, (own_id, own_topic) in zip(items, told, strict=True):
        text = orjson.dumps(item).decode()
        if delivery_id is None:
            name = own_id or text
        else:
            name = delivery_id if len(items) == 1 else f"{delivery_id}\0{own_id or text}"
        yield Part(_key(within + name), _shown(own_topic or topic), text)


def _key(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _shown(topic: str | None) -> str | None:
    """A topic as it is kept: what it says is not ours, and need not be printable."""
    return None if topic is None else "".join(filter(str.isprintable, topic))[:TOPIC_CHARACTERS_MOST]
