"""What requests and answers hold, made by tools/client.py from openapi/openapi.json: change nothing here."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Awaited: TypeAlias = Literal["acknowledge", "decide", "carry_out"]

Band: TypeAlias = Literal["trivial", "low", "moderate", "high", "critical"]

Channel: TypeAlias = Literal["phone", "chat", "social", "email"]

CustomerKind: TypeAlias = Literal["consumer", "business"]

DeliveryStatus: TypeAlias = Literal["pending", "delivered", "exhausted"]

Direction: TypeAlias = Literal["in", "out"]

Disposition: TypeAlias = Literal["kept", "rejected", "not_received"]

EndpointStatus: TypeAlias = Literal["enabled", "suspended", "disabled"]

EventType: TypeAlias = Literal[
    "offer.created",
    "offer.approved",
    "offer.rejected",
    "offer.accepted",
    "offer.declined",
    "offer.countered",
    "offer.withdrawn",
    "offer.expired",
    "offer.kept",
    "offer.superseded",
    "offer.overridden",
    "offer.fulfilled",
    "remedy.fulfilled",
    "remedy.failed",
    "incident.recorded",
    "incident.changed",
    "incident.resolved",
    "incident.closed",
    "incident.reopened",
    "incident.escalated",
    "incident.erased",
    "message.added",
    "evidence.added",
    "account.added",
    "letter.written",
    "letter.sent",
    "letter.failed",
    "follow_up.planned",
    "follow_up.due",
    "follow_up.done",
    "follow_up.cancelled",
]

EvidenceKind: TypeAlias = Literal[
    "receipt", "photo", "video", "recording", "document", "tracking", "statement", "other"
]

ExportFormat: TypeAlias = Literal["csv", "ndjson"]

Fault: TypeAlias = Literal["company", "partner", "unknown", "shared", "external", "customer"]

FollowUpStatus: TypeAlias = Literal["planned", "due", "done", "cancelled"]

InboundStatus: TypeAlias = Literal["pending", "handled", "failed", "aside"]

IncidentSort: TypeAlias = Literal["recorded", "occurred", "closed"]

IncidentStatus: TypeAlias = Literal["open", "offered", "resolved", "closed"]

KeyStatus: TypeAlias = Literal["active", "expired", "revoked"]

LetterKind: TypeAlias = Literal[
    "apology", "information", "acknowledgement", "approval_delay", "acceptance_receipt", "follow_up", "what_we_changed"
]

LetterStatus: TypeAlias = Literal["draft", "ready", "sent", "failed"]

MessageChannel: TypeAlias = Literal["email", "phone", "chat", "social", "letter", "in_person", "portal", "other"]

Mode: TypeAlias = Literal["kept", "rejected"]

OfferAction: TypeAlias = Literal[
    "approve", "reject", "accept", "decline", "counter", "keep", "supersede", "expire", "withdraw", "fulfil"
]

OfferStatus: TypeAlias = Literal[
    "pending_approval",
    "part_accepted",
    "open",
    "informational",
    "accepted",
    "declined",
    "countered",
    "superseded",
    "expired",
    "withdrawn",
    "rejected",
    "fulfilled",
]

Operation: TypeAlias = Literal["times", "at_most"]

Outcome: TypeAlias = Literal["solved", "unsolved", "unreachable"]

PayloadFormat: TypeAlias = Literal["standard", "cloudevents"]

PolicyStatus: TypeAlias = Literal["draft", "active", "retired"]

Remediable: TypeAlias = Literal["replacement", "repair", "redelivery", "correction"]

RemedyKind: TypeAlias = Literal[
    "partial_refund",
    "full_refund",
    "payment",
    "replacement",
    "repair",
    "redelivery",
    "correction",
    "store_credit",
    "next_purchase_discount",
    "bonus_points",
    "free_shipping",
    "gift",
    "free_upgrade",
    "free_service_period",
    "priority_support",
    "personal_call",
    "apology",
]

RemedyStatus: TypeAlias = Literal["promised", "fulfilled", "failed"]

RoleInput: TypeAlias = Literal["service", "agent", "lead", "manager", "admin"]

Scope: TypeAlias = Literal[
    "offers:read",
    "offers:write",
    "incidents:read",
    "incidents:write",
    "follow_ups:read",
    "follow_ups:write",
    "policies:read",
    "policies:write",
    "webhooks:read",
    "webhooks:write",
    "inbound:read",
    "inbound:write",
    "budgets:read",
    "budgets:write",
    "customers:erase",
    "keys:manage",
]

ServiceLevel: TypeAlias = Literal["standard", "express", "same_day", "time_slot"]

SignalKind: TypeAlias = Literal["late_scan", "low_rating", "failed_payment", "long_wait", "repeated_contact"]

Stage: TypeAlias = Literal[
    "listing", "order", "payment", "stock", "packing", "dispatch", "transit", "delivery", "support", "return"
]

Suspension: TypeAlias = Literal["gone", "failing"]

PolicyRole: TypeAlias = Literal["agent", "lead", "manager"]

ApiKeyRole: TypeAlias = Literal["service", "agent", "lead", "manager", "admin"]


class AcceptBody(TypedDict):
    """Which option the customer chose."""

    option: NotRequired[str | None]


class AccountBody(TypedDict):
    """What was done about it, and by whom. The customer may read it."""

    by: NotRequired[str | None]
    at: NotRequired[str | None]
    words: str


class AccountOut(TypedDict):
    """What was done, and by whom."""

    id: str
    words: str
    by: str
    at: str
    recorded_at: str


class ActivationBody(TypedDict):
    """When a version begins to decide."""

    active_from: NotRequired[str | None]


class Alive(TypedDict):
    """The process runs."""

    status: str


class ApprovalOut(TypedDict):
    """A person of this role or above must agree, for these reasons."""

    role: PolicyRole
    reasons: list[ReasonOut]


class AttemptOut(TypedDict):
    """One attempt: a status code, or the word of what went wrong instead, and the beginning of the answer."""

    number: int
    at: str
    duration_ms: int
    status_code: int | None
    error: str | None
    answer: str


class BudgetBody(TypedDict):
    """A budget to be made: for a month, or from `starts_at` on and before `ends_at`."""

    name: str
    currency: str
    limit: int
    category: NotRequired[str | None]
    month: NotRequired[str | None]
    starts_at: NotRequired[str | None]
    ends_at: NotRequired[str | None]
    low_percent: NotRequired[int]


class BudgetLow(TypedDict):
    """Of which budget little is left; amounts are in minor units."""

    budget: str
    currency: str
    limit: int
    left: int
    low_percent: int


class BudgetOut(TypedDict):
    """A budget. `liable` is `reserved` and `spent` together, `left` is what offers can still reserve."""

    id: str
    name: str
    currency: str
    category: str | None
    starts_at: str
    ends_at: str
    limit: MoneyOut
    reserved: MoneyOut
    spent: MoneyOut
    liable: MoneyOut
    left: MoneyOut
    low_percent: int
    low_since: str | None
    version: int
    created_at: str
    created_by: str
    changed_at: str
    changed_by: str


class BudgetPage(TypedDict):
    """Budgets."""

    has_more: bool
    next_cursor: str | None
    data: list[BudgetOut]


class BudgetWebhookBody(TypedDict):
    """What an endpoint receives of a budget."""

    type: str
    timestamp: str
    id: str
    sequence: int
    data: BudgetLow


class ChangeOut(TypedDict):
    """One change between two versions."""

    path: str
    text: str


class CompleteBody(TypedDict):
    """What came of asking."""

    outcome: Outcome
    words: NotRequired[str | None]
    rating: NotRequired[int | None]
    by: NotRequired[str | None]


class ConditionOut(TypedDict):
    """A condition that was judged, with the values it saw."""

    of: str
    answer: Literal["met", "not met", "unknown"]
    because: str | None
    text: str


class ConfirmBody(TypedDict):
    """Nothing more has to be said."""


class CounterBody(TypedDict):
    """What would make it right."""

    words: str
    kind: NotRequired[RemedyKind | None]
    amount: NotRequired[int | None]


class CustomerIn(TypedDict):
    """Who was wronged; the reference is your own, and the history is kept under it."""

    reference: str
    kind: NotRequired[CustomerKind]
    name: NotRequired[str | None]
    email: NotRequired[str | None]
    locale: NotRequired[str | None]
    tier: NotRequired[str]
    orders_count: NotRequired[int]
    customer_since: NotRequired[str | None]
    lifetime_value: NotRequired[int]
    prefers: NotRequired[RemedyKind | None]
    history: NotRequired[HistoryIn | None]


class DecisionBody(TypedDict):
    """What is added before it is decided; often nothing."""

    incident: NotRequired[IncidentPatch | None]
    order: NotRequired[KnownOrderIn | None]
    customer: NotRequired[PreviewCustomerIn | None]


class DeliveryLine(TypedDict):
    """A delivery in a list."""

    id: str
    type: str
    stream: str
    sequence: int
    status: DeliveryStatus
    attempts: int
    next_attempt_at: str | None
    created_at: str
    finished_at: str | None
    last_attempt: AttemptOut | None


class DeliveryPage(TypedDict):
    """A page of deliveries, newest first."""

    data: list[DeliveryLine]
    has_more: bool
    next_cursor: str | None


class DeliveryWhole(TypedDict):
    """A delivery with what is sent, and every attempt."""

    id: str
    type: str
    stream: str
    sequence: int
    status: DeliveryStatus
    attempts: int
    next_attempt_at: str | None
    created_at: str
    finished_at: str | None
    request: SentRequest | None
    attempts_made: list[AttemptOut]


class DifferenceOut(TypedDict):
    """One thing that would be decided otherwise; `field` is its JSON pointer in the offer."""

    field: str
    old: Any
    new: Any


class EndpointBody(TypedDict):
    """Where to, and what."""

    url: str
    description: NotRequired[str | None]
    events: NotRequired[
        list[
            Literal[
                "offer.created",
                "offer.approved",
                "offer.rejected",
                "offer.accepted",
                "offer.declined",
                "offer.countered",
                "offer.withdrawn",
                "offer.expired",
                "offer.kept",
                "offer.superseded",
                "offer.overridden",
                "offer.fulfilled",
                "remedy.fulfilled",
                "remedy.failed",
                "incident.recorded",
                "incident.changed",
                "incident.resolved",
                "incident.closed",
                "incident.reopened",
                "incident.escalated",
                "incident.erased",
                "message.added",
                "evidence.added",
                "account.added",
                "letter.written",
                "letter.sent",
                "letter.failed",
                "follow_up.planned",
                "follow_up.due",
                "follow_up.done",
                "follow_up.cancelled",
                "policy.activated",
                "budget.low",
                "webhook_endpoint.suspended",
                "webhook_endpoint.test",
                "offer.*",
                "remedy.*",
                "incident.*",
                "message.*",
                "evidence.*",
                "account.*",
                "letter.*",
                "follow_up.*",
                "policy.*",
                "budget.*",
                "webhook_endpoint.*",
            ]
        ]
    ]
    format: NotRequired[PayloadFormat]


class EndpointPatch(TypedDict):
    """What shall be different; what is left out stays."""

    url: NotRequired[str | None]
    description: NotRequired[str | None]
    events: NotRequired[
        list[
            Literal[
                "offer.created",
                "offer.approved",
                "offer.rejected",
                "offer.accepted",
                "offer.declined",
                "offer.countered",
                "offer.withdrawn",
                "offer.expired",
                "offer.kept",
                "offer.superseded",
                "offer.overridden",
                "offer.fulfilled",
                "remedy.fulfilled",
                "remedy.failed",
                "incident.recorded",
                "incident.changed",
                "incident.resolved",
                "incident.closed",
                "incident.reopened",
                "incident.escalated",
                "incident.erased",
                "message.added",
                "evidence.added",
                "account.added",
                "letter.written",
                "letter.sent",
                "letter.failed",
                "follow_up.planned",
                "follow_up.due",
                "follow_up.done",
                "follow_up.cancelled",
                "policy.activated",
                "budget.low",
                "webhook_endpoint.suspended",
                "webhook_endpoint.test",
                "offer.*",
                "remedy.*",
                "incident.*",
                "message.*",
                "evidence.*",
                "account.*",
                "letter.*",
                "follow_up.*",
                "policy.*",
                "budget.*",
                "webhook_endpoint.*",
            ]
        ]
        | None
    ]
    format: NotRequired[PayloadFormat | None]
    enabled: NotRequired[bool | None]


class EndpointSuspended(TypedDict):
    """Which endpoint is not sent to any more, and why."""

    endpoint: str
    reason: Suspension


class EndpointTested(TypedDict):
    """Which endpoint is tested."""

    endpoint: str


class EntitlementOut(TypedDict):
    """What is owed by law, contract or promise, whatever the goodwill."""

    scheme: str
    reference: str | None
    remedies: list[OwedRemedy]
    choice: str | None
    amount: MoneyOut | None
    compensatory: bool
    outputs: dict[str, Any]
    needs: list[str]
    due_by: str | None
    text: str


class EntitlementTold(TypedDict):
    """What is owed."""

    scheme: str
    reference: str | None
    choice: str | None
    amount: MoneyOut | None
    due_by: str | None
    text: str


class ErasedOut(TypedDict):
    """What was erased."""

    incidents: int


class EventOut(TypedDict):
    """Something that happened; `sequence` counts from 1. What it is about is there where it applies."""

    id: str
    sequence: int
    type: str
    occurred_at: str
    by: str | None
    offer: NotRequired[str | None]
    move: NotRequired[OfferMoveOut | None]
    message: NotRequired[MessageOut | None]
    evidence: NotRequired[EvidenceOut | None]
    account: NotRequired[AccountOut | None]
    follow_up: NotRequired[FollowUpBrief | None]
    reopening: NotRequired[ReopeningOut | None]
    changed: NotRequired[list[Literal["owner", "root_cause", "earlier", "facts"]] | None]
    clock: NotRequired[Awaited | None]


class EventReplayBody(TypedDict):
    """One event that failed or was kept aside, or all that failed."""

    event: NotRequired[str | None]


class EvidenceBody(TypedDict):
    """What shows what happened: what it is and where it is kept. Nothing is uploaded and nothing is fetched."""

    by: NotRequired[str | None]
    at: NotRequired[str | None]
    kind: EvidenceKind
    description: str
    link: NotRequired[str | None]
    sha256: NotRequired[str | None]


class EvidenceOut(TypedDict):
    """What shows what happened, and where it is kept."""

    id: str
    kind: EvidenceKind
    description: str
    link: str | None
    sha256: str | None
    by: str
    at: str
    recorded_at: str


class FactorOut(TypedDict):
    """A reason with a number. Folding the factors in their order, from 1, gives the result exactly."""

    code: str
    text: str
    operation: Operation
    value: str


class Facts(TypedDict):
    """What is added to what is known, or corrected; what is not sent stays, `null` takes it away."""

    incident: NotRequired[IncidentPatch | None]
    order: NotRequired[KnownOrderIn | None]
    customer: NotRequired[PreviewCustomerIn | None]


class FindingOut(TypedDict):
    """Something about a text: where (both count from 1), which rule, why, and what to do."""

    line: int
    column: int
    path: str
    code: str
    reason: str
    advice: str


class FixIn(TypedDict):
    """What was changed."""

    reference: str
    text: str


class FollowUpBrief(TypedDict):
    """When the customer is asked whether it is solved, and what came of it."""

    id: str
    status: FollowUpStatus
    outcome: Outcome | None
    offer: Identified
    due_at: str
    planned_at: str
    words: str | None
    rating: int | None
    by: str | None
    done_at: str | None


class FollowUpIncident(TypedDict):
    """The incident that a follow-up is about."""

    id: str
    reference: str | None


class FollowUpOut(TypedDict):
    """A follow-up, and whom it is about."""

    id: str
    status: FollowUpStatus
    outcome: Outcome | None
    offer: Identified
    due_at: str
    planned_at: str
    words: str | None
    rating: int | None
    by: str | None
    done_at: str | None
    incident: FollowUpIncident
    customer: Named
    owner: str | None


class FollowUpPage(TypedDict):
    """Follow-ups, what is due first at the top."""

    has_more: bool
    next_cursor: str | None
    data: list[FollowUpOut]


class GivenBody(TypedDict):
    """One thing to give."""

    kind: RemedyKind
    amount: NotRequired[int | None]


class GoldenComparison(TypedDict):
    """One golden case under both versions."""

    case: str
    changed: bool
    before: GoldenOutcome
    after: GoldenOutcome


class GoldenOutcome(TypedDict):
    """How a golden case ends; `refused` alone where there is no decision."""

    mode: NotRequired[Mode | None]
    band: NotRequired[Band | None]
    goodwill: NotRequired[MoneyOut | None]
    worth: NotRequired[MoneyOut | None]
    options: NotRequired[list[str] | None]
    default_option: NotRequired[str | None]
    approval: NotRequired[PolicyRole | None]
    refused: NotRequired[str | None]


class GoodwillOut(TypedDict):
    """What is fair on top. `exact` is in minor units, before floor and rounding; `amount` is what is offered."""

    exact: str
    amount: MoneyOut
    percent: str
    factors: list[FactorOut]
    refused: ReasonOut | None


class HistoryIn(TypedDict):
    """What you know of the customer's past; what the service has kept itself is added."""

    incidents: NotRequired[list[PastIncidentIn]]
    goodwill_12m: NotRequired[int]
    apologies_90d: NotRequired[int]
    soft_remedies_90d: NotRequired[dict[str, int]]
    unverified_claims_12m: NotRequired[int]


