"""Headers that anybody may add on the way change nothing, and what they say comes out nowhere."""

import ast
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from compensation_service import api
from compensation_service.api import health
from webapp import BASE, case

CANARY = "canary-7f3a.example"
HEADERS = {
    "Host": CANARY,
    "Forwarded": f"for={CANARY};host={CANARY};proto=gopher",
    "X-Forwarded-For": CANARY,
    "X-Forwarded-Host": CANARY,
    "X-Forwarded-Proto": CANARY,
    "X-Forwarded-Prefix": f"/{CANARY}",
    "X-Forwarded-Port": CANARY,
    "X-Forwarded-Server": CANARY,
    "X-Original-URL": f"/{CANARY}",
    "X-Original-Host": CANARY,
    "X-Rewrite-URL": f"/{CANARY}",
    "X-Host": CANARY,
    "X-Real-IP": CANARY,
    "X-HTTP-Method-Override": "DELETE",
    "X-HTTP-Method": "DELETE",
    "X-Method-Override": "DELETE",
    "Origin": f"https://{CANARY}",
    "Referer": f"https://{CANARY}/",
    "Via": CANARY,
    "X-Request-ID": CANARY,
    "X-Trace-Id": CANARY,
    "Cookie": f"session={CANARY}",
}
REQUESTS = [
    ("GET", "/", None),
    ("GET", "/livez", None),
    ("GET", "/readyz", None),
    ("GET", "/openapi.json", None),
    ("GET", "/docs", None),
    ("GET", "/problems/not_found", None),
    ("GET", "/nowhere", None),
    ("GET", "/offers?limit=1", None),
    ("GET", "/offers/off_1", None),
    ("GET", "/incidents", None),
    ("GET", "/api-keys?limit=1", None),
    ("PUT", "/offers", None),
    ("POST", "/offers/preview", {**case("canary"), "decided_at": "2026-03-05T12:00:00Z"}),
    ("POST", "/offers", case("canary")),
    ("POST", "/offers/preview", {}),
]
VARYING = {"x-request-id", "ratelimit"}


@pytest.fixture(scope="module", autouse=True)
def _something_to_find(web):
    for number in range(3):
        web.offer(f"canary-{number}")
    web.post("/offers", case("canary"))


def seen(answer):
    """An answer without what is new in each: trace ids, and what is left of the rate."""
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    trace = answer.headers["x-request-id"]
    return answer.status_code, headers, answer.text.replace(trace, "")


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=[f"{method} {path}" for method, path, _ in REQUESTS])
def test_added_headers_change_nothing_and_come_out_nowhere(web, monkeypatch, method, path, body):
    monkeypatch.setattr(health, "CHECK_SECONDS_MOST", 60.0)  # on a machine that stands still /readyz says so

    def ask(headers):
        return web.client.request(method, path, json=body, headers={**web.headers, **headers})

    plain = seen(ask({}))
    with capture_logs() as lines:
        for name, value in [*HEADERS.items(), (None, None)]:
            answer = ask({name: value} if name else HEADERS)
            assert seen(answer) == plain, name
            assert CANARY not in answer.text + str(answer.headers), name
    assert CANARY not in str(lines)


def test_links_begin_with_the_address_that_the_operator_gave(web):
    headers = {**web.headers, "Host": CANARY, "X-Forwarded-Host": CANARY}
    page = web.client.get("/offers?limit=1", headers=headers)
    assert page.headers["link"].startswith(f"<{BASE}/offers?")
    assert page.json()["data"][0]["links"]["self"].startswith(f"{BASE}/offers/")
    assert web.client.get("/nowhere", headers=headers).json()["type"] == f"{BASE}/problems/not_found"


def test_no_code_asks_a_request_for_its_own_address():
    """`request.url` and its like are made of what the client says."""
    asked = [
        f"{path.name}:{node.lineno} .{node.attr}"
        for path in Path(api.__file__).parents[1].rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"url", "base_url", "url_for", "url_path_for"}
        if isinstance(node.value, ast.Name) and node.value.id == "request"
    ]
    assert asked == []
