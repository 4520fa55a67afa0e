"""What the gate refuses, and with which code. Every POST answers accordingly."""

import asyncio
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compensation_service.api import gate
from compensation_service.api.offer_request import EXAMPLE
from compensation_service.api.problems import Problem
from stopwatch import quickest

POSTS = ("/offers", "/offers/preview")

REFUSED = [
    (b"", "empty_body"),
    (b" ", "invalid_json"),
    (b"{", "invalid_json"),
    (b"{'a': 1}", "invalid_json"),
    (b'{"a": 1,}', "invalid_json"),
    (b'{"a": 01}', "invalid_json"),
    (b'{"a": 1} {"b": 2}', "invalid_json"),
    (b'{"a": "\x01"}', "invalid_json"),
    (b'{"a": "\\x"}', "invalid_json"),
    (b'{"a": NaN}', "unusable_number"),
    (b'{"a": Infinity}', "unusable_number"),
    (b'{"a": -Infinity}', "unusable_number"),
    (b'{"a": 1e400}', "unusable_number"),
    (b'{"a": 1E+1000000}', "unusable_number"),
    (b'{"a": 1e2}', "unusable_number"),
    (b'{"a": 1' + b"0" * 19 + b"}", "unusable_number"),
    (b'{"a": -1' + b"0" * 19 + b"}", "unusable_number"),
    (b'{"a": 0.' + b"1" * 40 + b"}", "unusable_number"),
    (b'{"a": 1, "a": 2}', "duplicate_key"),
    (b'{"a": {"b": 1, "\\u0062": 2}}', "duplicate_key"),
    (b'\xef\xbb\xbf{"a": 1}', "invalid_encoding"),
    ('{"a": 1}'.encode("utf-16"), "invalid_encoding"),
    ('{"a": 1}'.encode("utf-16-be"), "invalid_json"),
    (b'{"a": "\xff"}', "invalid_encoding"),
    (b'{"a": "\xc0\x80"}', "invalid_encoding"),
    (b'{"a": "\xed\xa0\x80"}', "invalid_encoding"),
    (b'{"a": "\\ud800"}', "invalid_encoding"),
    (b'{"\\udfff": 1}', "invalid_encoding"),
    (b'{"a": "\\u0000"}', "forbidden_character"),
    (b'{"a\\u0007": 1}', "forbidden_character"),
    (b'{"a": "\x7f"}', "forbidden_character"),
    ('{"a": "\u0085"}'.encode(), "forbidden_character"),
    ('{"a": "x\u202ey"}'.encode(), "forbidden_character"),
    (b'{"a": "x\\u2066y"}', "forbidden_character"),
    (b'{"a": "\\ue000"}', "forbidden_character"),
    (b'{"a": "x\\ry"}', "forbidden_character"),
    (b"[" * 33 + b"]" * 33, "too_deep"),
    (b"[" * 60_000, "too_deep"),
    (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep"),
    (json.dumps({str(n): 0 for n in range(1001)}).encode(), "too_many_keys"),
    (json.dumps([{str(n): 0 for n in range(1000)} for _ in range(5)]).encode(), "too_many_keys"),
    (b'{"a": "' + b"x" * 4097 + b'"}', "string_too_long"),
    (b'{"' + b"x" * 4097 + b'": 1}', "string_too_long"),
    (('{"a": "' + "д" * 2049 + '"}').encode(), "string_too_long"),
]

PASSED = [
    b"{}",
    b' \n\t{"a": [1, -2, 0, 12.5, true, false, null, "x"]}\r\n',
    b'{"a": "line\\nline\\ttab\\r\\n"}',
    b'{"a": "\\ud83d\\ude00"}',
    '{"a": "Здравейте, سلام، 你好"}'.encode(),
    '{"a": "می\u200cخواهم"}'.encode(),
    b"[" * 32 + b"]" * 32,
    b"[" + b"[]," * 500 + b"[]]",
    b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}',
    json.dumps({str(n): 0 for n in range(1000)}).encode(),
    b'{"a": "' + b"x" * 4096 + b'"}',
    b'{"a": 9999999999999999999}',
]


@pytest.mark.parametrize(("body", "code"), REFUSED, ids=[repr(body[:30]) for body, _ in REFUSED])
@pytest.mark.parametrize("path", POSTS)
def test_every_post_refuses(web, path, body, code):
    answer = web.post(path, body)
    assert answer.json()["code"] == code
    assert answer.status_code == (422 if code == "forbidden_character" else 400)


