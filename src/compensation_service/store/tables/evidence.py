"""Evidence: what shows what happened, and where it is kept."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from compensation_service.domain.evidence import EvidenceKind
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

evidence = Table(
    "evidence",
    metadata,
    key("merchant_id"),
    key("id"),
    key("incident_id"),
    member("kind", EvidenceKind),
    words("description"),
    words("link", nullable=True),
    words("sha256", nullable=True),
    words("by"),
    moment("at"),
    moment("recorded_at"),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    Index(None, "merchant_id", "incident_id", "id"),
    one_of("kind", EvidenceKind),
)
