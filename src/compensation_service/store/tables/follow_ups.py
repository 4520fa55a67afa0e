"""Follow-ups: when the customer is asked whether it is solved, and what they said."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, PrimaryKeyConstraint, Table, text

from compensation_service.domain.follow_up import WAITING, FollowUpStatus, Outcome
from compensation_service.store.columns import one_of
from compensation_service.store.tables.parts import belongs_to, key, member, metadata, moment, words

_WAITING = text("status IN ({})".format(", ".join(f"'{status}'" for status in sorted(WAITING))))

follow_ups = Table(
    "follow_ups",
    metadata,
    key("merchant_id"),
    key("id"),
    key("incident_id"),
    key("offer_id"),
    member("status", FollowUpStatus),
    moment("due_at"),
    moment("planned_at"),
    member("outcome", Outcome, nullable=True),
    words("words", nullable=True),
    Column("rating", BigInteger, nullable=True),
    words("by", nullable=True),
    moment("done_at", nullable=True),
    PrimaryKeyConstraint("merchant_id", "id"),
    belongs_to("incidents", ["incident_id"], ["id"]),
    belongs_to("offers", ["offer_id"], ["id"]),
    Index(None, "merchant_id", "incident_id"),
    Index(None, "merchant_id", "due_at", "id"),
    Index(
        "ix_follow_ups_waiting",
        "merchant_id",
        "due_at",
        "id",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
    one_of("status", FollowUpStatus),
    one_of("outcome", Outcome),
    CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
    CheckConstraint(
        f"(status = '{FollowUpStatus.DONE}') = (outcome IS NOT NULL)"
        f" AND (status = '{FollowUpStatus.DONE}') = (done_at IS NOT NULL)",
        name="done",
    ),
)
