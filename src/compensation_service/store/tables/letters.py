"""Letters, whose words can be erased, and what stands on a merchant's letterhead."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, text

from compensation_service.domain.letter import LetterKind, LetterStatus
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

_TO_SEND = text(f"status = '{LetterStatus.READY}' AND recipient IS NOT NULL")

letters = Table(
    "letters",
    metadata,
    key("merchant_id"),
    key("id"),
    key("incident_id"),
    key("offer_id", nullable=True),
    key("customer_reference"),
    member("kind", LetterKind),
    key("locale"),
    Column("variant", BigInteger, nullable=False),
    member("status", LetterStatus),
    words("recipient", nullable=True),
    words("subject", nullable=True),
    words("text", nullable=True),
    words("html", nullable=True),
    moment("written_at"),
    key("written_by", nullable=True),
    moment("leased_until", nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    belongs_to("offers", ["offer_id"], ["id"]),
    Index(None, "merchant_id", "incident_id", "id"),
    Index(None, "merchant_id", "customer_reference", "written_at"),
    Index(
        "uq_letters_one_of_a_kind_per_offer",
        "merchant_id",
        "offer_id",
        "kind",
        unique=True,
        sqlite_where=text("offer_id IS NOT NULL"),
        postgresql_where=text("offer_id IS NOT NULL"),
    ),
    Index("ix_letters_to_send", "merchant_id", "id", sqlite_where=_TO_SEND, postgresql_where=_TO_SEND),
    one_of("kind", LetterKind),
    one_of("status", LetterStatus),
)

letterheads = Table(
    "letterheads",
    metadata,
    key("merchant_id"),
    Column("version", BigInteger, nullable=False),
    words("document"),
    moment("changed_at"),
    key("changed_by"),
    PrimaryKeyConstraint("merchant_id"),
    belongs_to("merchants", [], []),
)