class Identified(TypedDict):
    """Something found by its id."""

    id: str


class InboundEventOut(TypedDict):
    """One thing that a source told of, and what became of it."""

    id: str
    topic: str | None
    status: InboundStatus
    reason: InboundReason | None
    incident: str | None
    offer: str | None
    erased: bool
    received_at: str
    finished_at: str | None


class InboundEventPage(TypedDict):
    """A page of events, newest first."""

    data: list[InboundEventOut]
    has_more: bool
    next_cursor: str | None


class InboundEventWhole(TypedDict):
    """An event with what was sent."""

    id: str
    topic: str | None
    status: InboundStatus
    reason: InboundReason | None
    incident: str | None
    offer: str | None
    erased: bool
    received_at: str
    finished_at: str | None
    payload: Any


class InboundReason(TypedDict):
    """Why an event could not be used or decided: the place in the mapping or in the request, and a sentence."""

    place: str | None
    code: str | None
    detail: str | None


class InboundReplayOut(TypedDict):
    """Events will be handled anew."""

    replayed: int


class InboundSourceMade(TypedDict):
    """An inbound source with a secret that was made here. A repeated request is answered without it."""

    id: str
    url: str
    name: str
    preset: str
    mapping: dict[str, Any] | None
    decide: bool
    language: str | None
    expects: dict[str, str]
    previous_secret_until: str | None
    version: int
    created_at: str
    changed_at: str
    secret: NotRequired[str | None]


