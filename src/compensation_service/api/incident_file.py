"""`/incidents/{incident_id}/messages` and so on: what goes into the file of an incident and stays there."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field, StringConstraints
from starlette.responses import Response

from compensation_service.api import idempotency
from compensation_service.api.fields import INVISIBLE, Identifier, Moment, Name, Strict, Summary
from compensation_service.api.in_time import written_in_time
from compensation_service.api.incident_answers import AccountOut, EvidenceOut, MessageOut
from compensation_service.api.offer_request import WORD
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.account import Account
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.evidence import Evidence, EvidenceKind
from compensation_service.domain.message import Direction, Message, MessageChannel
from compensation_service.services.incident_file import Writing
from compensation_service.store.incident_file import Paper

router = APIRouter(route_class=GuardedRoute, tags=["incidents"])
IncidentId = Annotated[Identifier, Path()]
Link = Annotated[str, StringConstraints(max_length=2000, pattern=f"^https?://[^{INVISIBLE}]+$")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
_KEY = idempotency.header("Needed: without it a repetition could not be told from a second one.", required=True)


class PaperBody(Strict):
    """Who wrote it, and when."""

    by: Annotated[Name | None, Field(description="Who wrote it; otherwise the id of the key.")] = None
    at: Annotated[Moment | None, Field(description="When; otherwise now.")] = None

    def signed(self, key_id: str, now: datetime) -> dict[str, Any]:
        """By whom and when it was written, and when it came here."""
        return {"by": self.by or key_id, "at": self.at or now, "recorded_at": now}


class MessageBody(PaperBody):
    """Something written or said, by the customer or to them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"direction": "in", "channel": "email", "words": "The lid is cracked.", "by": "The customer"}]
        }
    )

    direction: Annotated[Direction, WORD]
    channel: Annotated[MessageChannel, WORD]
    words: Summary


class EvidenceBody(PaperBody):
    """What shows what happened: what it is and where it is kept. Nothing is uploaded and nothing is fetched."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "photo", "description": "The lid from above.", "link": "https://files.example/9/lid.jpg"}
            ]
        }
    )

    kind: Annotated[EvidenceKind, WORD]
    description: Summary
    link: Annotated[Link | None, Field(description="Where it is kept.")] = None
    sha256: Annotated[
        Sha256 | None,
        Field(description="SHA-256 of its content, in lower-case hexadecimal, so that it is known again."),
    ] = None


class AccountBody(PaperBody):
    """What was done about it, and by whom. The customer may read it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"words": "Called the carrier and had the parcel traced.", "by": "Elena"}]}
    )

    words: Summary


@router.post(
    "/incidents/{incident_id}/messages",
    operation_id="addMessage",
    status_code=201,
    response_model=MessageOut,
    openapi_extra={"parameters": [_KEY]},
)
async def add_message(request: Request, incident_id: IncidentId, body: MessageBody) -> Response:
    """Keep a message between the customer and the shop."""

    def write(message_id: str, key_id: str, now: datetime) -> Message:
        signed = body.signed(key_id, now)
        return Message(message_id, incident_id, body.direction, body.channel, body.words, **signed)

    return await _add(request, incident_id, Message, write)


@router.post(
    "/incidents/{incident_id}/evidence",
    operation_id="addEvidence",
    status_code=201,
    response_model=EvidenceOut,
    openapi_extra={"parameters": [_KEY]},
)
async def add_evidence(request: Request, incident_id: IncidentId, body: EvidenceBody) -> Response:
    """Keep where a receipt, a picture or another proof is found."""

    def write(evidence_id: str, key_id: str, now: datetime) -> Evidence:
        signed = body.signed(key_id, now)
        return Evidence(evidence_id, incident_id, body.kind, body.description, body.link, body.sha256, **signed)

    return await _add(request, incident_id, Evidence, write)


@router.post(
    "/incidents/{incident_id}/account",
    operation_id="addAccount",
    status_code=201,
    response_model=AccountOut,
    openapi_extra={"parameters": [_KEY]},
)
async def add_account(request: Request, incident_id: IncidentId, body: AccountBody) -> Response:
    """Write down what was done about it."""

    def write(account_id: str, key_id: str, now: datetime) -> Account:
        return Account(account_id, incident_id, body.words, **body.signed(key_id, now))

    return await _add(request, incident_id, Account, write)


async def _add(request: Request, incident_id: str, kind: type[Paper], write: Writing) -> Response:
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, request.scope["path"])
    if repeatable is None:
        raise Problem("idempotency_key_missing")
    answer = await written_in_time(
        services_of(request).file.add, key.merchant_id, incident_id, kind, write, key.id, repeatable
    )
    return idempotency.answered(answer)
