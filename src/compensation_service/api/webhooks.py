"""What is sent to webhook endpoints, for the description of the interface; it is sent by the worker."""

from fastapi import APIRouter

from compensation_service.api.webhook_answers import OfferWebhookBody, WebhookBody
from compensation_service.domain.delivery import TYPES
from compensation_service.services.webhook_payloads import ABOUT_OFFERS

router = APIRouter()


def _describe(kind: str, name: str) -> None:
    shape = OfferWebhookBody if kind.startswith(ABOUT_OFFERS) else WebhookBody

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
