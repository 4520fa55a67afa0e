"""2,000 hostile bodies on every POST: no answer of 500 and above, and nothing accepted that must not be.

Each body is a good one with one thing done to it, from a fixed seed. What was done says what may come back.
"""

import json
import random
from copy import deepcopy

import pytest

from compensation_service.api.offer_request import EXAMPLE
from webapp import JSON

BODIES = 2_000
REFUSALS = {400, 413, 415, 422}

NUMBERS = [
    "NaN", "Infinity", "-Infinity", "1e400", "1E+1000000", "1e-5", "0x10", "01", "+1", ".5", "1.", "--1", "1_000",
    "12345678901234567890.12", "9" * 400, "-" + "9" * 400, "9223372036854775808", "-1", "1.5", "1000000000001",
    "true", '"5"', '"1E+1000000"', '"NaN"', '"1_000"', '"١٢٣"', '"１２"', '" 12 "', "[]", "{}", '""',
]  # fmt: skip
TEXTS = [
    '"\\ud800"', '"\\udc00x"', '"\\u0000"', '"\\u001b[31m"', '"\\u202e"', '"\\u2066"', '"\\ufffe\\ue000"', '"\x00"',
    '"a\nb"', '"\\x"', '"\\u12"', '"' + "x" * 5000 + '"', "'x'", "7", "null,", "{}", "[]", "true", "NaN",
]  # fmt: skip
IDENTIFIERS = [
    '""',
    '" "',
    '"a b"',
    '"a\\u200bb"',
    '"\\u2028"',
    '"cafe\\u0301"',
    '"' + "x" * 129 + '"',
    '"a\\nb"',
    '"\\u00a0"',
]
TIMES = [
    '"2026-03-05"', '"2026-03-05T10:00:00"', '"now"', '"1767225600"', "1767225600", '"2026-13-01T00:00:00Z"',
    '"0000-00-00T00:00:00Z"', '"9999-12-31T23:59:59-23:59"', '"0001-01-01T00:00:00+23:59"', '"2026-03-05T10:00:00Z\\n"',
    '"2026-03-05T10:00:00ZZ"', '"2026-03-05 10:00:00Z"', '"2026-02-29T00:00:00Z"', "true", "[]",
]  # fmt: skip
WORDS = ['"Company"', '"company "', '"\\u0441ompany"', "0", "null", "[]", '""']
NUMBER_PLACES = [
    ("order", "total"), ("order", "shipping"), ("order", "refunded"), ("order", "lines", 0, "unit_price"),
    ("order", "lines", 0, "quantity"), ("customer", "orders_count"), ("customer", "lifetime_value"),
    ("customer", "history", "goodwill_12m"), ("customer", "history", "apologies_90d"),
]  # fmt: skip
TEXT_PLACES = [("incident", "summary"), ("customer", "name"), ("order", "lines", 0, "name")]
IDENTIFIER_PLACES = [
    ("incident", "reference"),
    ("order", "reference"),
    ("customer", "reference"),
    ("incident", "group"),
]
TIME_PLACES = [
    ("incident", "occurred_at"),
    ("incident", "reported_at"),
    ("order", "placed_at"),
    ("order", "promised_at"),
]
FIELDS = [
    "status",
    "merchant_id",
    "amount_final",
    "approved_by",
    "version",
    "expires_at",
    "__proto__",
    "constructor",
    "id",
    "",
]
SLOT = "@@slot@@"


def with_slot(place):
    body = deepcopy(EXAMPLE)
    value = body
    for step in place[:-1]:
        value = value.setdefault(step, {}) if isinstance(value, dict) else value[step]
    value[place[-1]] = SLOT
    return json.dumps(body)


def replaced(rng, places, values):
    return with_slot(rng.choice(places)).replace(f'"{SLOT}"', rng.choice(values)).encode("utf-8", "surrogatepass")


def unknown_field(rng):
    body = deepcopy(EXAMPLE)
    rng.choice([body, body["incident"], body["order"], body["customer"], body["order"]["lines"][0]])[
        rng.choice(FIELDS)
    ] = 1
    return json.dumps(body).encode()


