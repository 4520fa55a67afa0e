"""`/incidents/{incident_id}/letters`: what was said to the customer, and letters that a person asks for or writes."""

from datetime import date
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from compensation_service.api import idempotency
from compensation_service.api.answers import Answer as AnswerOut
from compensation_service.api.fields import Identifier, Locale, Moment, Strict
from compensation_service.api.in_time import in_time, written_in_time
from compensation_service.api.offers import JSON
from compensation_service.api.problems import Problem
from compensation_service.api.routes import GuardedRoute, services_of
from compensation_service.domain.api_key import ApiKey
from compensation_service.domain.letter import LetterKind, LetterStatus
from compensation_service.letters.checker import SUBJECT_MOST, TEXT_MOST
from compensation_service.letters.matter import Fix
from compensation_service.services.letter_desk import AskedLetter

PATH: Final = "/incidents"
FIX_MOST: Final = 300

router = APIRouter(route_class=GuardedRoute, tags=["letters"])
IncidentId = Annotated[Identifier, Path()]


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise PydanticCustomError("day_expected", "A day such as 2026-03-05 is expected.") from error


Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Line = Annotated[str, Field(min_length=1, max_length=FIX_MOST, pattern=r"^[^\r\n]+$")]


class FixIn(Strict):
    """What was changed."""

    reference: Annotated[Identifier, Field(description="Under which the change can be found again.")]
    text: Annotated[Line, Field(description="One sentence in the customer's language.")]


class LetterBody(Strict):
    """Which letter to write."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "acknowledgement", "by": "2026-03-06"},
                {"kind": "what_we_changed", "fix": {"reference": "CA-12", "text": "parcels are now weighed twice."}},
            ]
        }
    )

    kind: Annotated[LetterKind, Field(strict=False)]
    locale: Annotated[Locale | None, Field(description="Otherwise the customer's own.")] = None
    by: Annotated[
        Day | None, Field(description="The day by which there will be an answer; otherwise as the offer says.")
    ] = None
    fix: Annotated[FixIn | None, Field(description="What was changed; `what_we_changed` needs it.")] = None
    subject: Annotated[str | None, Field(min_length=1, max_length=SUBJECT_MOST, pattern=r"^[^\r\n]+$")] = None
    text: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=TEXT_MOST,
            description="A person's own words, in place of a draft. They are held to the same rules.",
        ),
    ] = None

    def asked(self) -> AskedLetter:
        """Hand over what is asked for."""
        fix = Fix(self.fix.reference, self.fix.text) if self.fix else None
        return AskedLetter(self.kind, self.locale, self.by, fix, self.subject, self.text)


class LetterWhole(AnswerOut):
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
    written_at: Moment
    written_by: Annotated[str | None, Field(description="The id of a key; null for the service itself.")]


class LettersOut(AnswerOut):
    """All letters about an incident, first to last."""

    data: list[LetterWhole]


@router.get("/incidents/{incident_id}/letters", operation_id="listLetters", response_model=LettersOut)
async def list_letters(request: Request, incident_id: IncidentId) -> Response:
    """Answer every letter about an incident, drafts too, first to last."""
    key: ApiKey = request.scope["api_key"]
    found = await in_time(services_of(request).letters.page, key.merchant_id, incident_id)
    return Response(orjson.dumps(found), media_type=JSON)


@router.post(
    "/incidents/{incident_id}/letters",
    operation_id="writeLetter",
    status_code=201,
    response_model=LetterWhole,
    openapi_extra={"parameters": [idempotency.header("Always needed.", required=True)]},
    responses={200: {"model": LetterWhole, "description": "This letter was written before: there is one of its kind."}},
)
async def write_letter(request: Request, incident_id: IncidentId, body: LetterBody) -> Response:
    """Write a letter about an incident, checked by the rules of its language.

    The second apology to a customer within 90 days is a draft for a person: finish it by sending the same kind with
    `text`. Kinds that go with an offer (`apology`, `information`, `approval_delay`, `acceptance_receipt`) exist once.
    """
    key: ApiKey = request.scope["api_key"]
    repeatable = await idempotency.read(request, f"{PATH}/{incident_id}/letters")
    if repeatable is None:
        raise Problem("idempotency_key_missing")
    write = services_of(request).letters.write
    answer = await written_in_time(write, key.merchant_id, incident_id, body.asked(), key.id, repeatable)
    return idempotency.answered(answer)
