"""The tables. Every key begins with the merchant, so that nothing can refer to another merchant's rows.

Money is BIGINT in minor units, moments are UTC, documents are text: what was sent is what is kept, byte for byte.
"""

from compensation_service.store.tables.accounts import accounts
from compensation_service.store.tables.answers import answers
from compensation_service.store.tables.budgets import budget_entries, budgets
from compensation_service.store.tables.checkpoints import checkpoint_heads, checkpoints
from compensation_service.store.tables.events import events
from compensation_service.store.tables.evidence import evidence
from compensation_service.store.tables.follow_ups import follow_ups
from compensation_service.store.tables.imports import imports
from compensation_service.store.tables.inbound import inbound_events, inbound_sources
from compensation_service.store.tables.incidents import incident_words, incidents, reopenings
from compensation_service.store.tables.letters import letterheads, letters
from compensation_service.store.tables.merchants import api_keys, merchants
from compensation_service.store.tables.messages import messages
from compensation_service.store.tables.offers import offer_moves, offers, options, remedies
from compensation_service.store.tables.parts import metadata
from compensation_service.store.tables.policies import policies
from compensation_service.store.tables.webhooks import deliveries, delivery_attempts, notices, webhook_endpoints

__all__ = [
    "accounts",
    "answers",
    "api_keys",
    "budget_entries",
    "budgets",
    "checkpoint_heads",
    "checkpoints",
    "deliveries",
    "delivery_attempts",
    "events",
    "evidence",
    "follow_ups",
    "imports",
    "inbound_events",
    "inbound_sources",
    "incident_words",
    "incidents",
    "letterheads",
    "letters",
    "merchants",
    "messages",
    "metadata",
    "notices",
    "offer_moves",
    "offers",
    "options",
    "policies",
    "remedies",
    "reopenings",
    "webhook_endpoints",
]