def doubled_key(rng):
    text = json.dumps(EXAMPLE)
    name = rng.choice(['"category":', '"total":', '"reference":', '"incident":', '"currency":'])
    return text.replace(name, f"{name} 1, {name}", 1).encode()


def cut(rng):
    body = json.dumps(EXAMPLE).encode()
    return body[: rng.randrange(1, len(body))]


def wrong_encoding(rng):
    return json.dumps(EXAMPLE, ensure_ascii=False).encode(
        rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7"])
    )


def broken_byte(rng):
    body = bytearray(json.dumps(EXAMPLE).encode())
    body.insert(rng.randrange(len(body) + 1), rng.choice([0x00, 0x80, 0xC0, 0xFE, 0xFF]))
    return bytes(body)


def deep(rng):
    depth, opening, closing = rng.choice([33, 100, 1000, 20_000]), *rng.choice([("[", "]"), ('{"a":', "}")])
    nested = opening * depth + "1" + closing * depth * rng.randrange(2)
    return f'{{"incident": {{"category": "other", "attributes": {{"a": {nested}}}}}}}'.encode()[:66_000]


def wide(rng):
    kind = rng.randrange(4)
    body = deepcopy(EXAMPLE)
    if kind == 0:
        body["order"]["lines"] = [{"unit_price": 1}] * 201
    elif kind == 1:
        body["incident"]["attributes"] = {f"a{n}": n for n in range(101)}
    elif kind == 2:
        body["padding"] = ["x" * 4000] * 20
    else:
        body["customer"]["history"] = {
            "incidents": [{"category": "other", "occurred_at": "2026-01-01T00:00:00Z"}] * 501
        }
    return json.dumps(body).encode()


def wrong_root(rng):
    return rng.choice(
        [b"", b" ", b"null", b"1", b'"x"', b"[]", b"[{}]", b"{}", b"true", b"\xef\xbb\xbf", b"//", b"{}{}", b"\x00"]
    )


def dropped(rng):
    body = deepcopy(EXAMPLE)
    part, name = rng.choice([("incident", "category"), ("order", "currency"), ("order", "total"), ("order", "lines")])
    if name == "lines":
        del body["order"]["lines"][0]["unit_price"]
    else:
        del body[part][name]
    return json.dumps(body).encode()


KINDS = [
    lambda rng: replaced(rng, NUMBER_PLACES, NUMBERS),
    lambda rng: replaced(rng, TEXT_PLACES, TEXTS),
    lambda rng: replaced(rng, IDENTIFIER_PLACES, IDENTIFIERS + TEXTS),
    lambda rng: replaced(rng, TIME_PLACES, TIMES),
    lambda rng: replaced(rng, [("incident", "fault"), ("incident", "disposition"), ("customer", "prefers")], WORDS[:4]),
    unknown_field,
    doubled_key,
    cut,
    wrong_encoding,
    broken_byte,
    deep,
    wide,
    wrong_root,
    dropped,
]


def bodies(seed):
    rng = random.Random(seed)
    return [KINDS[n % len(KINDS)](rng) for n in range(BODIES)]


@pytest.mark.parametrize("path", ["/offers", "/offers/preview"])
def test_no_hostile_body_is_accepted_or_breaks_anything(web, path):
    kept = len(web.get("/offers?limit=100").json()["data"])
    headers = {**web.headers, **JSON}
    for body in bodies(2026):
        answer = web.client.post(path, content=body, headers=headers)
        assert answer.status_code in REFUSALS, (answer.status_code, body[:300])
        assert answer.headers["content-type"] == "application/problem+json"
        json.loads(answer.content.decode("utf-8"))
    assert len(web.get("/offers?limit=100").json()["data"]) == kept


def test_the_good_body_is_accepted(web):
    """Otherwise the refusals above would show nothing."""
    assert web.post("/offers/preview", json.dumps(EXAMPLE).encode()).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data; boundary=x", "application/xml", "text/json", "application/json;charset=latin1"],
)
@pytest.mark.parametrize("path", ["/offers", "/offers/preview"])
def test_no_other_media_type_is_accepted(web, path, content_type):
    headers = {**web.headers, "Content-Type": content_type}
    assert web.client.post(path, content=json.dumps(EXAMPLE), headers=headers).status_code == 415
