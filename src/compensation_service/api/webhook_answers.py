"""The shapes of what is answered about webhooks, and of what is sent."""

from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from compensation_service.api.answers import Answer, LetterOut, Moment, MoneyOut, Named, PolicyOut
from compensation_service.decision.facts import RemedyKind
from compensation_service.decision.policy import Mode
from compensation_service.domain.delivery import DeliveryStatus
from compensation_service.domain.offer import OfferStatus
from compensation_service.domain.webhook_endpoint import EndpointStatus, PayloadFormat, Suspension


class WebhookEndpointOut(Answer):
    """A webhook endpoint. Its secret is shown when it is made, and never again."""

    id: str
    url: str
    description: str | None
    events: Annotated[list[str], Field(description="Types and families such as `offer.*`; none means all.")]
    format: PayloadFormat
    status: EndpointStatus
    suspended_for: Annotated[Suspension | None, Field(description="Why it was given up, while it is suspended.")]
    failing_since: Annotated[Moment | None, Field(description="The first failure since the last success.")]
    previous_secret_until: Annotated[Moment | None, Field(description="Until when the secret before signs too.")]
    version: int
    created_at: Moment
    changed_at: Moment


class WebhookEndpointMade(WebhookEndpointOut):
    """A webhook endpoint with its new secret. A repeated request is answered without it."""

    secret: Annotated[str | None, Field(description="`whsec_…`: keep it, it is not shown again.")] = None


class WebhookEndpointPage(Answer):
    """A page of webhook endpoints, newest first."""

    data: list[WebhookEndpointOut]
    has_more: bool
    next_cursor: str | None


class AttemptOut(Answer):
    """One attempt: a status code, or the word of what went wrong instead, and the beginning of the answer."""

    number: int
    at: Moment
    duration_ms: int
    status_code: int | None
    error: str | None
    answer: Annotated[str, Field(description="What the receiver answered: show it as text, it is not ours.")]


class DeliveryOut(Answer):
    """One event on its way to one endpoint. `id` is the event's, which the receiver sees as `webhook-id`."""

    id: str
    type: str
    stream: Annotated[str, Field(description="The incident; the events of a stream arrive in order.")]
    sequence: int
    status: DeliveryStatus
    attempts: int
    next_attempt_at: Moment | None
    created_at: Moment
    finished_at: Moment | None


class DeliveryLine(DeliveryOut):
    """A delivery in a list."""

    last_attempt: AttemptOut | None


class DeliveryPage(Answer):
    """A page of deliveries, newest first."""

    data: list[DeliveryLine]
    has_more: bool
    next_cursor: str | None


class SentRequest(Answer):
    """What is sent, without the signature, which is made anew for each attempt."""

    url: str
    headers: dict[str, str]
    body: str


class DeliveryWhole(DeliveryOut):
    """A delivery with what is sent, and every attempt."""

    request: SentRequest | None
    attempts_made: list[AttemptOut]


class TestOut(Answer):
    """A test was put in line."""

    delivery: Annotated[str, Field(description="Its id among the deliveries.")]


class ReplayOut(Answer):
    """Deliveries were put in line anew."""

    replayed: int


class IncidentTold(Answer):
    """The incident of an event."""

    id: str
    reference: str | None
    category: str | None = None
    customer: Named | None = None
    order: Named | None = None
    url: str


class EntitlementTold(Answer):
    """What is owed."""

    scheme: str
    reference: str | None
    choice: str | None
    amount: MoneyOut | None
    due_by: date | None
    text: str


class RemedyTold(Answer):
    """One thing given."""

    kind: RemedyKind
    value: MoneyOut | None
    valid_until: Moment | None


class OptionTold(Answer):
    """A bundle the customer can choose."""

    id: str
    remedies: list[RemedyTold]
    worth: MoneyOut
    text: str


class OfferTold(Answer):
    """The offer as the event left it."""

    id: str
    url: str
    status: OfferStatus
    version: int
    policy: PolicyOut | None = None
    currency: str | None = None
    mode: Mode | None = None
    default_option: str | None = None
    decided_at: Moment | None = None
    respond_by: Moment | None = None
    carry_out_by: Moment | None = None
    follow_up_at: Moment | None = None
    expires_at: Moment | None = None
    entitlements: list[EntitlementTold] | None = None
    options: list[OptionTold] | None = None
    chosen_option: str | None = None
    letter: Annotated[
        LetterOut | None,
        Field(
            description="For the customer, with the link to their page: in the event with which they hear of the offer "
            "(`offer.created`, `offer.approved`, `offer.overridden`), as long as it can be taken. Null otherwise, and "
            "where a person has to write it."
        ),
    ] = None


class OfferNamed(Answer):
    """Which offer an event is about."""

    id: str
    url: str


class IncidentEvent(Answer):
    """What happened to an incident; words that were written stay where they are."""

    incident: IncidentTold | None
    offer: OfferNamed | None
    change: Annotated[dict[str, Any], Field(description="Which thing it was about, and what became of it.")]
    shortened: Annotated[bool, Field(description="Names alone: all of it would have been over 20 kB.")] = False


class OfferEvent(Answer):
    """What happened to an offer."""

    incident: IncidentTold | None
    offer: OfferTold
    change: Annotated[dict[str, Any], Field(description="Which thing it was about, and what became of it.")]
    shortened: Annotated[
        bool, Field(description="Names alone, and the letter if it fits: all of it would have been over 20 kB.")
    ] = False


class PolicyActivated(Answer):
    """Which version of the policy decides, and from when on."""

    version: int
    sha256: str
    active_from: Moment


class BudgetLow(Answer):
    """Of which budget little is left; amounts are in minor units."""

    budget: str
    currency: str
    limit: int
    left: int
    low_percent: int


class EndpointSuspended(Answer):
    """Which endpoint is not sent to any more, and why."""

    endpoint: str
    reason: Suspension


class EndpointTested(Answer):
    """Which endpoint is tested."""

    endpoint: str


Data = TypeVar("Data", bound=Answer)


class WebhookBody(Answer, Generic[Data]):
    """What an endpoint receives; in the format `cloudevents` the same data in the envelope of CloudEvents 1.0."""

    type: str
    timestamp: Moment
    id: Annotated[str, Field(description="The same as the header `webhook-id`, and the same at every attempt.")]
    sequence: Annotated[int, Field(description="Counts 1, 2, 3 … within an incident.")]
    data: Data


class IncidentWebhookBody(WebhookBody[IncidentEvent]):
    """What an endpoint receives of an incident."""


class OfferWebhookBody(WebhookBody[OfferEvent]):
    """What an endpoint receives of an offer."""


class PolicyWebhookBody(WebhookBody[PolicyActivated]):
    """What an endpoint receives of a policy."""


class BudgetWebhookBody(WebhookBody[BudgetLow]):
    """What an endpoint receives of a budget."""


class SuspensionWebhookBody(WebhookBody[EndpointSuspended]):
    """What an endpoint receives of another one."""


class TrialWebhookBody(WebhookBody[EndpointTested]):
    """What an endpoint receives when it is tested."""