class InboundSourceOut(TypedDict):
    """An inbound source. Its secret is shown when it is made here, and never again."""

    id: str
    url: str
    name: str
    preset: str
    mapping: dict[str, Any] | None
    decide: bool
    language: str | None
    expects: dict[str, str]
    previous_secret_until: str | None
    version: int
    created_at: str
    changed_at: str


class InboundSourcePage(TypedDict):
    """A page of inbound sources, newest first."""

    data: list[InboundSourceOut]
    has_more: bool
    next_cursor: str | None


class IncidentDetail(TypedDict):
    """An incident with its file: its offers, whom is asked when, and the latest of what happened, first to last."""

    id: str
    reference: str | None
    category: str
    status: IncidentStatus
    band: Band | None
    severity: str | None
    fault: Fault
    verified: bool
    group: str | None
    customer: Named
    order: Named | None
    summary: str | None
    occurred_at: str
    reported_at: str | None
    recorded_at: str
    owner: str | None
    root_cause: RootCauseOut
    earlier: str | None
    reopened: int
    escalated_at: str | None
    version: int
    offers: list[OfferBrief]
    follow_ups: list[FollowUpBrief]
    events: list[EventOut]
    has_earlier_events: bool


class IncidentEvent(TypedDict):
    """What happened to an incident; words that were written stay where they are."""

    incident: IncidentTold | None
    offer: OfferNamed | None
    change: dict[str, Any]
    shortened: NotRequired[bool]


