"""What is sent to webhook endpoints, for the description of the interface; it is sent by the worker."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from compensation_service.api.webhook_answers import (
    BudgetWebhookBody,
    IncidentWebhookBody,
    OfferWebhookBody,
    PolicyWebhookBody,
    SuspensionWebhookBody,
    TrialWebhookBody,
    WebhookBody,
)
from compensation_service.domain.delivery import TYPES, NoticeType
from compensation_service.services.webhook_payloads import ABOUT_OFFERS

NOTICES: Mapping[str, type[WebhookBody[Any]]] = {
    NoticeType.POLICY_ACTIVATED: PolicyWebhookBody,
    NoticeType.BUDGET_LOW: BudgetWebhookBody,
    NoticeType.ENDPOINT_SUSPENDED: SuspensionWebhookBody,
    NoticeType.ENDPOINT_TEST: TrialWebhookBody,
}

router = APIRouter()


def shape_of(kind: str) -> type[WebhookBody[Any]]:
    """The shape of the body that tells of this type."""
    return NOTICES.get(kind, OfferWebhookBody if kind.startswith(ABOUT_OFFERS) else IncidentWebhookBody)


def _describe(kind: str, name: str) -> None:
    shape = shape_of(kind)

    async def told(body: shape) -> None:  # type: ignore[valid-type] # for the description of the interface alone
        """Sent with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks."""

    router.post(
        kind,
        operation_id=f"on{name.title().replace('_', '')}",
        summary=name.replace("_", " ").capitalize(),
        response_description="Any 2xx within 15 seconds: it was taken.",
        tags=["webhooks"],
    )(told)


for _type in TYPES:
    _describe(_type, _type.name)
