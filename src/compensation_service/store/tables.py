"""The tables. Every key begins with the merchant, so that nothing can refer to another merchant's rows.

Money is BIGINT in minor units, moments are UTC, documents are text: what was sent is what is kept, byte for byte.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.policy import Band, Mode
from compensation_service.decision.policy import Role as ApproverRole
from compensation_service.domain.api_key import Role
from compensation_service.domain.event import EventType
from compensation_service.domain.incident import IncidentStatus
from compensation_service.domain.offer import OfferAction, OfferStatus
from compensation_service.domain.policy_version import PolicyStatus
from compensation_service.domain.remedy import RemedyStatus
from compensation_service.store.columns import KEY, UTCDateTime, Word, one_of

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _key(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, KEY, nullable=nullable)


def _member(name: str, enum: type[StrEnum], *, nullable: bool = False) -> Column[Any]:
    return Column(name, Word(enum), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UTCDateTime, nullable=nullable)


def _minor(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _belongs_to(table: str, columns: list[str], keys: list[str]) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["merchant_id", *columns], [f"{table}.{key}" for key in ("merchant_id", *keys)])


merchants = Table(
    "merchants",
    metadata,
    _key("merchant_id"),
    _words("name"),
    _moment("created_at"),
    PrimaryKeyConstraint("merchant_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _key("merchant_id"),
    _key("id"),
    _words("name"),
    _member("role", Role),
    _words("scopes"),
    _words("secret_sha256"),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("revoked_at", nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("id"),  # a request brings the key's id before anyone knows whose it is
    _belongs_to("merchants", [], []),
    one_of("role", Role),
)

incidents = Table(
    "incidents",
    metadata,
    _key("merchant_id"),
    _key("id"),
    _key("reference", nullable=True),
    _key("category"),
    _member("status", IncidentStatus),
    _member("band", Band),
    _words("severity"),
    _member("fault", Fault),
    Column("verified", Boolean, nullable=False),
    _key("group", nullable=True),
    _key("customer_reference"),
    _key("order_reference", nullable=True),
    _words("currency"),
    _minor("affected_minor"),
    _words("summary", nullable=True),
    _moment("occurred_at"),
    _moment("reported_at", nullable=True),
    _moment("recorded_at"),
    # No foreign key to merchants: every insert would lock that one row, and a unit of work knows its merchant.
    PrimaryKeyConstraint("merchant_id", "id"),
    UniqueConstraint("merchant_id", "reference"),
    Index(None, "merchant_id", "customer_reference", "id"),
    Index(None, "merchant_id", "order_reference"),
    Index(None, "merchant_id", "category", "id"),
    one_of("status", IncidentStatus),
    one_of("band", Band),
    one_of("fault", Fault),
)

offers = Table(
    "offers",
    metadata,
    _key("merchant_id"),
    _key("id"),
    _key("incident_id"),
    _member("status", OfferStatus),
    Column("version", BigInteger, nullable=False),
    _words("policy_name"),
    Column("policy_version", BigInteger, nullable=False),
    _member("mode", Mode),
    _words("currency"),
    _minor("goodwill_minor"),
    _minor("entitlement_minor"),
    _minor("worth_minor"),
    _member("approval_role", ApproverRole, nullable=True),
    _moment("decided_at"),
    _moment("respond_by"),
    _moment("expires_at"),
    _moment("follow_up_at"),
    _key("default_option"),
    _words("language"),
    _words("document"),
    _words("facts"),
    Column("default_stands", Boolean, nullable=False, server_default=false()),
    _key("chosen_option", nullable=True),
    _key("requested_by", nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    _belongs_to("incidents", ["incident_id"], ["id"]),
    Index(None, "merchant_id", "status", "id"),
    Index(None, "merchant_id", "incident_id"),
    Index(
        "uq_offers_one_live_per_incident",
        "merchant_id",
        "incident_id",
        unique=True,
        sqlite_where=text(f"status <> '{OfferStatus.SUPERSEDED}'"),
        postgresql_where=text(f"status <> '{OfferStatus.SUPERSEDED}'"),
    ),
    one_of("status", OfferStatus),
    one_of("mode", Mode),
    one_of("approval_role", ApproverRole),
)

options = Table(
    "options",
    metadata,
    _key("merchant_id"),
    _key("offer_id"),
    _key("id"),
    Column("position", BigInteger, nullable=False),
    _minor("worth_minor"),
    _minor("cost_minor"),
    PrimaryKeyConstraint("merchant_id", "offer_id", "id"),
    _belongs_to("offers", ["offer_id"], ["id"]),
)

remedies = Table(
    "remedies",
    metadata,
    _key("merchant_id"),
    _key("offer_id"),
    _key("option_id"),
    Column("position", BigInteger, nullable=False),
    _member("kind", RemedyKind),
    _minor("value_minor", nullable=True),
    _minor("cost_minor"),
    _moment("valid_until", nullable=True),
    _member("status", RemedyStatus, nullable=True),
    PrimaryKeyConstraint("merchant_id", "offer_id", "option_id", "position"),
    _belongs_to("options", ["offer_id", "option_id"], ["offer_id", "id"]),
    one_of("kind", RemedyKind),
    one_of("status", RemedyStatus),
)

offer_moves = Table(
    "offer_moves",
    metadata,
    _key("merchant_id"),
    _key("offer_id"),
    Column("version", BigInteger, nullable=False),
    _member("action", OfferAction),
    _key("by"),
    _moment("at"),
    _key("option", nullable=True),
    _words("reason", nullable=True),
    _words("words", nullable=True),
    _member("kind", RemedyKind, nullable=True),
    _minor("amount_minor", nullable=True),
    PrimaryKeyConstraint("merchant_id", "offer_id", "version"),
    _belongs_to("offers", ["offer_id"], ["id"]),
    one_of("action", OfferAction),
    one_of("kind", RemedyKind),
)

events = Table(
    "events",
    metadata,
    _key("merchant_id"),
    _key("incident_id"),
    Column("sequence", BigInteger, nullable=False),
    _key("id"),
    _member("type", EventType),
    _moment("occurred_at"),
    _words("payload"),
    PrimaryKeyConstraint("merchant_id", "incident_id", "sequence"),
    UniqueConstraint("merchant_id", "id"),
    _belongs_to("incidents", ["incident_id"], ["id"]),
    one_of("type", EventType),
)

answers = Table(
    "answers",
    metadata,
    _key("merchant_id"),
    _key("path"),
    _key("key"),
    _words("fingerprint"),
    Column("status_code", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=True),
    _key("resource_id", nullable=True),
    _moment("created_at"),
    PrimaryKeyConstraint("merchant_id", "path", "key"),
)

policies = Table(
    "policies",
    metadata,
    _key("merchant_id"),
    Column("version", BigInteger, nullable=False, autoincrement=False),
    _words("name"),
    _member("status", PolicyStatus),
    _words("text"),
    _words("frozen"),
    _words("sha256"),
    _moment("created_at"),
    _words("created_by"),
    _moment("changed_at"),
    _words("changed_by"),
    _moment("active_from", nullable=True),
    _moment("activated_at", nullable=True),
    _words("activated_by", nullable=True),
    _moment("retired_at", nullable=True),
    # The migration adds triggers: once a version is no draft any more it can be retired, and nothing else.
    PrimaryKeyConstraint("merchant_id", "version"),
    _belongs_to("merchants", [], []),
    Index(
        "uq_policies_one_active",
        "merchant_id",
        unique=True,
        sqlite_where=text(f"status = '{PolicyStatus.ACTIVE}'"),
        postgresql_where=text(f"status = '{PolicyStatus.ACTIVE}'"),
    ),
    one_of("status", PolicyStatus),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint(f"(status = '{PolicyStatus.DRAFT}') = (active_from IS NULL)", name="begins"),
    CheckConstraint(
        "(active_from IS NULL) = (activated_at IS NULL) AND (active_from IS NULL) = (activated_by IS NULL)",
        name="activated",
    ),
    CheckConstraint(f"(status = '{PolicyStatus.RETIRED}') = (retired_at IS NOT NULL)", name="ends"),
    CheckConstraint("retired_at >= active_from", name="period"),
)
