"""Incidents, offers and what goes with them, made up by number for tests of the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from compensation_service.decision.facts import Fault, RemedyKind
from compensation_service.decision.policy import Band, Mode
from compensation_service.domain.account import Account
from compensation_service.domain.api_key import ApiKey, Role, Scope
from compensation_service.domain.budget import Budget, BudgetEntry, EntryKind
from compensation_service.domain.checkpoint import NONE_BEFORE, Checkpoint, root_of
from compensation_service.domain.delivery import Attempt, Notice, NoticeType
from compensation_service.domain.event import START, Event, EventType, Link, following
from compensation_service.domain.evidence import Evidence, EvidenceKind
from compensation_service.domain.follow_up import FollowUp, FollowUpStatus
from compensation_service.domain.inbound_event import InboundEvent, InboundStatus
from compensation_service.domain.inbound_source import InboundSource
from compensation_service.domain.incident import Incident, IncidentStatus, Reopening
from compensation_service.domain.letter import Letter, LetterKind, LetterStatus
from compensation_service.domain.message import Direction, Message, MessageChannel
from compensation_service.domain.offer import Offer, OfferStatus
from compensation_service.domain.policy_version import PolicyStatus, PolicyVersion, digest
from compensation_service.domain.remedy import Option, Remedy
from compensation_service.domain.webhook_endpoint import EndpointStatus, PayloadFormat, WebhookEndpoint
from compensation_service.store.answers import StoredAnswer
from compensation_service.store.offers import NewOffer
from compensation_service.store.unit_of_work import UnitOfWork

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MERCHANT = "acme"

INCIDENT = Incident(
    id="inc_0000000",
    merchant_id=MERCHANT,
    reference="ZD-0",
    category="late_delivery",
    status=IncidentStatus.OFFERED,
    band=Band.MODERATE,
    severity="0.374",
    fault=Fault.COMPANY,
    verified=True,
    group=None,
    customer_reference="customer-0",
    order_reference="order-0",
    currency="EUR",
    affected_minor=8990,
    summary="Came three days late.",
    occurred_at=NOON - timedelta(days=1),
    reported_at=None,
    recorded_at=NOON,
)

OFFER = Offer(
    id="off_0000000",
    merchant_id=MERCHANT,
    incident_id=INCIDENT.id,
    status=OfferStatus.OPEN,
    version=1,
    policy_name="default",
    policy_version=1,
    mode=Mode.KEPT,
    currency="EUR",
    goodwill_minor=1450,
    entitlement_minor=0,
    worth_minor=1450,
    approval_role=None,
    decided_at=NOON,
    respond_by=NOON + timedelta(hours=24),
    expires_at=NOON + timedelta(days=14),
    follow_up_at=NOON + timedelta(days=7),
    default_option="opt_1",
    language="en",
    document='{"mode":"kept","carry_out_by":"2026-03-03T12:00:00Z"}',
    facts="{}",
)

OPTION = Option(
    "opt_1",
    1450,
    1100,
    (
        Remedy(RemedyKind.STORE_CREDIT, 1668, 1100, NOON + timedelta(days=365)),
        Remedy(RemedyKind.APOLOGY, None, 0),
    ),
)


def incident(number: int, merchant: str = MERCHANT, **changes: object) -> Incident:
    made = replace(
        INCIDENT,
        id=f"inc_{number:07}",
        merchant_id=merchant,
        reference=f"ZD-{number}",
        customer_reference=f"customer-{number}",
        order_reference=f"order-{number}",
    )
    return replace(made, **changes)


def offer(number: int, merchant: str = MERCHANT, **changes: object) -> NewOffer:
    made = replace(OFFER, id=f"off_{number:07}", merchant_id=merchant, incident_id=f"inc_{number:07}")
    return NewOffer(replace(made, **changes), (OPTION,))


def papers(number: int) -> list[Message | Evidence | Account]:
    """One of each kind in the file of an incident."""
    of = f"inc_{number:07}"
    return [
        Message(f"msg_{number:07}", of, Direction.IN, MessageChannel.EMAIL, "It came late.", "them", NOON, NOON),
        Evidence(f"evd_{number:07}", of, EvidenceKind.PHOTO, "The box.", None, None, "us", NOON, NOON),
        Account(f"acc_{number:07}", of, "Asked the carrier.", "us", NOON, NOON),
    ]


def reopening(number: int) -> Reopening:
    return Reopening(f"inc_{number:07}", 1, "Not over.", "abcdefgh2345", NOON)


def follow_up(number: int, merchant: str = MERCHANT, **changes: object) -> FollowUp:
    made = FollowUp(
        id=f"fup_{number:07}",
        merchant_id=merchant,
        incident_id=f"inc_{number:07}",
        offer_id=f"off_{number:07}",
        status=FollowUpStatus.PLANNED,
        due_at=NOON + timedelta(days=7),
        planned_at=NOON,
    )
    return replace(made, **changes)


def event(number: int, merchant: str = MERCHANT, last: Link = START) -> Event:
    """The event that comes after the last one of an incident."""
    incident_id, event_id = f"inc_{number:07}", f"evt_{number:07}_{last.sequence + 1}"
    return following(last, merchant, incident_id, EventType.OFFER_CREATED, event_id, NOON, "{}")


def checkpoint(number: int = 1, **changes: object) -> Checkpoint:
    """A checkpoint over nothing, which nobody signed."""
    return replace(Checkpoint(number, NOON, NONE_BEFORE, 0, 0, 0, root_of([]), "", "", ""), **changes)


def answer(number: int) -> StoredAnswer:
    return StoredAnswer("/offers", f"key-{number}", "f" * 64, 201, b'{"mode":"kept"}', f"off_{number:07}", NOON)


def api_key(key_id: str = "abcdefgh2345", merchant: str = MERCHANT, **changes: object) -> ApiKey:
    made = ApiKey(key_id, merchant, "backend", Role.SERVICE, frozenset({Scope.OFFERS_WRITE}), "0" * 64, NOON)
    return replace(made, **changes)


def policy(version: int = 1, merchant: str = MERCHANT, text: str = "name: mine", **changes: object) -> PolicyVersion:
    """A draft; its text is only text."""
    made = PolicyVersion(merchant, version, "mine", PolicyStatus.DRAFT, digest(text), NOON, "author", NOON, "author")
    return replace(made, **changes)


def active_policy(version: int = 1, merchant: str = MERCHANT, **changes: object) -> PolicyVersion:
    active = {"active_from": NOON, "activated_at": NOON, "activated_by": "second", "status": PolicyStatus.ACTIVE}
    return policy(version, merchant, **{**active, **changes})


def budget(number: int = 1, merchant: str = MERCHANT, **changes: object) -> Budget:
    """1,000.00 EUR for March 2026."""
    made = Budget(
        id=f"bud_{number:07}",
        merchant_id=merchant,
        name="March",
        currency="EUR",
        category=None,
        starts_at=datetime(2026, 3, 1, tzinfo=UTC),
        ends_at=datetime(2026, 4, 1, tzinfo=UTC),
        limit_minor=100_000,
        low_percent=10,
        created_at=NOON,
        created_by="author",
        changed_at=NOON,
        changed_by="author",
    )
    return replace(made, **changes)


def budget_entry(number: int, kind: EntryKind = EntryKind.RESERVE, amount: int = 1450, of: int = 1) -> BudgetEntry:
    return BudgetEntry(f"bud_{of:07}", f"off_{number:07}", kind, amount, NOON)


def store_offers(unit: UnitOfWork, *numbers: int) -> None:
    """Write everything that belongs to an offer, for each number."""
    merchant = unit.merchant_id
    unit.incidents.add([incident(number, merchant) for number in numbers])
    unit.offers.add([offer(number, merchant) for number in numbers])
    unit.events.add([event(number, merchant) for number in numbers])


def webhook_endpoint(number: int = 1, merchant: str = MERCHANT, **changes: object) -> WebhookEndpoint:
    """An endpoint that wants everything; its secret is only text."""
    made = WebhookEndpoint(
        id=f"whe_{number:07}",
        merchant_id=merchant,
        url="https://hooks.example.com/",
        description=None,
        wants="",
        format=PayloadFormat.STANDARD,
        status=EndpointStatus.ENABLED,
        suspended_for=None,
        secret="sealed",
        previous_secret=None,
        previous_until=None,
        failures=0,
        failing_since=None,
        version=1,
        created_at=NOON,
        changed_at=NOON,
    )
    return replace(made, **changes)


def notice(number: int, kind: NoticeType = NoticeType.BUDGET_LOW) -> Notice:
    return Notice(f"evt_n{number:07}", kind, NOON, "{}")


def attempt(message_id: str, token: int = 1, endpoint: int = 1, **changes: object) -> Attempt:
    made = Attempt(f"whe_{endpoint:07}", message_id, token, NOON, 12, 500, None, "No.")
    return replace(made, **changes)


def letter(number: int = 1, merchant: str = MERCHANT, **changes: object) -> Letter:
    made = Letter(
        id=f"ltr_{number:07}",
        merchant_id=merchant,
        incident_id=f"inc_{number:07}",
        offer_id=f"off_{number:07}",
        customer_reference="C-1",
        kind=LetterKind.APOLOGY,
        locale="en",
        variant=0,
        status=LetterStatus.READY,
        recipient="maria@example.com",
        subject="About your case",
        text="Dear Maria",
        html="<p>Dear Maria</p>",
        written_at=NOON,
        written_by=None,
    )
    return replace(made, **changes)


def inbound_source(number: int = 1, merchant: str = MERCHANT) -> InboundSource:
    return InboundSource(
        id=f"src_{merchant}{number:07}",
        merchant_id=merchant,
        name="Help desk",
        preset="zendesk",
        mapping=None,
        decide=False,
        language=None,
        expects="{}",
        secret="sealed",
        previous_secret=None,
        previous_until=None,
        version=1,
        created_at=NOON,
        changed_at=NOON,
    )


def inbound_event(number: int = 1, merchant: str = MERCHANT) -> InboundEvent:
    return InboundEvent(
        id=f"ine_{number:07}",
        source_id=f"src_{merchant}{1:07}",
        key=f"{number:064}",
        topic=None,
        status=InboundStatus.PENDING,
        whole=False,
        payload="{}",
        place=None,
        code=None,
        reason=None,
        incident_id=None,
        offer_id=None,
        customer_reference=None,
        tries=0,
        next_at=NOON,
        received_at=NOON,
        finished_at=None,
    )
