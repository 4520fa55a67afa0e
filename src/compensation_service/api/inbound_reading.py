"""Reading what a webhook was mapped to, exactly as strictly as a request to `/offers` and `/incidents` is read."""

from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from compensation_service.api import errors, gate, incident_request
from compensation_service.api.offer_request import OfferBody
from compensation_service.api.problems import Problem
from compensation_service.letters.languages import choose
from compensation_service.services.inbound_handling import Unreadable
from compensation_service.services.incidents import Known
from compensation_service.services.offers import OfferRequest, moment_of_decision

Told = dict[str, Any]


class RequestReader:
    """Reads what a payload was mapped to. Each raises Unreadable with the first thing that is wrong."""

    def known(self, told: Told) -> Known:
        """What is known of an incident, to be recorded."""
        try:
            gate.check(orjson.dumps(told))
            return incident_request.known_of(told)
        except Problem as problem:
            raise _unreadable(problem) from problem

    def request(self, told: Told, source_id: str, language: str | None, now: datetime) -> OfferRequest:
        """A request for an offer, asked for by a source."""
        text = orjson.dumps(told)
        try:
            gate.check(text)
            body = OfferBody.model_validate_json(text)
        except ValidationError as error:
            raise _unreadable(errors.invalid(error, text)) from error
        except Problem as problem:
            raise _unreadable(problem) from problem
        return OfferRequest(
            facts=body.to_facts(moment_of_decision(now, body.incident.reported_at)),
            summary=body.incident.summary,
            language=choose(language or body.customer.locale),
            key_id=source_id,
            told=text.decode(),
            by_source=True,
        )


def _unreadable(problem: Problem) -> Unreadable:
    if problem.errors:
        first = problem.errors[0]
        return Unreadable(first.pointer, first.code, first.detail)
    return Unreadable("", problem.code, problem.detail)
