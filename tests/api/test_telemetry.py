"""What goes around every request: trace ids, headers, metrics, the log."""

import json
import re
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from compensation_service.api.telemetry import DRAWN_AT_ONCE, LOG_ONE_IN, Telemetry
from webapp import case

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("path", ["/offers", "/nope", "/livez", "/docs", "/problems/not_found", "/offers/off_1"])
def test_every_answer_has_the_headers_that_hold_for_all(web, path):
    answer = web.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 32


def test_every_request_without_a_trace_has_one_of_its_own(web):
    found = {web.get("/livez").headers["x-request-id"] for _ in range(2 * DRAWN_AT_ONCE + 1)}
    assert len(found) == 2 * DRAWN_AT_ONCE + 1
    assert all(re.fullmatch("[0-9a-f]{32}", trace) for trace in found)


def test_a_trace_is_taken_over(web):
    answer = web.get("/nope", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    assert answer.headers["x-request-id"] == answer.json()["trace_id"] == TRACE


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    ],
)
def test_a_malformed_trace_is_not(web, header):
    assert web.get("/livez", headers={"traceparent": header}).headers["x-request-id"] not in {TRACE, "0" * 32}


def test_head_answers_as_get_without_a_body(web):
    head, get = web.client.head("/livez"), web.client.get("/livez")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert web.client.head("/offers").status_code == 401
    assert web.client.head("/nope").status_code == 404


def series(web):
    lines = web.client.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if line.startswith("http_request_duration_seconds_count")}


def test_metrics_name_routes_not_paths(web):
    for n in range(3):
        web.get(f"/offers/off_{n}")
        web.get(f"/nope/{n}")
        web.client.request(f"FOO{n}", "/offers")
    web.post("/offers/preview", case("metrics"))
    found = series(web)
    assert 'http_request_duration_seconds_count{method="GET",route="/offers/{offer_id}",status="404"}' in found
    assert 'http_request_duration_seconds_count{method="POST",route="/offers/preview",status="200"}' in found
    assert 'http_request_duration_seconds_count{method="GET",route="unknown",status="404"}' in found
    assert not any(part in line for line in found for part in ("nope", "off_1", "FOO1"))


async def nothing(scope, _, send):
    await send({"type": "http.response.start", "status": scope["answer"], "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_one_request_in_many_is_logged_and_every_failure(web):
    middleware = Telemetry(nothing, {}, CollectorRegistry(), lambda size: b"\x01" * size)

    async def serve(status):
        async def ignore(_):
            pass

        scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "answer": status}
        await middleware(scope, None, ignore)

    with capture_logs() as lines:
        for _ in range(2 * LOG_ONE_IN):
            web.client.portal.call(serve, 200)
    assert len(lines) == 2
    with capture_logs() as lines:
        for _ in range(5):
            web.client.portal.call(serve, 503)
    assert [line["status"] for line in lines] == [503] * 5


def test_no_secret_and_no_body_is_ever_logged(web):
    """Everything is logged here, and an exception carries a secret."""
    secret = web.headers["Authorization"].split("_")[2]
    marker = "zq-marker-zq"

    def explode(*_):
        raise ZeroDivisionError(f"{secret} {marker}")

    services = web.app.state.services
    middleware = web.app.middleware_stack
    while not isinstance(middleware, Telemetry):
        middleware = middleware.app
    middleware._log_one_in = middleware._until_logged = 1
    with capture_logs() as lines:
        web.post("/offers/preview", case(marker, marker), **{"Idempotency-Key": marker})
        web.get(f"/offers?customer={marker}")
        web.app.state.services = SimpleNamespace(offers=SimpleNamespace(preview=explode), clock=services.clock)
        answer = web.post("/offers/preview", case(marker))
        web.app.state.services = services
    assert answer.status_code == 500
    assert {line["event"] for line in lines} == {"request", "unhandled exception"}
    failure = next(line for line in lines if line["event"] == "unhandled exception")
    assert failure["error"] == "ZeroDivisionError"
    assert failure["trace_id"] == answer.json()["trace_id"]
    assert "explode" in failure["frames"][-1]
    text = json.dumps(lines)
    assert secret not in text
    assert marker not in text