class IncidentIn(TypedDict):
    """The trouble: its category, and what that category is measured by."""

    category: str
    reference: NotRequired[str | None]
    grade: NotRequired[str | None]
    delay_hours: NotRequired[int | str | None]
    service_level: NotRequired[ServiceLevel]
    channel: NotRequired[Channel | None]
    wait_minutes: NotRequired[int | str | None]
    fault: NotRequired[Fault]
    disposition: NotRequired[Disposition | None]
    critical_need: NotRequired[bool]
    verified: NotRequired[bool]
    group: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    reported_at: NotRequired[str | None]
    remediable: NotRequired[list[Remediable]]
    currency: NotRequired[str | None]
    summary: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any]]


class IncidentOut(TypedDict):
    """An incident as it is kept. `band` and `severity` are there once something was decided."""

    id: str
    reference: str | None
    category: str
    status: IncidentStatus
    band: Band | None
    severity: str | None
    fault: Fault
    verified: bool
    group: str | None
    customer: Named
    order: Named | None
    summary: str | None
    occurred_at: str
    reported_at: str | None
    recorded_at: str
    owner: str | None
    root_cause: RootCauseOut
    earlier: str | None
    reopened: int
    escalated_at: str | None
    version: int


class IncidentPage(TypedDict):
    """Incidents."""

    has_more: bool
    next_cursor: str | None
    data: list[IncidentOut]


