"""A history of any size, made inside PostgreSQL, and the questions that are asked of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from compensation_service.domain.incident import IncidentStatus, Stage
from compensation_service.store.incidents import IncidentSort
from compensation_service.store.store import Store
from records import NOON

LISTED = [
    {},
    {"customer": "C-1"},
    {"order": "order-1"},
    {"category": "late_delivery"},
    {"status": IncidentStatus.OPEN},
    {"owner": "ann"},
    {"stage": Stage.TRANSIT},
    {"cause": "label"},
    {"product": "cup"},
    {"carrier": "dhl"},
    {"words": ("late",)},
    {"sort": IncidentSort.OCCURRED},
    {"sort": IncidentSort.OCCURRED, "occurred_from": NOON, "occurred_before": NOON + timedelta(days=3)},
    {"sort": IncidentSort.OCCURRED, "carrier": "dhl", "occurred_from": NOON},
    {"sort": IncidentSort.OCCURRED, "carrier": "dhl", "currency": "EUR", "paid_from": 1000, "occurred_from": NOON},
    {"sort": IncidentSort.OCCURRED, "product": "cup", "occurred_before": NOON + timedelta(days=3)},
    {"sort": IncidentSort.CLOSED, "owner": "ann", "closed_from": NOON},
]
"""The questions that are asked of a history of any size; the others are asked together with one of these."""

INCIDENTS = """
INSERT INTO incidents (merchant_id, id, reference, category, status, fault, verified, customer_reference,
  order_reference, currency, affected_minor, summary, occurred_at, recorded_at, told, owner, stage, cause, product,
  carrier, closed_at)
SELECT :merchant, 'inc_' || lpad(n::text, 26, '0'), 'ZD-' || n,
  (ARRAY['late_delivery','wrong_item','other'])[1 + n % 3], (ARRAY['open','offered','resolved','closed'])[1 + n % 4],
  'company', true, 'C-' || n % 5000, 'order-' || n, 'EUR', 1000, 'late',
  timestamptz '2026-01-01' + n * interval '1 minute', now(), '{}', 'owner-' || n % 50, 'transit', 'cause-' || n % 40,
  'product-' || n % 300, 'carrier-' || n % 9, CASE WHEN n % 4 = 3 THEN now() END
FROM generate_series(:first, :last) AS n
"""
WORDS = """
INSERT INTO incident_words (merchant_id, word, incident_id)
SELECT merchant_id, said, id FROM incidents, unnest(ARRAY['late', 'word-' || right(id, 2)]) AS said
WHERE merchant_id = :merchant AND id BETWEEN 'inc_' || lpad((:first)::text, 26, '0')
  AND 'inc_' || lpad((:last)::text, 26, '0')
"""
AT_ONCE = 20_000


def name_of(asked: dict[str, Any]) -> str:
    """A question in a few words."""
    return "-".join(map(str, asked)) or "all"


def fill(store: Store, merchant: str, many: int, made: Callable[[int], object] = lambda _: None) -> None:
    """Give a merchant so many incidents, a stretch a transaction; `made` is told how many there are."""
    for first in range(1, many + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, many)
        with store.writing(merchant) as unit:
            unit._connection.execute(text("SET LOCAL statement_timeout = 0"))
            for statement in (INCIDENTS, WORDS):
                unit._connection.execute(text(statement), {"merchant": merchant, "first": first, "last": last})
        made(last)
    with store.writing(merchant) as unit:
        unit._connection.execute(text("SET LOCAL statement_timeout = 0"))
        for table in ("incidents", "incident_words", "offers"):
            unit._connection.execute(text(f"ANALYZE {table}"))
