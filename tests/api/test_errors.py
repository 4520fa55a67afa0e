"""Every error is a problem document that says what to do and nothing that was sent."""

import json
from types import SimpleNamespace

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from compensation_service.api import errors
from compensation_service.api.answers import ProblemOut
from compensation_service.api.problems import KINDS, Problem
from compensation_service.decision.facts import UnusableFacts
from compensation_service.domain import errors as domain
from compensation_service.domain.api_key import Scope
from webapp import BASE, case

EXPECTED = [
    (domain.NotFound(), 404, "not_found"),
    (domain.Conflict("no", "idempotency_in_progress"), 409, "idempotency_in_progress"),
    (domain.Conflict("no", "something_newer"), 409, "conflict"),
    (domain.IllegalMove("accepted", ["fulfil"]), 409, "illegal_move"),
    (domain.TooLate("expired", []), 409, "too_late"),
    (domain.ChangedMeanwhile(), 412, "precondition_failed"),
    (domain.Erased(), 409, "erased"),
    (domain.ApproverIsRequester(), 409, "approver_is_requester"),
    (domain.AuthorityNeeded("lead"), 403, "authority_needed"),
    (domain.Unprocessable("/a", "b", "c"), 422, "invalid_request"),
    (domain.IdempotencyKeyReused(), 422, "idempotency_key_reused"),
    (domain.Unauthenticated(), 401, "unauthenticated"),
    (domain.Forbidden("offers:read"), 403, "forbidden"),
    (domain.BadCursor(), 400, "bad_cursor"),
    (type("OfALayerBelow", (domain.Unavailable,), {"code": "else"})(), 503, "unavailable"),
    (domain.CounteredTooOften("open", ("accept",)), 409, "countered_too_often"),
    (domain.ApprovalNeeded(), 409, "approval_needed"),
    (domain.BudgetExhausted(), 409, "budget_exhausted"),
    (domain.IdempotencyInProgress(), 409, "idempotency_in_progress"),
    (domain.Unavailable(), 503, "unavailable"),
    (domain.StoreUnavailable(2), 503, "store_unavailable"),
    (domain.OutcomeUnknown(), 503, "outcome_unknown"),
    (domain.Overloaded(), 503, "overloaded"),
    (UnusableFacts("/incident/grade", "missing_fact", "Send it."), 422, "unusable_facts"),
    (RequestValidationError([]), 422, "invalid_request"),
    (HTTPException(404), 404, "not_found"),
    (HTTPException(418), 500, "internal_error"),
    (ZeroDivisionError("secret"), 500, "internal_error"),
]


@pytest.mark.parametrize(("error", "status", "code"), EXPECTED, ids=lambda value: type(value).__name__)
def test_each_error_has_its_problem(error, status, code):
    problem = errors.to_problem(error)
    assert (problem.kind.status, problem.code) == (status, code)


def every_domain_error(kind=domain.CompensationError):
    yield from (found for child in kind.__subclasses__() for found in (child, *every_domain_error(child)))


def test_no_error_of_the_domain_was_forgotten():
    known = {type(error) for error, _, _ in EXPECTED}
    assert known >= {kind for kind in every_domain_error() if kind.__module__ == domain.__name__}


def test_come_back_later_says_when():
    assert errors.to_problem(domain.StoreUnavailable(2)).headers == {"Retry-After": "2"}
    assert errors.to_problem(domain.Conflict("no", "idempotency_in_progress")).headers == {"Retry-After": "1"}


def check(answer, status, code):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = ProblemOut.model_validate(answer.json())
    assert (problem.status, problem.code, problem.type) == (status, code, f"{BASE}/problems/{code}")
    assert problem.trace_id == answer.headers["x-request-id"]
    return problem


def test_unknown_path(web):
    check(web.get("/nope"), 404, "not_found")
    check(web.get("/offers/"), 404, "not_found")
    check(web.get("/offers/../../etc/passwd"), 404, "not_found")


