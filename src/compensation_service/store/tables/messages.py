"""Messages: what the customer and the shop said to each other about an incident."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from compensation_service.domain.message import Direction, MessageChannel
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

messages = Table(
    "messages",
    metadata,
    key("merchant_id"),
    key("id"),
    key("incident_id"),
    member("direction", Direction),
    member("channel", MessageChannel),
    words("words"),
    words("by"),
    moment("at"),
    moment("recorded_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    Index(None, "merchant_id", "incident_id", "id"),
    one_of("direction", Direction),
    one_of("channel", MessageChannel),
)
