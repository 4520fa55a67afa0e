"""An incident that was dealt with elsewhere, as a row of a file tells of it once it is mapped."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from compensation_service.api import errors, gate
from compensation_service.api.fields import Minor, Moment, Name, Strict
from compensation_service.api.incident_request import KnownOrderIn, known_of, of_request
from compensation_service.api.offer_request import WORD, CustomerIn, IncidentIn, Kind
from compensation_service.api.problems import FieldError, Problem
from compensation_service.decision.facts import RemedyKind
from compensation_service.domain.incident import IncidentStatus, Stage
from compensation_service.services.imports import Ending, PastIncident
from compensation_service.services.incidents import Filing


class FileIn(Strict):
    """What the file of the incident says."""

    owner: Name | None = None
    stage: Annotated[Stage, WORD] | None = None
    cause: Name | None = None
    product: Name | None = None
    carrier: Name | None = None


class EndingIn(Strict):
    """How it ended."""

    status: Literal["resolved", "closed"] = "closed"
    closed_at: Moment | None = None
    given_kind: Kind | None = None
    given_minor: Annotated[Minor | None, Field(description="Goodwill that was given, as the order's money.")] = None


class PastBody(Strict):
    """A whole row."""

    incident: IncidentIn
    order: KnownOrderIn | None = None
    customer: CustomerIn
    file: FileIn = FileIn()
    ending: EndingIn = EndingIn()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        incident = self.incident
        if incident.reference is None:
            raise PydanticCustomError("reference_missing", "A past incident needs a reference: it is imported once.")
        if incident.occurred_at is None and incident.reported_at is None:
            raise PydanticCustomError("moment_missing", "When it occurred or was reported must be known.")
        if self.ending.given_minor and not (incident.currency or (self.order and self.order.currency)):
            raise PydanticCustomError("currency_missing", "An amount needs its currency.")
        return self


def read(told: dict[str, Any], line: int, now: datetime) -> PastIncident:
    """A row's incident; a Problem says what is wrong with it."""
    sent = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    gate.check(sent)
    try:
        body = PastBody.model_validate_json(sent)
    except ValidationError as error:
        raise errors.invalid(error, sent) from error
    ending, incident = body.ending, body.incident
    recorded_at = incident.reported_at or incident.occurred_at or now
    if max(recorded_at, incident.occurred_at or recorded_at, ending.closed_at or recorded_at) > now:
        raise Problem("invalid_request", errors=[FieldError("", "in_the_future", "It cannot lie in the future.")])
    return PastIncident(
        line,
        known_of(of_request(told)),
        Filing(**body.file.model_dump()),
        Ending(
            IncidentStatus(ending.status),
            ending.closed_at,
            RemedyKind(ending.given_kind) if ending.given_kind else None,
            ending.given_minor,
        ),
        recorded_at,
        sha256(sent).hexdigest(),
    )
