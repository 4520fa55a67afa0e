"""A decision as it is answered and kept: the JSON document, with every reason in words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

import orjson

from compensation_service.decision.engine import Decision
from compensation_service.decision.entitlement import Entitlement
from compensation_service.decision.exact import plain
from compensation_service.decision.options import Bundles, Option, Remedy
from compensation_service.decision.reasons import Constant, Factor, Reason
from compensation_service.decision.schemes.numbers import show
from compensation_service.decision.schemes.result import SchemeResult
from compensation_service.decision.severity import Severity
from compensation_service.decision.times import in_utc
from compensation_service.domain.offer import OfferStatus
from compensation_service.letters.explain import speaker
from compensation_service.letters.money import display
from compensation_service.letters.remedies import option_text

Document = dict[str, Any]


class Reader:
    """Who reads a document: the language of its sentences, and the currency of its amounts.

    `money` gives an amount in minor units with the text that people read, as JSON; `text` puts a reason into words.
    """

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.currency = currency
        self.name = language, currency
        self.money: Callable[[int], orjson.Fragment] = partial(_money, currency, language)
        self.text: Callable[[Reason], str] = speaker(language, currency)


reader_of = lru_cache(maxsize=1024)(Reader)


def money(currency: str, language: str, minor: int) -> Document:
    """An amount in minor units, with the text that people read."""
    return {"amount": minor, "currency": currency, "display": display(minor, currency, language)}


@lru_cache(maxsize=8192)  # one answer says the same few amounts again and again, and neat amounts are few
def _money(currency: str, language: str, minor: int) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(money(currency, language, minor)))


def dump(document: Mapping[str, Any] | list[Document]) -> bytes:
    """The document as the bytes that are sent; moments in it are RFC 3339 with Z."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def of_decision(decision: Decision, status: OfferStatus, reference: str | None, language: str) -> Document:
    """What was decided, in the shape that `POST /offers` answers; ids and links are the offer's to add."""
    reader = reader_of(language, decision.currency)
    name, version = decision.policy
    clocks = decision.clocks
    return {
        "status": status,
        "incident": {"reference": reference},
        "policy": {"name": name, "version": version},
        "mode": decision.mode,
        "severity": _severity(decision.severity, language, decision.currency),
        "loyalty": {
            "score": plain(decision.loyalty.score),
            "factors": _factors(decision.loyalty.factors, reader),
        },
        "entitlements": [_entitlement(item, reader) for item in decision.entitlements] if decision.entitlements else [],
        "schemes": [_scheme(result) for result in decision.schemes] if decision.schemes else [],
        "goodwill": {
            "exact": plain(decision.goodwill.exact),
            "amount": reader.money(decision.amount.minor),
            "percent": plain(decision.goodwill.share),
            "factors": _factors(decision.goodwill.factors, reader),
            "refused": _reason(decision.amount.refused, reader) if decision.amount.refused else None,
        },
        "options": _options(decision.options, language, decision.currency),
        "default_option": decision.default_option,
        "guards": [_reason(guard, reader) for guard in decision.guards] if decision.guards else [],
        "approval": {
            "role": decision.approval.role,
            "reasons": [_reason(reason, reader) for reason in decision.approval.reasons],
        }
        if decision.approval
        else None,
        "letter": None,
        "decided_at": in_utc(decision.decided_at),
        "acknowledge_by": clocks.acknowledge_by,
        "respond_by": clocks.respond_by,
        "carry_out_by": clocks.carry_out_by,
        "follow_up_at": clocks.follow_up_at,
        "expires_at": clocks.expires_at,
    }


def moment(at: datetime) -> str:
    """A moment in UTC, RFC 3339 with Z."""
    return at.astimezone(UTC).isoformat()[:-6] + "Z"


@lru_cache(maxsize=4096)  # delays come in hours or days and grades are few: the same severities come again
def _severity(severity: Severity, language: str, currency: str) -> orjson.Fragment:
    factors = _factors(severity.factors, reader_of(language, currency))
    document = {"score": plain(severity.score), "band": severity.band, "factors": factors}
    return orjson.Fragment(dump(document))


def _factors(factors: Iterable[Factor], reader: Reader) -> list[Document | orjson.Fragment]:
    return [
        (factor.made.get(reader.name) if isinstance(factor, Constant) else None) or _factor(factor, reader)
        for factor in factors
    ]


def _factor(factor: Factor, reader: Reader) -> Document | orjson.Fragment:
    document = {
        "code": factor.code,
        "operation": factor.operation,
        "value": plain(factor.value),
        "text": reader.text(factor),
    }
    return factor.made.keep(reader.name, orjson.Fragment(dump(document))) if isinstance(factor, Constant) else document


def _reason(reason: Reason, reader: Reader) -> Document:
    return {"code": reason.code, "text": reader.text(reason)}


def _entitlement(item: Entitlement, reader: Reader) -> Document:
    reader = reader_of(reader.language, item.currency)
    return {
        "scheme": item.scheme,
        "reference": item.reference,
        "remedies": [
            {"kind": remedy.kind, "amount": None if remedy.amount is None else reader.money(remedy.amount)}
            for remedy in item.remedies
        ],
        "choice": item.choice,
        "amount": None if item.amount is None else reader.money(item.amount),
        "compensatory": item.compensatory,
        "outputs": {name: _output(value) for name, value in item.outputs.items()},
        "needs": item.needs,
        "due_by": item.due_by,
        "text": reader.text(item.reason),
    }


def _output(value: object) -> object:
    """A figure of a scheme as JSON: exact decimals and dates as text."""
    return value if isinstance(value, bool | int | str) else show(value)


def _scheme(result: SchemeResult) -> Document:
    """What a scheme said and why: the conditions it tried with the values they saw, and its sums step by step."""
    return {
        "scheme": result.scheme,
        "title": result.frame.scheme.title,
        "applies": result.applies,
        "reason": result.reason or None,
        "needs": result.needs,
        "conditions": [
            {"of": tried.of, "answer": tried.answer, "because": tried.because or None, "text": tried.text}
            for tried in result.tried
        ],
        "assumed": {name: _output(value) for name, value in result.assumed.items()},
        "steps": result.steps,
    }


@lru_cache(maxsize=4096)  # amounts are neat and vouchers end with a day: the same options come again
def _options(options: Bundles, language: str, currency: str) -> orjson.Fragment:
    reader = reader_of(language, currency)
    return orjson.Fragment(dump([_option(option, reader) for option in options]))


def _option(option: Option, reader: Reader) -> Document:
    return {
        "id": option.id,
        "remedies": [_remedy(remedy, reader) for remedy in option.remedies],
        "worth": reader.money(option.worth),
        "cost": reader.money(option.cost),
        "text": option_text(reader.language, option.remedies, reader.currency),
    }


def _remedy(remedy: Remedy, reader: Reader) -> Document:
    value = None if remedy.value is None else reader.money(remedy.value)
    return {
        "kind": remedy.kind,
        "value": value,
        "cost": reader.money(remedy.cost),
        "valid_until": remedy.valid_until and remedy.valid_until.astimezone(UTC),
    }
