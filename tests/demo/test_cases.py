"""The incidents of the demonstration: believable, varied, and always the same."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from compensation_service.api.offer_request import OfferBody
from compensation_service.decision.engine import decide
from compensation_service.demo.cases import COUNT, cases
from compensation_service.policies.load import default_policy

NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)


def currency(case):
    return case["order"]["currency"] if "order" in case else case["incident"]["currency"]


def test_they_are_always_the_same():
    assert cases(NOW) == cases(NOW)


def test_only_times_depend_on_when_they_are_made():
    later = cases(NOW + timedelta(days=7))
    for one, other in zip(cases(NOW), later, strict=True):
        assert one["incident"]["reference"] == other["incident"]["reference"]
        assert one["incident"]["summary"] == other["incident"]["summary"]
        assert one.get("order", {}).get("total") == other.get("order", {}).get("total")


def test_they_cover_what_there_is():
    made = cases(NOW)
    assert len(made) == COUNT == 300
    assert {case["incident"]["category"] for case in made} == set(default_policy().categories)
    assert {currency(case) for case in made} == {"EUR", "GBP", "USD", "RUB", "IRR", "JPY", "KWD"}
    assert {case["customer"]["locale"][:2] for case in made} == {"en", "ru", "bg", "fa"}
    assert len({case["incident"]["reference"] for case in made}) == COUNT


def test_some_customers_come_again_and_some_share_a_cause():
    made = cases(NOW)
    assert max(Counter(case["customer"]["reference"] for case in made).values()) > 1
    assert 5 < sum("group" in case["incident"] for case in made) < 30


def test_each_can_be_decided_and_every_band_occurs():
    bands = set()
    for case in cases(NOW):
        body = OfferBody.model_validate_json(json.dumps(case))
        bands.add(decide(body.to_facts(NOW), default_policy()).severity.band)
    assert len(bands) == 5
