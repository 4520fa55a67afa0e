"""Which columns name or quote a person, and what stands in them once the person is erased.

Every column of text is named here, in PERSONAL or in IMPERSONAL; a test sees to it. Enums, numbers and moments name
nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Table

from compensation_service.store.tables.accounts import accounts
from compensation_service.store.tables.answers import answers
from compensation_service.store.tables.evidence import evidence
from compensation_service.store.tables.follow_ups import follow_ups
from compensation_service.store.tables.inbound import inbound_events
from compensation_service.store.tables.incidents import incidents, reopenings
from compensation_service.store.tables.letters import letters
from compensation_service.store.tables.messages import messages
from compensation_service.store.tables.offers import offer_moves, offers


class Leads(StrEnum):
    """What leads from a person to a row."""

    INCIDENT = "incident"
    """The id of an incident."""
    OFFER = "offer"
    """The id of an offer."""
    ANYTHING = "anything"
    """The id of an incident, of an offer, or of any row that these lead to."""


class Becomes(StrEnum):
    """What stands in a column instead of something that differs from row to row."""

    PSEUDONYM = "pseudonym"
    """A name that is made for the occasion, the same in all rows of the person, so that they are counted as before."""
    MOMENT = "moment"
    """When it was erased."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Where a table names or quotes a person: rows whose `key` holds an id get these values."""

    table: Table
    key: Column[str]
    leads: Leads
    erased: Mapping[str, object]


PERSONAL: Final = (
    Personal(
        incidents,
        incidents.c.id,
        Leads.INCIDENT,
        {
            "reference": None,
            "customer_reference": Becomes.PSEUDONYM,
            "order_reference": None,
            "summary": None,
            "told": "{}",
            "fingerprint": None,
            "salt": None,
            "erased_at": Becomes.MOMENT,
        },
    ),
    # Of the document a decision without names remains; `redacted` in services/erasure.py says what.
    Personal(offers, offers.c.incident_id, Leads.INCIDENT, {"facts": ""}),
    Personal(reopenings, reopenings.c.incident_id, Leads.INCIDENT, {"reason": None}),
    Personal(messages, messages.c.incident_id, Leads.INCIDENT, {"words": "", "by": "erased"}),
    Personal(
        evidence,
        evidence.c.incident_id,
        Leads.INCIDENT,
        {"description": "", "link": None, "sha256": None, "by": "erased"},
    ),
    Personal(
        letters,
        letters.c.incident_id,
        Leads.INCIDENT,
        {"customer_reference": Becomes.PSEUDONYM, "recipient": None, "subject": None, "text": None, "html": None},
    ),
    Personal(accounts, accounts.c.incident_id, Leads.INCIDENT, {"words": ""}),
    Personal(follow_ups, follow_ups.c.incident_id, Leads.INCIDENT, {"words": None}),
    Personal(offer_moves, offer_moves.c.offer_id, Leads.OFFER, {"reason": None, "words": None}),
    # What names a person and became no incident is found by its customer (`InboundEvents.forget_customer`).
    Personal(
        inbound_events, inbound_events.c.incident_id, Leads.INCIDENT, {"payload": None, "customer_reference": None}
    ),
    Personal(answers, answers.c.resource_id, Leads.ANYTHING, {"body": None, "fingerprint": ""}),
)

REDACTED: Final[Mapping[str, frozenset[str]]] = {"offers": frozenset({"document"})}
"""Columns of which a part is erased."""

IMPERSONAL: Final[Mapping[str, frozenset[str]]] = {
    "accounts": frozenset({"id", "incident_id", "by"}),
    # Keys that callers make up for requests keep a request from being done twice, for ever.
    "answers": frozenset({"path", "key", "resource_id"}),
    "api_keys": frozenset({"id", "name", "scopes", "secret_sha256", "created_by", "revoked_by", "replaces"}),
    "budget_entries": frozenset({"offer_id", "budget_id"}),
    "budgets": frozenset({"id", "name", "currency", "category", "created_by", "changed_by"}),
    "checkpoint_heads": frozenset({"incident_id", "hash"}),
    "checkpoints": frozenset({"previous", "root", "newest", "public_key", "signature"}),
    "deliveries": frozenset({"endpoint_id", "message_id", "stream", "type"}),
    # What a receiver answered may hold what it was sent: it goes with the incident (`Erasure.erase`).
    "delivery_attempts": frozenset({"endpoint_id", "message_id", "error", "answer"}),
    "events": frozenset({"id", "incident_id", "payload", "hash"}),
    "evidence": frozenset({"id", "incident_id"}),
    "follow_ups": frozenset({"id", "incident_id", "offer_id", "by"}),
    "imports": frozenset({"sha256"}),
    "inbound_events": frozenset(
        {"source_id", "id", "key", "topic", "place", "code", "reason", "incident_id", "offer_id"}
    ),
    "inbound_sources": frozenset(
        {"id", "name", "preset", "mapping", "language", "expects", "secret", "previous_secret"}
    ),
    # These rows are removed with the summary whose words they are (`Incidents.forget_words`).
    "incident_words": frozenset({"word", "incident_id"}),
    "incidents": frozenset(
        {"id", "category", "severity", "group", "currency", "owner", "cause", "product", "carrier", "earlier"}
    ),
    # What stands on a letterhead is the merchant's own.
    "letterheads": frozenset({"document", "changed_by"}),
    "letters": frozenset({"id", "incident_id", "offer_id", "locale", "written_by"}),
    "merchants": frozenset({"name"}),
    "messages": frozenset({"id", "incident_id"}),
    "notices": frozenset({"id", "payload"}),
    "offer_moves": frozenset({"offer_id", "by", "option"}),
    "offers": frozenset(
        {
            "id",
            "incident_id",
            "policy_name",
            "currency",
            "default_option",
            "language",
            "chosen_option",
            "requested_by",
            "superseded_by",
            "link_sha256",
        }
    ),
    "options": frozenset({"id", "offer_id"}),
    "policies": frozenset({"name", "text", "frozen", "sha256", "created_by", "changed_by", "activated_by"}),
    "remedies": frozenset({"offer_id", "option_id"}),
    "reopenings": frozenset({"incident_id", "by"}),
    "webhook_endpoints": frozenset({"id", "url", "description", "wants", "secret", "previous_secret"}),
}
"""Columns of text that name nobody: ids, words of policies and enums, and those who work for the merchant."""
