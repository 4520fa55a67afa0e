"""Spoilt bodies on every operation that takes one: refused before anything is looked up, never with 500 and above.

Each is the operation's own example with one thing done to it that no operation may accept, from a fixed seed. The ids
in the paths name nothing, so a body that was let through would be answered with 404: that is a failure, too.
`COMPENSATION_TEST_CASES=2000` tries so many on each.
"""

import json
import os
import random
import re
from pathlib import Path

import pytest

from webapp import JSON

DESCRIPTION = Path(__file__).parents[2] / "openapi/openapi.json"
EACH = int(os.environ.get("COMPENSATION_TEST_CASES", "60"))
REFUSALS = {400, 413, 415, 422}
PARAMETERS = re.compile(r"\{\w+\}")
OTHERS_OWN = {"/inbound/{source_id}"}
"""What comes there is other people's JSON, and their signature is looked at first."""
STRINGS = [
    '"\\ud800"',
    '"\\u0000"',
    '"\\u001b[31m"',
    '"\\u202e"',
    '"\x00"',
    '"a\nb"',
    '"\\x"',
    "'x'",
    "NaN",
    "{}",
    "[[]]",
]
NUMBERS = ["NaN", "Infinity", "1e400", "0x10", "01", "+1", ".5", "--1", "9" * 400, '"1_000"', '"١٢٣"', "{}", "true"]


def described():
    """The operations with a body of JSON, each with an example of it."""
    schema = json.loads(DESCRIPTION.read_text("utf-8"))
    models = schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None and path not in OTHERS_OWN:
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                examples = [*content["schema"].get("examples", ()), *models.get(name, {}).get("examples", ())]
                yield pytest.param(method, path, examples[0] if examples else {}, id=f"{method} {path}")


def leaves(value, kind):
    """Where values of a kind stand, as what to do to put another one there."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            if isinstance(value[key], kind) and not isinstance(value[key], bool):
                yield value, key
            yield from leaves(value[key], kind)


def replaced(rng, body, kind, texts):
    places = list(leaves(body, kind))
    if not places:
        return unknown(rng, body)
    holder, key = rng.choice(places)
    holder[key] = "@@slot@@"
    return json.dumps(body).replace('"@@slot@@"', rng.choice(texts)).encode()


def unknown(rng, body):
    field = rng.choice(["status", "merchant_id", "approved_by", "__proto__", "id ", "", "amount_final", "Version"])
    return json.dumps({**body, field: 1}).encode()


def doubled(rng, body):
    name = rng.choice(list(body) or ["a"])
    text = json.dumps({**body, name: body.get(name)})
    return (text[:-1] + f', "{name}": null}}').encode()


def cut(rng, body):
    text = json.dumps(body).encode()
    return text[: rng.randrange(1, len(text))]


def encoded(rng, body):
    return json.dumps(body, ensure_ascii=False).encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))


def broken(rng, body):
    text = bytearray(json.dumps(body).encode())
    text.insert(rng.randrange(len(text) + 1), rng.choice([0x00, 0x80, 0xC0, 0xFE, 0xFF]))
    return bytes(text)


def deep(rng, body):
    depth = rng.choice([33, 1000, 20_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
    return (json.dumps(body)[:-1].rstrip("{") + f'{{"a": {opening * depth}1{closing * depth}}}').encode()[:66_000]


def rooted(rng, _):
    return rng.choice(
        [b"", b" ", b"null", b"1", b'"x"', b"[]", b"[{}]", b"true", b"\xef\xbb\xbf{}", b"//", b"{}{}", b"\x00"]
    )


def strings(rng, body):
    return replaced(rng, body, str, STRINGS)


def numbers(rng, body):
    return replaced(rng, body, int, NUMBERS)


SPOILERS = [unknown, doubled, cut, encoded, broken, deep, rooted, strings, strings, numbers, numbers]


@pytest.mark.parametrize(("method", "path", "example"), list(described()))
def test_no_spoilt_body_is_let_through(web, method, path, example):
    rng = random.Random(f"{method} {path}")
    address = PARAMETERS.sub("1", path)
    headers = {**web.headers, **JSON, "Idempotency-Key": "hostile", "If-Match": "*"}
    for number in range(EACH):
        body = rng.choice(SPOILERS)(rng, json.loads(json.dumps(example)))
        answer = web.client.request(method, address, content=body, headers=headers)
        assert answer.status_code in REFUSALS, (number, answer.status_code, body[:300])
        assert answer.headers["content-type"] == "application/problem+json", (number, body[:300])