@pytest.mark.parametrize("body", PASSED, ids=[repr(body[:30]) for body in PASSED])
def test_good_json_passes(body):
    gate.check(body)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        ({"Content-Type": "application/json; charset=utf-16"}, 415, "unsupported_media_type"),
        ({"Content-Type": "application/problem+json"}, 415, "unsupported_media_type"),
        ({"Content-Type": ""}, 415, "unsupported_media_type"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415, "unsupported_encoding"),
        ({"Content-Type": "application/json", "Content-Length": "99999999"}, 413, "body_too_large"),
        ({"Content-Type": "application/json", "Content-Length": "9" * 5000}, 413, "body_too_large"),
        ({"Content-Type": "application/json", "Content-Length": "-1"}, 400, "bad_request"),
        ({"Content-Type": "application/json; charset=UTF-8"}, 422, "invalid_request"),
        ({"Content-Type": "Application/JSON", "Content-Encoding": "identity"}, 422, "invalid_request"),
    ],
)
def test_headers_are_checked_too(web, headers, status, code):
    answer = web.client.post("/offers/preview", content=b"{}", headers={**web.headers, **headers})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("pieces", [[b" " * 1000] * 70, [b"{}" + b" " * 60_000, b" " * 10_000], [b" " * 70_000]])
def test_a_body_of_unknown_length_is_counted_while_it_comes(pieces):
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages[-1]["more_body"] = False
    coming = iter(messages)

    async def receive():
        return next(coming)

    with pytest.raises(Problem, match="body_too_large"):
        asyncio.run(gate.read_json({b"content-type": b"application/json"}, receive, 65_536))
    assert len(list(coming)) in {0, 4}, "what comes after the limit is not read"


def test_64_kib_pass_and_one_byte_more_does_not(web):
    assert web.post("/offers", b"{}" + b" " * 65_534).status_code == 422
    assert web.post("/offers", b"{}" + b" " * 65_535).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b'"\\' * 32_000,
        b'"' * 65_000,
        b"[" + b"[]," * 21_000 + b"[]]",
        b'["' + b'\\"' * 32_000,
        b'{"a":' * 13_000,
        ('["' + "д" * 32_000 + '"]').encode(),
        b"9" * 65_000,
        b"[" + b"[]," * 40 + b'"' + b'\\"' * 32_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_no_body_costs_more_than_its_size(body):
    """Far under a second; what went to and fro in such a body would take minutes."""

    def check():
        with suppress(Problem):
            gate.check(body)

    assert quickest(check, seconds=0.5) < 2.0


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)


@given(values, st.booleans())
def test_what_passes_reads_the_same_and_holds_nothing_forbidden(value, escaped):
    body = json.dumps(value, ensure_ascii=escaped).encode()
    if any(map(gate.has_forbidden_character, _strings(value))):
        with pytest.raises(Problem, match="forbidden_character"):
            gate.check(body)
    else:
        gate.check(body)
        assert gate.read(body) == _without_numbers(value)


LEAVES = [
    "0",
    "-12.5",
    "1e2",
    "1E-2",
    "1" * 15,
    "1" * 20,
    "0." + "1" * 33,
    "NaN",
    "01",
    '"a"',
    '"1e2"',
    '"\x7f"',
    '"\\n"',
    '"д"',
]
written = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{' ,'.join(items)}]")
        | st.lists(st.tuples(st.sampled_from("abc"), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f'"{key}" : {value}' for key, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)


@given(written)
def test_what_counts_as_plain_passes_a_careful_reading(text):
    body = text.encode()
    if gate.is_plain(body):
        gate.read(body)


@pytest.mark.parametrize(("body", "code"), REFUSED, ids=[repr(body[:30]) for body, _ in REFUSED])
def test_a_body_to_refuse_is_not_plain(body, code):
    assert not gate.is_plain(body), code


def test_an_ordinary_request_is_plain():
    assert gate.is_plain(json.dumps(EXAMPLE, indent=1).encode())


def _strings(value):
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _strings(part)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []


def _without_numbers(value):
    if isinstance(value, dict):
        return {key: _without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_numbers(item) for item in value]
    return 0 if isinstance(value, int) and not isinstance(value, bool) else value
