"""The shapes of what is answered about incidents and follow-ups.

As in `answers`, they describe the interface and are held against it by tests; nothing is built from them.
"""

from typing import Annotated, Literal

from pydantic import Field

from compensation_service.api.answers import Answer, DecimalString, Moment, Named, OfferMoveOut, PageOut
from compensation_service.decision.facts import Fault
from compensation_service.decision.policy import Band
from compensation_service.domain.evidence import EvidenceKind
from compensation_service.domain.follow_up import FollowUpStatus, Outcome
from compensation_service.domain.incident import Awaited, IncidentStatus, Stage
from compensation_service.domain.message import Direction, MessageChannel
from compensation_service.domain.offer import OfferStatus


class RootCauseOut(Answer):
    """Where it went wrong, and by what."""

    stage: Stage | None
    cause: str | None
    product: str | None
    carrier: str | None


class IncidentOut(Answer):
    """An incident as it is kept. `band` and `severity` are there once something was decided."""

    id: str
    reference: str | None
    category: str
    status: IncidentStatus
    band: Band | None
    severity: DecimalString | None
    fault: Fault
    verified: bool
    group: str | None
    customer: Named
    order: Named | None
    summary: str | None
    occurred_at: Moment
    reported_at: Moment | None
    recorded_at: Moment
    owner: str | None
    root_cause: RootCauseOut
    earlier: Annotated[str | None, Field(description="The id of the incident that this one follows.")]
    reopened: Annotated[int, Field(description="How often it was not over.")]
    escalated_at: Annotated[
        Moment | None, Field(description="When it was told of as `incident.escalated` last: it is late, or failed.")
    ]
    version: int


class MessageOut(Answer):
    """What was written or said, by whom: a name, or the id of a key."""

    id: str
    direction: Direction
    channel: MessageChannel
    words: str
    by: str
    at: Moment
    recorded_at: Moment


class EvidenceOut(Answer):
    """What shows what happened, and where it is kept."""

    id: str
    kind: EvidenceKind
    description: str
    link: str | None
    sha256: str | None
    by: str
    at: Moment
    recorded_at: Moment


class AccountOut(Answer):
    """What was done, and by whom."""

    id: str
    words: str
    by: str
    at: Moment
    recorded_at: Moment


class Identified(Answer):
    """Something found by its id."""

    id: str


class FollowUpBrief(Answer):
    """When the customer is asked whether it is solved, and what came of it."""

    id: str
    status: FollowUpStatus
    outcome: Outcome | None
    offer: Identified
    due_at: Moment
    planned_at: Moment
    words: str | None
    rating: int | None
    by: Annotated[str | None, Field(description="Who asked: a name, or the id of a key.")]
    done_at: Moment | None


class FollowUpIncident(Answer):
    """The incident that a follow-up is about."""

    id: str
    reference: str | None


class FollowUpOut(FollowUpBrief):
    """A follow-up, and whom it is about."""

    incident: FollowUpIncident
    customer: Named
    owner: Annotated[str | None, Field(description="Who answers for the incident.")]


class ReopeningOut(Answer):
    """The how-manyeth time it was opened again, and why."""

    number: int
    reason: str | None


class EventOut(Answer):
    """Something that happened; `sequence` counts from 1. What it is about is there where it applies."""

    id: str
    sequence: int
    type: str
    occurred_at: Moment
    by: Annotated[str | None, Field(description="The id of a key, `default` or `clock`.")]
    offer: Annotated[str | None, Field(description="The id of the offer.")] = None
    move: OfferMoveOut | None = None
    message: MessageOut | None = None
    evidence: EvidenceOut | None = None
    account: AccountOut | None = None
    follow_up: FollowUpBrief | None = None
    reopening: ReopeningOut | None = None
    changed: list[Literal["owner", "root_cause", "earlier", "facts"]] | None = None
    clock: Annotated[Awaited | None, Field(description="What was awaited in vain.")] = None


class OfferBrief(Answer):
    """An offer of an incident; `GET /offers/{id}` answers it whole."""

    id: str
    status: OfferStatus
    decided_at: Moment


class IncidentDetail(IncidentOut):
    """An incident with its file: its offers, whom is asked when, and the latest of what happened, first to last."""

    offers: list[OfferBrief]
    follow_ups: list[FollowUpBrief]
    events: list[EventOut]
    has_earlier_events: Annotated[bool, Field(description="Whether the timeline holds more than this.")]


class IncidentPage(PageOut):
    """Incidents."""

    data: list[IncidentOut]


class TimelinePage(PageOut):
    """What happened to an incident, the latest first."""

    data: list[EventOut]


class FollowUpPage(PageOut):
    """Follow-ups, what is due first at the top."""

    data: list[FollowUpOut]