class IncidentPatch(TypedDict):
    """What is added to the facts of the incident, or corrected."""

    category: NotRequired[str | None]
    reference: NotRequired[str | None]
    grade: NotRequired[str | None]
    delay_hours: NotRequired[int | str | None]
    service_level: NotRequired[ServiceLevel]
    channel: NotRequired[Channel | None]
    wait_minutes: NotRequired[int | str | None]
    fault: NotRequired[Fault]
    disposition: NotRequired[Disposition | None]
    critical_need: NotRequired[bool]
    verified: NotRequired[bool]
    group: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    reported_at: NotRequired[str | None]
    remediable: NotRequired[list[Remediable]]
    currency: NotRequired[str | None]
    summary: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any]]


class IncidentTold(TypedDict):
    """The incident of an event."""

    id: str
    reference: str | None
    category: NotRequired[str | None]
    customer: NotRequired[Named | None]
    order: NotRequired[Named | None]
    url: str


class IncidentWebhookBody(TypedDict):
    """What an endpoint receives of an incident."""

    type: str
    timestamp: str
    id: str
    sequence: int
    data: IncidentEvent


class JudgeBody(TypedDict):
    """Why, and what was read: an offer that is another one meanwhile is not judged."""

    reason: NotRequired[str | None]
    version: NotRequired[int | None]
    goodwill: NotRequired[int | None]


class KeyBody(TypedDict):
    """A key to be made; it can have no more scopes and no higher role than the key that asks for it."""

    name: str
    scopes: list[Scope]
    role: NotRequired[RoleInput]
    expires_at: NotRequired[str | None]


class KeyMade(TypedDict):
    """A new key."""

    id: str
    name: str
    role: ApiKeyRole
    scopes: list[Scope]
    status: KeyStatus
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None
    revoked_by: str | None
    replaces: str | None
    token: str | None
    overlap_until: str | None


class KeyOut(TypedDict):
    """A key, without its secret: nobody can show that again."""

    id: str
    name: str
    role: ApiKeyRole
    scopes: list[Scope]
    status: KeyStatus
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None
    revoked_by: str | None
    replaces: str | None


class KeyPage(TypedDict):
    """Keys, newest first."""

    has_more: bool
    next_cursor: str | None
    data: list[KeyOut]


class KnownOrderIn(TypedDict):
    """The order concerned, as far as it is known."""

    reference: NotRequired[str | None]
    currency: NotRequired[str | None]
    total: NotRequired[int | None]
    shipping: NotRequired[int]
    refunded: NotRequired[int]
    lines: NotRequired[list[LineIn]]
    country: NotRequired[str | None]
    placed_at: NotRequired[str | None]
    promised_at: NotRequired[str | None]
    delivered_at: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any]]


class LetterBody(TypedDict):
    """Which letter to write."""

    kind: LetterKind
    locale: NotRequired[str | None]
    by: NotRequired[str | None]
    fix: NotRequired[FixIn | None]
    subject: NotRequired[str | None]
    text: NotRequired[str | None]


class LetterOut(TypedDict):
    """The words to the customer."""

    locale: str
    subject: str
    text: str
    html: str


class LetterWhole(TypedDict):
    """A letter as it was written; its words are null once they were erased. A draft waits for a person."""

    id: str
    incident: str
    offer: str | None
    kind: LetterKind
    status: LetterStatus
    locale: str
    subject: str | None
    text: str | None
    html: str | None
    recipient: str | None
    written_at: str
    written_by: str | None


class LetterheadBody(TypedDict):
    """What stands on letters."""

    shop: str
    contact: NotRequired[str | None]
    address: NotRequired[str | None]
    texts: NotRequired[dict[str, dict[str, list[str]]]]


class LetterheadOut(TypedDict):
    """What stands on letters; version 0 where nothing was set."""

    version: int
    shop: str
    contact: str | None
    address: str | None
    texts: dict[str, dict[str, list[str]]]


class LettersOut(TypedDict):
    """All letters about an incident, first to last."""

    data: list[LetterWhole]


class LineIn(TypedDict):
    """One line of the order; the price is that of one piece."""

    reference: NotRequired[str | None]
    name: NotRequired[str | None]
    quantity: NotRequired[int]
    unit_price: int
    affected: NotRequired[bool]


class LoyaltyOut(TypedDict):
    """What the customer's history with the shop adds."""

    score: str
    factors: list[FactorOut]


class MessageBody(TypedDict):
    """Something written or said, by the customer or to them."""

    by: NotRequired[str | None]
    at: NotRequired[str | None]
    direction: Direction
    channel: MessageChannel
    words: str


class MessageOut(TypedDict):
    """What was written or said, by whom: a name, or the id of a key."""

    id: str
    direction: Direction
    channel: MessageChannel
    words: str
    by: str
    at: str
    recorded_at: str


class MoneyIn(TypedDict):
    """An amount that names its currency."""

    amount: int
    currency: str


class MoneyOut(TypedDict):
    """An amount in minor units, and as people read it."""

    amount: int
    currency: str
    display: str


