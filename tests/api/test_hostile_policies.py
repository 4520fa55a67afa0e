"""Hostile bodies on the POSTs around policies: no answer of 500 and above, nothing kept, no text that cannot decide.

A body that is well formed carries the text of a policy; texts are the default with something done to them, from a fixed
seed. A text that is called usable must then really decide.
"""

import json
import os
import random

import pytest

from api.test_hostile import EXAMPLE, JSON, bodies
from compensation_service.api.offer_request import PreviewBody
from compensation_service.clock import system_clock
from compensation_service.decision.engine import decide
from compensation_service.policies.load import default_text, load_policy

CASES = int(os.environ.get("COMPENSATION_TEST_CASES", "300"))
"""How many bodies each operation is sent; 2,000 take a minute."""
TEXTS = max(24, CASES // 20)
LINES = default_text().splitlines()
VALUES = [
    "null", "-1", "1e999", ".nan", ".inf", "999999999999999999999", "0.1234567", "[]", "{}", "''", "yes", "0x10",
    "*a", "&a",
    "!!python/object:os.system x", "[[0, 0], [0, 1]]", "[[1, 1], [0, 0]]", "{a: 1, a: 2}", "\u202e", "2026-01-01",
    "'\\u0000'",
    "[apology]", "[[apology, apology]]", "company", "EUR",
]  # fmt: skip
SCHEMES = [
    "schemes: [{pack: no-such-pack}]",
    "schemes: [{pack: eu-2019-771-goods, own: {}}]",
    "schemes: [{own: {id: x, title: x, basis: law, sources: [], currency: EUR, facts: {}, owed: []}}]",
    "schemes: [{own: {id: shop-late-parcel, title: x}}]",
    "schemes: [{pack: shop-late-parcel, if_given: [nothing], categories: [nowhere], countries: [xx]}]",
    "schemes: 7",
]


def spoilt(rng: random.Random) -> str:
    """The default policy with a line gone, doubled, moved or given another value."""
    lines = list(LINES)
    place = rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines.insert(place, lines[place])
    elif kind == 2:
        lines[place] = " " * rng.randrange(5) + lines[place].strip()
    elif kind == 3:
        key, colon, _ = lines[place].partition(":")
        lines[place] = f"{key}{colon} {rng.choice(VALUES)}"
    elif kind == 4:
        return "\n".join([*lines, rng.choice(SCHEMES)])
    else:
        at = rng.randrange(len(lines[place]) + 1)
        lines[place] = (
            lines[place][:at] + rng.choice(["{", "]", ":", "'", "\t", "\u00e9", "9", "-"]) + lines[place][at:]
        )
    return "\n".join(lines)


@pytest.fixture
def versions(web):
    """How many versions of the policy are kept."""
    return lambda: len(web.get("/policies?limit=100").json()["data"])


@pytest.mark.parametrize("path", ["/policies", "/policies/check", "/policies/1/activate"])
def test_no_body_of_another_shape_is_accepted(web, versions, path):
    kept = versions()
    headers = {**web.headers, **JSON, "Idempotency-Key": "hostile", "If-Match": '"x"'}
    for body in [*bodies(7)[:CASES], json.dumps(EXAMPLE).encode(), b"{}", b'{"text": 7}', b'{"text": ""}']:
        answer = web.client.post(path, content=body, headers=headers)
        assert 400 <= answer.status_code < 500 or (path, answer.status_code) == ("/policies/check", 200), body[:200]
        assert answer.status_code != 200 or not answer.json()["usable"]
    assert versions() == kept


def test_a_text_is_refused_with_its_places_or_decides(web):
    rng = random.Random(11)
    facts = PreviewBody.model_validate(EXAMPLE, strict=False).to_facts(system_clock())
    refused = 0
    for _ in range(TEXTS):
        text = spoilt(rng)
        answer = web.client.post("/policies/check", json={"text": text}, headers=web.headers)
        assert answer.status_code in {200, 422}, (answer.text[:300], text)
        said = answer.json()
        if answer.status_code == 200 and said["usable"]:
            decide(facts, load_policy(text))
        elif answer.status_code == 200:
            refused += 1
            assert all(found["line"] >= 1 and found["reason"] and found["advice"] for found in said["problems"])
    assert refused > TEXTS / 4
