"""The running service against a second, independent reading of its rules, over HTTP.

`COMPENSATION_TEST_CASES=20000 python -m pytest tests/contract` compares as many as one likes.
"""

import os
import random
from fractions import Fraction

import httpx2
import pytest

import webapp
from compensation_service.main import create_app
from compensation_service.settings import Settings
from decision.section3 import expected, random_request

CASES = int(os.environ.get("COMPENSATION_TEST_CASES", "300"))
MONEY_MOST = 10**12


@pytest.fixture
def client(sqlite_url):
    app = create_app(Settings(database_url=sqlite_url))
    with (
        webapp.serving(app) as address,
        httpx2.Client(base_url=address, headers=webapp.Web(app, None).headers) as http,
    ):
        yield http


def usable(request):
    """Whether every amount is within what the interface takes; an order of 200 V in rials is not."""
    return max(request.get("order", {}).get("total", 0), request["customer"].get("lifetime_value", 0)) <= MONEY_MOST


def test_every_answer_is_what_the_rules_say(client):
    rng = random.Random(3)
    requests = filter(usable, iter(lambda: random_request(rng), None))
    refused = 0
    for _, request in zip(range(CASES), requests, strict=False):
        wanted, answer = expected(request), client.post("/offers/preview", json=request)
        if wanted is None:
            assert answer.status_code == 422, request
            refused += 1
            continue
        assert answer.status_code == 200, (request, answer.text)
        said = answer.json()
        severity, goodwill = said["severity"], said["goodwill"]
        assert {
            "score": Fraction(severity["score"]),
            "band": severity["band"],
            "mode": said["mode"],
            "percent": Fraction(goodwill["percent"]),
            "exact": Fraction(goodwill["exact"]),
        } == wanted, request
    assert refused < CASES / 4