class Named(TypedDict):
    """Something that the merchant has a name for."""

    reference: str


class NothingMore(TypedDict):
    """Nothing more has to be said."""


class OfferBody(TypedDict):
    """A case to decide and keep."""

    incident: IncidentIn
    order: NotRequired[OrderIn | None]
    customer: CustomerIn


class OfferBrief(TypedDict):
    """An offer of an incident; `GET /offers/{id}` answers it whole."""

    id: str
    status: OfferStatus
    decided_at: str


class OfferEvent(TypedDict):
    """What happened to an offer."""

    incident: IncidentTold | None
    offer: OfferTold
    change: dict[str, Any]
    shortened: NotRequired[bool]


class OfferIncident(TypedDict):
    """The incident an offer answers."""

    reference: str | None
    id: str


class OfferLinks(TypedDict):
    """Where an offer is found."""

    self: str
    customer: str | None


class OfferMoveOut(TypedDict):
    """What was done with an offer. `by`: the id of a key, `default` or `clock`; `version`: the offer's after it."""

    action: OfferAction
    version: int
    by: str
    at: str
    option: str | None
    reason: str | None
    words: str | None
    kind: RemedyKind | None
    amount: MoneyOut | None


class OfferNamed(TypedDict):
    """Which offer an event is about."""

    id: str
    url: str


class OfferOut(TypedDict):
    """An offer as it was decided, with its present status and what was done with it, first to last."""

    status: OfferStatus
    policy: PolicyOut
    mode: Mode
    severity: SeverityOut
    loyalty: LoyaltyOut
    entitlements: list[EntitlementOut]
    schemes: list[SchemeOut]
    goodwill: GoodwillOut
    options: list[OptionOut]
    default_option: str
    guards: list[ReasonOut]
    approval: ApprovalOut | None
    letter: LetterOut | None
    decided_at: str
    acknowledge_by: str
    respond_by: str
    carry_out_by: str
    follow_up_at: str
    expires_at: str
    id: str
    version: int
    owed_remedies: NotRequired[int | None]
    supersedes: NotRequired[str | None]
    override: NotRequired[OverrideOut | None]
    superseded_by: NotRequired[str | None]
    chosen_option: str | None
    moves: list[OfferMoveOut]
    incident: OfferIncident
    links: OfferLinks


class OfferPage(TypedDict):
    """Offers."""

    has_more: bool
    next_cursor: str | None
    data: list[OfferOut]


class OfferTold(TypedDict):
    """The offer as the event left it."""

    id: str
    url: str
    status: OfferStatus
    version: int
    policy: NotRequired[PolicyOut | None]
    currency: NotRequired[str | None]
    mode: NotRequired[Mode | None]
    default_option: NotRequired[str | None]
    decided_at: NotRequired[str | None]
    respond_by: NotRequired[str | None]
    carry_out_by: NotRequired[str | None]
    follow_up_at: NotRequired[str | None]
    expires_at: NotRequired[str | None]
    entitlements: NotRequired[list[EntitlementTold] | None]
    options: NotRequired[list[OptionTold] | None]
    chosen_option: NotRequired[str | None]
    letter: NotRequired[LetterOut | None]


class OfferWebhookBody(TypedDict):
    """What an endpoint receives of an offer."""

    type: str
    timestamp: str
    id: str
    sequence: int
    data: OfferEvent


class OptionOut(TypedDict):
    """A bundle the customer can choose. `worth` is its cash worth; `cost` is the merchant's: not for customers."""

    id: str
    remedies: list[RemedyOut]
    worth: MoneyOut
    cost: MoneyOut
    text: str


class OptionTold(TypedDict):
    """A bundle the customer can choose."""

    id: str
    remedies: list[RemedyTold]
    worth: MoneyOut
    text: str


class OrderIn(TypedDict):
    """The order concerned; its currency is said once, for all money in the request."""

    reference: NotRequired[str | None]
    currency: str
    total: int
    shipping: NotRequired[int]
    refunded: NotRequired[int]
    lines: NotRequired[list[LineIn]]
    country: NotRequired[str | None]
    placed_at: NotRequired[str | None]
    promised_at: NotRequired[str | None]
    delivered_at: NotRequired[str | None]
    attributes: NotRequired[dict[str, Any]]


class OverrideBody(TypedDict):
    """What to give on top of what is owed: so much goodwill in the forms of the policy, or these remedies."""

    reason: str
    goodwill: NotRequired[int | None]
    remedies: NotRequired[list[GivenBody] | None]


class OverrideOut(TypedDict):
    """Who gave something else than the policy said, why, and what it said. `by` is the id of a key."""

    by: str
    at: str
    reason: str
    policy: PolicySaidOut


class OwedRemedy(TypedDict):
    """A remedy that is owed or can be chosen, as its scheme names it."""

    kind: str
    amount: MoneyOut | None


class PastIncidentIn(TypedDict):
    """An earlier incident of the same customer."""

    reference: NotRequired[str | None]
    category: str
    occurred_at: str
    verified: NotRequired[bool]
    fault: NotRequired[Fault]
    recovery_failed: NotRequired[bool]


class PolicyActivated(TypedDict):
    """Which version of the policy decides, and from when on."""

    version: int
    sha256: str
    active_from: str


class PolicyBody(TypedDict):
    """A policy as its author wrote it, comments and all."""

    text: str


