"""Events: what happened to an incident."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, UniqueConstraint

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
    PrimaryKeyConstraint("merchant_id", "incident_id", "sequence"),
    UniqueConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    one_of("type", EventType),
)
