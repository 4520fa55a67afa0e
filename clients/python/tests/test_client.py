"""The client against the running service: what it sends, repeats, and makes of refusals."""

import ast
import csv
import json
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from compensation_client import (
    ApiError,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from compensation_service.domain.api_key import Scope
from webapp import case

PACKAGE = Path(__file__).parents[1] / "src" / "compensation_client"


def test_an_offer_from_request_to_acceptance(client):
    offer = client.make_offer(case("C-accept", "client-1"))
    assert client.get_offer(offer["id"])["status"] == "open"
    accepted = client.accept_offer(offer["id"], {"option": offer["default_option"]})
    assert accepted["status"] == "accepted"
    preview = client.preview_offer(case("C-other"), accept_language="bg")
    assert preview["goodwill"]["amount"]["currency"] == "EUR"


def test_lists_turn_their_pages(client):
    made = [client.make_offer(case(f"C-page-{number}", "paging"))["incident"]["id"] for number in range(5)]
    found = [incident["id"] for incident in client.each_incident(customer="paging", limit=2)]
    assert found == made[::-1]
    assert len(client.list_incidents(customer="paging", limit=2)["data"]) == 2


def test_an_export_is_streamed(client):
    client.make_offer(case("C-export", "exporting"))
    rows = list(csv.reader(b"".join(client.export_incidents(customer="exporting")).decode().splitlines()))
    assert [row[1] for row in rows] == ["reference", "C-export"]
    with pytest.raises(Invalid):
        list(client.export_incidents(paid_from=1))


def test_what_is_edited_names_what_was_read(client):
    incident = client.record_incident(
        {"incident": {"reference": "C-edit", "category": "other"}, "customer": {"reference": "C"}}
    )
    changed = client.change_incident(incident["id"], {"owner": "Elena"}, if_match=f'"{incident["version"]}"')
    assert changed["owner"] == "Elena"
    with pytest.raises(PreconditionFailed):
        client.change_incident(incident["id"], {"owner": "Pavel"}, if_match=f'"{incident["version"]}"')


def test_refusals_have_a_kind_a_code_and_places(client, address, new_key):
    with pytest.raises(NotFound) as refused:
        client.get_offer("off_none/../?")
    assert refused.value.code == "not_found"
    assert refused.value.trace_id
    body = case("C-wrong")
    body["order"]["total"] = -1
    with pytest.raises(Invalid) as refused:
        client.make_offer(body)
    assert [each["pointer"] for each in refused.value.errors] == ["/order/total"]
    offer = client.make_offer(case("C-late", "client-2"))
    client.decline_offer(offer["id"], {})
    with pytest.raises(Conflict):
        client.accept_offer(offer["id"], {"option": "opt_1"})
    with Client(address, "cmp_nobody") as stranger, pytest.raises(Unauthenticated):
        stranger.list_offers()
    with Client(address, new_key(Scope.OFFERS_READ)) as weak, pytest.raises(Forbidden):
        weak.make_offer(case("C-weak"))


class Flaky(httpx.BaseTransport):
    """Does what its plan says, and passes on what is not planned.

    A plan is what the client gets instead, an exception or an answer, and whether the service got the request.
    """

    def __init__(self, *plan):
        self.plan, self.seen, self.real = list(plan), [], httpx.HTTPTransport()

    def handle_request(self, request):
        self.seen.append(request)
        what, reached = self.plan.pop(0) if self.plan else (None, True)
        answer = self.real.handle_request(request) if reached else None
        if isinstance(what, Exception):
            if answer:
                answer.close()
            raise what
        return what or answer

    def close(self):
        self.real.close()


@pytest.fixture
def flaky(address, key):
    """Make a client with a plan; what went out, and how long it slept."""
    with ExitStack() as stack:

        def make(*plan):
            transport, slept = Flaky(*plan), []
            return stack.enter_context(Client(address, key, transport=transport, sleep=slept.append)), transport, slept

        yield make


LOST = (httpx.ReadError("lost"), True)
"""The service did it, and nobody heard."""
NOT_SENT = (httpx.ConnectError("no way"), False)


def busy(status, **headers):
    return httpx.Response(status, headers=headers, json={"code": "busy"}), False


def test_what_was_lost_is_asked_for_again_with_the_same_key_and_done_once(flaky, client):
    budget = {
        "name": "Once",
        "currency": "EUR",
        "limit": 100,
        "starts_at": "2027-01-01T00:00:00Z",
        "ends_at": "2027-02-01T00:00:00Z",
    }
    again, transport, slept = flaky(LOST, LOST)
    made = again.create_budget(budget)
    keys = {request.headers["Idempotency-Key"] for request in transport.seen}
    assert (len(transport.seen), len(keys), len(slept)) == (3, 1, 2)
    assert [each["id"] for each in client.each_budget() if each["name"] == "Once"] == [made["id"]]


def test_it_waits_as_long_as_it_is_told(flaky):
    again, transport, slept = flaky(busy(503, **{"Retry-After": "7"}), busy(429, **{"Retry-After": "2"}))
    again.list_offers()
    assert slept == [7.0, 2.0]
    assert len(transport.seen) == 3


def test_nobody_waits_for_ever(flaky):
    for plan, kind in ((busy(503), Unavailable), (busy(429), TooManyRequests), (NOT_SENT, Unreachable)):
        again, transport, slept = flaky(*[plan] * 9)
        with pytest.raises(kind):
            again.list_offers()
        assert (len(transport.seen), len(slept)) == (5, 4)
        assert slept == sorted(slept)


def test_what_is_not_safe_to_repeat_is_repeated_only_if_it_never_began(flaky, client):
    incident = client.record_incident(
        {"incident": {"reference": "C-safe", "category": "other"}, "customer": {"reference": "C"}}
    )
    for plan, attempts, kind in (
        ([LOST], 1, Unreachable),
        ([busy(503)], 1, Unavailable),
        ([NOT_SENT, busy(429)], 3, None),
    ):
        again, transport, _ = flaky(*plan)
        try:
            again.change_incident(incident["id"], {"owner": "x"}, if_match="*")
            raised = None
        except (ApiError, Unreachable) as error:
            raised = type(error)
        assert (raised, len(transport.seen)) == (kind, attempts)


def test_what_is_under_way_is_waited_for(flaky):
    again, transport, _ = flaky(busy(409, **{"Retry-After": "1"}))
    again.make_offer(case("C-underway"))
    assert len(transport.seen) == 2


def test_it_knows_nothing_of_the_service():
    imported = set()
    for file in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            imported |= {name.name for name in node.names} if isinstance(node, ast.Import) else set()
            imported |= {node.module} if isinstance(node, ast.ImportFrom) else set()
    assert not [name for name in imported if name.startswith("compensation_service")]


def test_the_generated_half_is_current():
    import client as generator  # noqa: PLC0415 - the tool, by its file's name

    for file, text in generator.files().items():
        assert file.read_text("utf-8") == text, "run `make client`"


def test_every_operation_for_merchants_is_there():
    document = json.loads((PACKAGE.parents[3] / "openapi" / "openapi.json").read_text())
    named = {each["operationId"] for path in document["paths"].values() for each in path.values() if "security" in each}
    have = {name.replace("_", "") for name in dir(Client)}
    assert {name.lower() for name in named} <= have