class PolicyCheckOut(TypedDict):
    """Whether a text can be used as a policy, and what is wrong or unwise in it."""

    usable: bool
    name: str | None
    problems: list[FindingOut]
    warnings: list[FindingOut]


class PolicyDiffOut(TypedDict):
    """What changed between two versions, in words and in the golden cases."""

    before: int
    after: int
    changes: list[ChangeOut]
    golden: list[GoldenComparison]


class PolicyOut(TypedDict):
    """The policy that decided."""

    name: str
    version: int


class PolicyPage(TypedDict):
    """Versions."""

    has_more: bool
    next_cursor: str | None
    data: list[PolicyVersionOut]


class PolicySaidOut(TypedDict):
    """What the policy said where a person gave something else."""

    status: OfferStatus
    goodwill: GoodwillOut
    options: list[OptionOut]
    default_option: str
    approval: ApprovalOut | None
    decided_at: str
    carry_out_by: str
    follow_up_at: str
    expires_at: str


class PolicyVersionOut(TypedDict):
    """One version of the policy, without its text."""

    version: int
    name: str
    status: PolicyStatus
    deciding: bool
    revision: str
    sha256: str
    created_at: str
    created_by: str
    changed_at: str
    changed_by: str
    active_from: str | None
    activated_at: str | None
    activated_by: str | None
    retired_at: str | None


class PolicyVersionWhole(TypedDict):
    """One version of the policy."""

    version: int
    name: str
    status: PolicyStatus
    deciding: bool
    revision: str
    sha256: str
    created_at: str
    created_by: str
    changed_at: str
    changed_by: str
    active_from: str | None
    activated_at: str | None
    activated_by: str | None
    retired_at: str | None
    text: str


class PolicyWebhookBody(TypedDict):
    """What an endpoint receives of a policy."""

    type: str
    timestamp: str
    id: str
    sequence: int
    data: PolicyActivated


class PreviewBody(TypedDict):
    """A case to decide without keeping it."""

    incident: IncidentIn
    order: NotRequired[OrderIn | None]
    customer: NotRequired[PreviewCustomerIn]
    decided_at: NotRequired[str | None]


class PreviewCustomerIn(TypedDict):
    """Who was wronged. A preview looks nobody up, so it needs no reference."""

    reference: NotRequired[str | None]
    kind: NotRequired[CustomerKind]
    name: NotRequired[str | None]
    email: NotRequired[str | None]
    locale: NotRequired[str | None]
    tier: NotRequired[str]
    orders_count: NotRequired[int]
    customer_since: NotRequired[str | None]
    lifetime_value: NotRequired[int]
    prefers: NotRequired[RemedyKind | None]
    history: NotRequired[HistoryIn | None]


class PreviewIncident(TypedDict):
    """The incident of a preview: not recorded, so without an id."""

    reference: str | None


class PreviewOut(TypedDict):
    """What would be offered; nothing was kept."""

    status: OfferStatus
    policy: PreviewPolicyOut
    mode: Mode
    severity: SeverityOut
    loyalty: LoyaltyOut
    entitlements: list[EntitlementOut]
    schemes: list[SchemeOut]
    goodwill: GoodwillOut
    options: list[OptionOut]
    default_option: str
    guards: list[ReasonOut]
    approval: ApprovalOut | None
    letter: LetterOut | None
    decided_at: str
    acknowledge_by: str
    respond_by: str
    carry_out_by: str
    follow_up_at: str
    expires_at: str
    incident: PreviewIncident


class PreviewPolicyOut(TypedDict):
    """The policy that would decide. `stale_since`: while the database is away, when it was last asked which one."""

    name: str
    version: int
    stale_since: NotRequired[str | None]


class Ready(TypedDict):
    """Whether requests should be sent here, and what was looked at."""

    ready: bool
    checks: dict[str, str]


class ReasonBody(TypedDict):
    """Why it is done."""

    reason: NotRequired[str | None]


class ReasonOut(TypedDict):
    """A reason: a stable code, and a sentence in the language asked for."""

    code: str
    text: str


class RecomputeOut(TypedDict):
    """The same decision again: `same`, or what differs. `reworded`: only its sentences differ, or they differ too."""

    offer: str
    policy: PolicyOut
    same: bool
    differences: list[DifferenceOut]
    reworded: bool


class RecordBody(TypedDict):
    """An incident to keep without deciding: its category and its customer, and what else is known."""

    incident: IncidentIn
    order: NotRequired[KnownOrderIn | None]
    customer: CustomerIn
    owner: NotRequired[str | None]
    root_cause: NotRequired[RootCauseIn]
    earlier: NotRequired[str | None]


class RemedyOut(TypedDict):
    """One thing given. `cost` is what it costs the merchant: not for customers."""

    kind: RemedyKind
    value: MoneyOut | None
    cost: MoneyOut
    valid_until: str | None
    status: NotRequired[RemedyStatus | None]


class RemedyTold(TypedDict):
    """One thing given."""

    kind: RemedyKind
    value: MoneyOut | None
    valid_until: str | None


class ReopenBody(TypedDict):
    """Why it was not over."""

    reason: str


class ReopeningOut(TypedDict):
    """The how-manyeth time it was opened again, and why."""

    number: int
    reason: str | None


class ReplayBody(TypedDict):
    """One delivery, or all whose attempts failed since a moment."""

    delivery: NotRequired[str | None]
    failed_since: NotRequired[str | None]


class ReplayOut(TypedDict):
    """Deliveries were put in line anew."""

    replayed: int


