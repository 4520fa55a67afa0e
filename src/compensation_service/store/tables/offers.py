"""Offers, what they hold, and what was done with them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, Table, false, text

from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Mode
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain.offer import LIVE, OfferAction, OfferStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, minor, moment, words

_LIVE = text("status IN ({})".format(", ".join(f"'{status}'" for status in sorted(LIVE))))
_TO_CONFIRM = text("status IN ('accepted', 'part_accepted') AND confirm_by IS NOT NULL")

offers = Table(
    "offers",
    metadata,
    key("merchant_id"),
    key("id"),
    key("incident_id"),
    member("status", OfferStatus),
    Column("version", BigInteger, nullable=False),
    words("policy_name"),
    Column("policy_version", BigInteger, nullable=False),
    member("mode", Mode),
    words("currency"),
    minor("goodwill_minor"),
    minor("entitlement_minor"),
    minor("worth_minor"),
    member("approval_role", ApproverRole, nullable=True),
    moment("decided_at"),
    moment("respond_by"),
    moment("expires_at"),
    moment("follow_up_at"),
    key("default_option"),
    words("language"),
    words("document"),
    words("facts"),
    Column("default_stands", Boolean, nullable=False, server_default=false()),
    key("chosen_option", nullable=True),
    key("requested_by", nullable=True),
    Column("owed_remedies", BigInteger, nullable=False, server_default=text("0")),
    key("superseded_by", nullable=True),
    key("link_sha256", nullable=True),
    moment("confirm_by", nullable=True),  # what was promised; none once it was told of that it is late
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    Index(None, "merchant_id", "status", "id"),
    Index("ix_offers_to_confirm", "merchant_id", "id", sqlite_where=_TO_CONFIRM, postgresql_where=_TO_CONFIRM),
    Index(None, "merchant_id", "incident_id"),
    Index(None, "link_sha256", unique=True),  # a customer brings it before anyone knows whose offer it opens
    Index(
        "uq_offers_one_live_per_incident",
        "merchant_id",
        "incident_id",
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    ),
    one_of("status", OfferStatus),
    one_of("mode", Mode),
    one_of("approval_role", ApproverRole),
)

options = Table(
    "options",
    metadata,
    key("merchant_id"),
    key("offer_id"),
    key("id"),
    Column("position", BigInteger, nullable=False),
    minor("worth_minor"),
    minor("cost_minor"),
    Column("goodwill_cost_minor", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("merchant_id", "offer_id", "id"),
    belongs_to("offers", ["offer_id"], ["id"]),
)

remedies = Table(
    "remedies",
    metadata,
    key("merchant_id"),
    key("offer_id"),
    key("option_id"),
    Column("position", BigInteger, nullable=False),
    member("kind", RemedyKind),
    minor("value_minor", nullable=True),
    minor("cost_minor"),
    moment("valid_until", nullable=True),
    member("status", RemedyStatus, nullable=True),
    PrimaryKeyConstraint("merchant_id", "offer_id", "option_id", "position"),
    belongs_to("options", ["offer_id", "option_id"], ["offer_id", "id"]),
    one_of("kind", RemedyKind),
    one_of("status", RemedyStatus),
)

offer_moves = Table(
    "offer_moves",
    metadata,
    key("merchant_id"),
    key("offer_id"),
    Column("version", BigInteger, nullable=False),
    member("action", OfferAction),
    key("by"),
    moment("at"),
    key("option", nullable=True),
    words("reason", nullable=True),
    words("words", nullable=True),
    member("kind", RemedyKind, nullable=True),
    minor("amount_minor", nullable=True),
    PrimaryKeyConstraint("merchant_id", "offer_id", "version"),
    belongs_to("offers", ["offer_id"], ["id"]),
    one_of("action", OfferAction),
    one_of("kind", RemedyKind),
)
