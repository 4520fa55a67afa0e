"""What is sent to webhook endpoints, for the description of the interface; it is sent by the worker."""

from fastapi import APIRouter

from compensation_service.api.webhook_answers import WebhookBody
from compensation_service.domain.delivery import TYPES

router = APIRouter()


def _describe(kind: str, name: str) -> None:
    async def told(body: WebhookBody) -> None:
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
