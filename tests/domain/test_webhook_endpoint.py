"""When an endpoint is given up, and which secrets sign."""

from dataclasses import replace
from datetime import timedelta

from compensation_service.domain.webhook_endpoint import wants_text
from records import NOON, webhook_endpoint

HOUR = timedelta(hours=1)


def failing(*hours):
    endpoint = webhook_endpoint()
    for each in hours:
        endpoint = endpoint.failed(NOON + each * HOUR)
    return endpoint


def test_five_days_of_nothing_but_failures_are_hopeless():
    endpoint = failing(0, 1, 2, 60, 119)
    assert not endpoint.is_hopeless(NOON + 119 * HOUR)
    assert endpoint.failed(NOON + 120 * HOUR).is_hopeless(NOON + 120 * HOUR)


def test_a_bad_moment_now_and_then_is_not():
    """Two failures that nothing followed for days begin no count."""
    endpoint = failing(0, 1, 200)
    assert (endpoint.failures, endpoint.failing_since) == (1, NOON + 200 * HOUR)
    assert not endpoint.is_hopeless(NOON + 200 * HOUR)


def test_the_previous_secret_signs_until_its_time_is_over():
    endpoint = replace(webhook_endpoint(), secret="new", previous_secret="old", previous_until=NOON + HOUR)
    assert endpoint.secrets_at(NOON) == ("new", "old")
    assert endpoint.secrets_at(NOON + HOUR) == ("new",)
    assert webhook_endpoint().secrets_at(NOON) == ("sealed",)


def test_what_is_wanted_stands_between_spaces():
    assert wants_text([]) == ""
    assert wants_text(["offer.*", "budget.low", "offer.*"]) == " budget.low offer.* "
