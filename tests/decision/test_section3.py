"""The service against the second reading of its rules, to the last digit."""

import random
from collections import Counter
from fractions import Fraction

from compensation_service.decision.engine import decide
from compensation_service.decision.facts import UnusableFacts
from compensation_service.policies.load import default_policy
from decision.bodies import facts_of
from decision.section3 import CATEGORIES, FAULT, V, expected, random_request


def answered(body):
    try:
        decision = decide(facts_of(body), default_policy())
    except UnusableFacts:
        return None
    return {
        "score": Fraction(decision.severity.score),
        "band": decision.severity.band.value,
        "mode": decision.mode.value,
        "percent": Fraction(decision.goodwill.share),
        "exact": Fraction(decision.goodwill.exact),
    }


def test_both_readings_agree_on_random_requests_that_reach_every_corner():
    rng = random.Random(0)
    met = Counter()
    for _ in range(4000):
        body = random_request(rng)
        outcome = expected(body)
        assert answered(body) == outcome, body
        met.update([outcome["band"], outcome["mode"]] if outcome else ["refused"])
        met.update([body["incident"]["category"], body["incident"].get("fault", "unknown")])
        met["capped"] += bool(outcome) and outcome["exact"] == V[(body.get("order") or body["incident"])["currency"]]
    wanted = {"trivial", "low", "moderate", "high", "critical", "kept", "rejected", "refused", "capped"}
    assert all(met[name] >= 20 for name in wanted | set(CATEGORIES) | set(FAULT)), met
    assert met["refused"] < 800
