"""A history of any size, made inside PostgreSQL, and the questions that are asked of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import text

from compensation_service.domain.incident import IncidentStatus, Stage
from compensation_service.store.incidents import IncidentSort
from compensation_service.store.store import Store
from records import NOON

Asked: TypeAlias = dict[str, Any]
LISTED: list[Asked] = [
    {},
    {"customer": "C-1"},
    {"order": "order-1"},
    {"category": "late_delivery"},
    {"status": IncidentStatus.OPEN},
    {"escalated": True},
    {"escalated": True, "status": IncidentStatus.OPEN},
    {"owner": "owner-1"},
    {"stage": Stage.TRANSIT},
    {"cause": "cause-1"},
    {"product": "product-1"},
    {"carrier": "carrier-1"},
    {"words": ("late",)},
    {"sort": IncidentSort.OCCURRED},
    {"sort": IncidentSort.OCCURRED, "occurred_from": NOON, "occurred_before": NOON + timedelta(days=3)},
    {"sort": IncidentSort.OCCURRED, "carrier": "carrier-1", "occurred_from": NOON},
    {
        "sort": IncidentSort.OCCURRED,
        "carrier": "carrier-1",
        "currency": "EUR",
        "paid_from": 1000,
        "occurred_from": NOON,
    },
    {"sort": IncidentSort.OCCURRED, "product": "product-1", "occurred_before": NOON + timedelta(days=3)},
    {"sort": IncidentSort.CLOSED, "owner": "owner-1", "closed_from": NOON},
]
"""The questions that are asked of a history of any size; the others are asked together with one of these."""

NUMBERED = "'{}_' || lpad(n::text, 26, '0')"
INCIDENTS = f"""
INSERT INTO incidents (merchant_id, id, reference, category, status, fault, verified, customer_reference,
  order_reference, currency, affected_minor, summary, occurred_at, recorded_at, told, owner, stage, cause, product,
  carrier, closed_at, escalated_at)
SELECT :merchant, {NUMBERED.format("inc")}, 'ZD-' || n, (ARRAY['late_delivery','wrong_item','other'])[1 + n % 3],
  (ARRAY['open','offered','resolved','closed'])[1 + n % 4], 'company', true, 'C-' || n % 100, 'order-' || n, 'EUR',
  1000, 'late', at, at, '{{}}', 'owner-' || n % 20, 'transit', 'cause-' || n % 40, 'product-' || n % 30,
  'carrier-' || n % 9, CASE WHEN n % 4 = 3 THEN at END, CASE WHEN n % 50 = 0 THEN at END
FROM generate_series(:first, :last) AS n,
  LATERAL (SELECT timestamptz '2026-01-01' + n * (interval '300 days' / :many) AS at) AS time
"""
OFFERS = f"""
INSERT INTO offers (merchant_id, id, incident_id, status, version, policy_name, policy_version, mode, currency,
  goodwill_minor, entitlement_minor, worth_minor, decided_at, respond_by, expires_at, follow_up_at, default_option,
  language, document, facts)
SELECT :merchant, {NUMBERED.format("off")}, {NUMBERED.format("inc")}, 'accepted', 1, 'default', 1, 'kept', 'EUR',
  n % 2000, 0, n % 2000, now(), now(), now(), now(), 'opt_1', 'en', '{{}}', ''
FROM generate_series(:first, :last) AS n WHERE n % 4 > 1
"""
WORDS = f"""
INSERT INTO incident_words (merchant_id, word, incident_id)
SELECT :merchant, said, {NUMBERED.format("inc")}
FROM generate_series(:first, :last) AS n, unnest(ARRAY['late', 'word-' || n % 100]) AS said
"""
AT_ONCE = 20_000


def name_of(asked: Asked) -> str:
    """A question in a few words."""
    return "-".join(map(str, asked)) or "all"


def fill(store: Store, merchant: str, many: int, made: Callable[[int], object] = lambda _: None) -> None:
    """Give a merchant so many incidents, a stretch a transaction; `made` is told how many there are."""
    for first in range(1, many + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, many)
        with store.writing(merchant) as unit:
            unit._connection.execute(text("SET LOCAL statement_timeout = 0"))
            for statement in (INCIDENTS, OFFERS, WORDS):
                asked = {"merchant": merchant, "first": first, "last": last, "many": many}
                unit._connection.execute(text(statement), asked)
        made(last)
    with store.writing(merchant) as unit:
        for limit in ("statement_timeout", "lock_timeout"):  # PostgreSQL may be at it by itself
            unit._connection.execute(text(f"SET LOCAL {limit} = 0"))
        for table in ("incidents", "incident_words", "offers"):
            unit._connection.execute(text(f"ANALYZE {table}"))