class RevocationBody(TypedDict):
    """Nothing more has to be said."""


class RootCauseIn(TypedDict):
    """Where it went wrong, and by what. What is not sent stays as it was, `null` takes it away."""

    stage: NotRequired[Stage | None]
    cause: NotRequired[str | None]
    product: NotRequired[str | None]
    carrier: NotRequired[str | None]


class RootCauseOut(TypedDict):
    """Where it went wrong, and by what."""

    stage: Stage | None
    cause: str | None
    product: str | None
    carrier: str | None


class SchemeOut(TypedDict):
    """What a scheme that was tried said, and why: its conditions, and its sums step by step."""

    scheme: str
    title: str
    applies: Literal["yes", "no", "needs"]
    reason: str | None
    needs: list[str]
    conditions: list[ConditionOut]
    assumed: dict[str, Any]
    steps: list[str]


class SecretBody(TypedDict):
    """Another secret, and how long the one before is good too."""

    secret: NotRequired[str | None]
    overlap_hours: NotRequired[int]


class SentRequest(TypedDict):
    """What is sent, without the signature, which is made anew for each attempt."""

    url: str
    headers: dict[str, str]
    body: str


class SeverityOut(TypedDict):
    """How bad it was."""

    score: str
    band: Band
    factors: list[FactorOut]


class SignalBody(TypedDict):
    """A signal, and whom it concerns."""

    signal: SignalIn
    order: NotRequired[OrderIn | None]
    customer: CustomerIn


class SignalIn(TypedDict):
    """What was noticed. The id is your own: the same signal again has no further effect."""

    id: str
    kind: SignalKind
    value: int | str
    channel: NotRequired[Channel | None]
    currency: NotRequired[str | None]
    occurred_at: NotRequired[str | None]
    summary: NotRequired[str | None]


class SignalOut(TypedDict):
    """What a signal led to."""

    signal: str
    outcome: Literal["offered", "ignored"]
    offer: OfferOut | None


class SourceBody(TypedDict):
    """A system that may tell of trouble."""

    name: str
    preset: str
    mapping: NotRequired[dict[str, Any] | None]
    decide: NotRequired[bool]
    language: NotRequired[Literal["en", "ru", "bg", "fa"] | None]
    expects: NotRequired[dict[str, str]]
    secret: NotRequired[str | None]


class SourcePatch(TypedDict):
    """What shall be different; what is left out stays, `null` takes it away."""

    name: NotRequired[str | None]
    mapping: NotRequired[dict[str, Any] | None]
    decide: NotRequired[bool | None]
    language: NotRequired[Literal["en", "ru", "bg", "fa"] | None]
    expects: NotRequired[dict[str, str] | None]


class SuspensionWebhookBody(TypedDict):
    """What an endpoint receives of another one."""

    type: str
    timestamp: str
    id: str
    sequence: int
    data: EndpointSuspended


class TestOut(TypedDict):
    """A test was put in line."""

    delivery: str


class TimelinePage(TypedDict):
    """What happened to an incident, the latest first."""

    has_more: bool
    next_cursor: str | None
    data: list[EventOut]


class TrialWebhookBody(TypedDict):
    """What an endpoint receives when it is tested."""

    type: str
    timestamp: str
    id: str
    sequence: int
    data: EndpointTested


class WebhookEndpointMade(TypedDict):
    """A webhook endpoint with its new secret. A repeated request is answered without it."""

    id: str
    url: str
    description: str | None
    events: list[str]
    format: PayloadFormat
    status: EndpointStatus
    suspended_for: Suspension | None
    failing_since: str | None
    previous_secret_until: str | None
    version: int
    created_at: str
    changed_at: str
    secret: NotRequired[str | None]


class WebhookEndpointOut(TypedDict):
    """A webhook endpoint. Its secret is shown when it is made, and never again."""

    id: str
    url: str
    description: str | None
    events: list[str]
    format: PayloadFormat
    status: EndpointStatus
    suspended_for: Suspension | None
    failing_since: str | None
    previous_secret_until: str | None
    version: int
    created_at: str
    changed_at: str


class WebhookEndpointPage(TypedDict):
    """A page of webhook endpoints, newest first."""

    data: list[WebhookEndpointOut]
    has_more: bool
    next_cursor: str | None


class ApiKeysRotationBody(TypedDict):
    """How one key takes another one's place."""

    overlap_seconds: NotRequired[int]
    expires_at: NotRequired[str | None]


class BudgetsChangeBody(TypedDict):
    """What to change; what is left out stays."""

    name: NotRequired[str | None]
    limit: NotRequired[int | None]
    ends_at: NotRequired[str | None]
    low_percent: NotRequired[int | None]


class IncidentRequestChangeBody(TypedDict):
    """What is to be changed; what is not sent stays as it was, `null` takes it away."""

    owner: NotRequired[str | None]
    root_cause: NotRequired[RootCauseIn | None]
    earlier: NotRequired[str | None]
    facts: NotRequired[Facts | None]
    status: NotRequired[Literal["resolved", "closed"] | None]


class WebhookEndpointsRotationBody(TypedDict):
    """How long both secrets sign."""

    overlap_hours: NotRequired[int]


class FieldErrorOut(TypedDict):
    """One thing that is wrong in a request."""

    pointer: str
    code: str
    detail: str


class ProblemOut(TypedDict):
    """A problem document (RFC 9457). Branch on `code`, show people `detail`, tell us `trace_id`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldErrorOut]
    trace_id: str
