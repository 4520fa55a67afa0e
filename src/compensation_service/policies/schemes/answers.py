"""A scheme's answer as plain data, for JSON: amounts as decimals in text, in whole units of the currency."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from compensation_service.decision.schemes.numbers import show
from compensation_service.decision.schemes.result import ChoiceMade, Component, Due, SchemeResult


def as_data(result: SchemeResult) -> dict[str, object]:
    """Everything the answer says, steps and conditions included."""
    places = result.frame.places
    return {
        "scheme": result.scheme,
        "applies": str(result.applies),
        "currency": result.currency,
        "amount": amount(result.amount_minor, places),
        "amount_minor": result.amount_minor,
        "needs": list(result.needs),
        "reason": result.reason or None,
        "remedies": list(result.remedies),
        "components": [_component(component, places) for component in result.components],
        "choices": [_choice(choice, places) for choice in result.choices],
        "outputs": plain(result.outputs),
        "tried": [
            {"of": tried.of, "answer": str(tried.answer), "condition": tried.text, "because": tried.because or None}
            for tried in result.tried
        ],
        "assumed": plain(result.assumed),
        "steps": list(result.steps),
    }


def amount(minor: int | None, places: int) -> str | None:
    """Minor units as a decimal with the places of the currency."""
    return None if minor is None else f"{Decimal(minor).scaleb(-places):f}"


def _component(component: Component, places: int) -> dict[str, object]:
    return {
        "id": component.id,
        "kind": component.kind,
        "amount": amount(component.amount_minor, places),
        "amount_minor": component.amount_minor,
        "compensatory": component.compensatory,
        "due": _due(component.due),
        "outputs": plain(component.outputs),
        "needs": list(component.needs),
    }


def _choice(choice: ChoiceMade, places: int) -> dict[str, object]:
    return {
        "id": choice.id,
        "open": [_component(option, places) for option in choice.open],
        "wished": choice.wished,
        "chosen": choice.chosen,
        "by_silence": choice.by_silence,
        "silence_ends": _due(choice.silence_ends),
    }


def _due(due: Due | None) -> dict[str, object] | None:
    if due is None:
        return None
    return {"within": due.span, "text": due.text, "date": None if due.date is None else due.date.isoformat()}


def plain(outputs: Mapping[str, object]) -> dict[str, object]:
    """Figures, words and dates as JSON can hold them; a fraction as a decimal in text."""
    return {name: _plain(value) for name, value in outputs.items()}


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return show(value)
    if isinstance(value, bool | int | str) or value is None:
        return value
    return value.isoformat() if isinstance(value, date) else show(value)
