"""One incident is compensated once: what its earlier offers gave is taken off what is owed now."""

from collections.abc import Iterable
from dataclasses import replace

from compensation_service.decision.schemes.result import ChoiceMade, Component, SchemeResult


def less_given(results: Iterable[SchemeResult], currency: str, given: int) -> tuple[list[SchemeResult], int]:
    """What these results leave to give, and how much of `given`, in minor units, they took up.

    Only compensation in this currency is settled by it, in the order of the schemes: money back and what puts the thing
    right are not. A choice between forms of a sum counts as its smallest, and the same part of each form is left,
    rounded up.
    """
    left, found = given, []
    for result in results:
        if result.currency == currency:
            components = []
            for component in result.components:
                amount = component.amount_minor or 0 if component.compensatory and component.choice is None else 0
                off = min(left, amount)
                left -= off
                components.append(_less(component, off))
            choices = []
            for choice in result.choices:
                least = least_of(choice)
                off = min(left, least)
                left -= off
                choices.append(_less_in_each_form(choice, off, least))
            found.append(replace(result, components=tuple(components), choices=tuple(choices)))
        else:
            found.append(result)
    return found, given - left


def left_to_give(results: Iterable[SchemeResult]) -> list[SchemeResult]:
    """The results without what is given in full."""
    return [
        replace(
            result,
            components=tuple([component for component in result.components if component.is_owed]),
            choices=tuple([choice for choice in result.choices if not choice.is_given]),
        )
        for result in results
    ]


def least_of(choice: ChoiceMade) -> int:
    """The smallest sum among which one can choose, in minor units; 0 where it is not a choice between sums."""
    return min([option.amount_minor or 0 for option in choice.open], default=0) if choice.is_of_sums else 0


def _less_in_each_form(choice: ChoiceMade, off: int, least: int) -> ChoiceMade:
    if not off:
        return choice
    return replace(
        choice, open=tuple([_less(option, (option.amount_minor or 0) * off // least) for option in choice.open])
    )


def _less(component: Component, off: int) -> Component:
    if not off:
        return component
    return replace(component, amount_minor=(component.amount_minor or 0) - off, given_minor=off)
