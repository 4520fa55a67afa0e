"""Events: what happened to an incident."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from compensation_service.domain.event import EventType
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

events = Table(
    "events",
    metadata,
    key("merchant_id"),
    key("incident_id"),
    Column("sequence", BigInteger, nullable=False),
    key("id"),
    member("type", EventType),
    moment("occurred_at"),
    words("payload"),
    # Empty where a version of the service wrote that did not know the chain yet.
    Column("hash", Text, nullable=False, server_default=""),
    # The migration adds triggers: an event can be neither changed nor removed.
    PrimaryKeyConstraint("merchant_id", "incident_id", "sequence"),
    UniqueConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    one_of("type", EventType),
)