def test_wrong_method_says_which_are_right(web):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"):
        answer = web.client.request(method, "/offers", headers=web.headers)
        check(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, POST"


def test_an_override_of_the_method_is_ignored(web):
    check(web.post("/livez", {}, **{"X-HTTP-Method-Override": "GET"}), 405, "method_not_allowed")


def test_missing_offer(web):
    check(web.get("/offers/off_nothing"), 404, "not_found")
    check(web.get("/incidents/inc_nothing"), 404, "not_found")


def test_without_key(web):
    answer = web.client.get("/offers")
    check(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_missing_scope_is_named(web):
    headers = web.key("north", Scope.OFFERS_READ)
    answer = web.client.post("/offers", json=case("no-scope"), headers=headers)
    check(answer, 403, "forbidden")
    assert 'scope="offers:write"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("path", ["/offers", "/incidents", "/offers/off_1", "/livez", "/metrics", "/offers/preview"])
def test_unknown_query_parameters_are_refused(web, path):
    method = "POST" if path == "/offers/preview" else "GET"
    check(web.client.request(method, f"{path}?statsu=open", headers=web.headers), 400, "unknown_parameter")


def test_a_parameter_comes_once(web):
    problem = check(web.get("/offers?status=open&status=accepted"), 400, "repeated_parameter")
    assert problem.errors[0].pointer == "/status"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=999999999999999999999", "/limit"),
        ("limit=x", "/limit"),
        ("status=nothing", "/status"),
        ("decided_from=2026-01-01", "/decided_from"),
        ("customer=a%20b", "/customer"),
        ("currency=eur", "/currency"),
    ],
)
def test_parameters_are_checked(web, query, pointer):
    assert check(web.get(f"/offers?{query}"), 422, "invalid_request").errors[0].pointer == pointer


@pytest.mark.parametrize(
    "query", ["customer=%00", "customer=%E2%80%AE", "%FF=1", "customer=%FF", "&".join(["a=1"] * 60)]
)
def test_hostile_queries_are_refused(web, query):
    assert web.get(f"/offers?{query}").status_code in {400, 422}


@pytest.mark.parametrize("key", ["", " ", "ж", "x" * 256, "a b", "a\tb"])
def test_idempotency_key_must_be_visible_ascii(web, key):
    answer = web.client.post(
        "/offers", json=case("bad-key"), headers=[*web.headers.items(), (b"Idempotency-Key", key.encode())]
    )
    check(answer, 400, "invalid_idempotency_key")


def test_neither_key_nor_reference(web):
    check(web.post("/offers", case(None)), 400, "idempotency_key_missing")


def test_a_key_stands_in_for_the_reference(web):
    first = web.post("/offers", case(None), **{"Idempotency-Key": "k-1"})
    again = web.post("/offers", case(None), **{"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    other = {**case(None), "incident": {**case(None)["incident"], "delay_hours": 80}}
    check(web.post("/offers", other, **{"Idempotency-Key": "k-1"}), 422, "idempotency_key_reused")


def test_facts_that_decide_nothing(web):
    problem = check(web.post("/offers/preview", {"incident": {"category": "late_delivery"}}), 422, "unusable_facts")
    assert problem.errors


def test_input_never_comes_back(web):
    marker = "zq-marker-zq"
    body = case(marker) | {marker + "!": marker, "customer": {"reference": marker, "tier": marker, marker: marker}}
    body["incident"]["fault"] = marker
    answer = web.post(
        "/offers", body, **{"Idempotency-Key": marker, "Accept-Language": marker, "X-Forwarded-Host": marker}
    )
    assert answer.status_code == 422
    assert [error for error in answer.json()["errors"] if marker in json.dumps({**error, "pointer": ""})] == []
    assert f"{marker}!" not in answer.text


def test_nothing_but_plain_names_stands_in_a_pointer(web):
    answer = web.post("/offers", {"incident": {"category": "other", "<script>": 1}, "customer": {"reference": "c"}})
    assert answer.json()["errors"] == [
        {"pointer": "/incident", "code": "extra_forbidden", "detail": "There is no such field."}
    ]


def test_a_mistake_of_ours_is_a_problem_too(web):
    def explode(*_):
        raise ZeroDivisionError("cmp_secret")

    services = web.app.state.services
    web.app.state.services = SimpleNamespace(offers=SimpleNamespace(preview=explode), clock=services.clock)
    try:
        answer = web.post("/offers/preview", case("boom"))
    finally:
        web.app.state.services = services
    check(answer, 500, "internal_error")
    assert "secret" not in answer.text


@pytest.mark.parametrize("code", KINDS)
def test_each_problem_has_a_page(web, code):
    answer = web.client.get(f"/problems/{code}")
    assert answer.status_code == 200
    assert KINDS[code].title in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_problem_keeps_to_its_table():
    with pytest.raises(KeyError):
        Problem("no_such_code")
