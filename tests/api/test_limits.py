"""How much a caller may ask: tokens by key, failures by address, and what is said about both."""

from contextlib import suppress
from time import perf_counter

import pytest

import webapp
from compensation_service.api.auth import authenticate
from compensation_service.api.client_address import client_address
from compensation_service.api.limits import FAILURES_SECONDS, NAMES_MOST, Failures, RateLimit
from compensation_service.api.problems import Problem
from compensation_service.domain.api_key import Scope
from stopwatch import in_calls
from webapp import case

WRONG = {"Authorization": "Bearer cmp_aaaaaaaaaaaa_" + "0" * 64}


class Hands:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def hands():
    return Hands()


def left(taken):
    headers, wait = taken
    return dict(headers)[b"ratelimit"].decode(), wait


class TestRate:
    def test_a_burst_is_let_through_and_then_the_rate(self, hands):
        rate = RateLimit(2, 3, hands)
        assert [left(rate.take("a")) for _ in range(3)] == [
            ('"key";r=2;t=1', 0),
            ('"key";r=1;t=1', 0),
            ('"key";r=0;t=1', 0),
        ]
        assert left(rate.take("a")) == ('"key";r=0;t=1', 0.5)
        hands.now += 0.5
        assert rate.take("a")[1] == 0
        assert rate.take("a")[1] == 0.5

    def test_each_key_has_its_own(self, hands):
        rate = RateLimit(1, 1, hands)
        assert rate.take("a")[1] == 0
        assert rate.take("b")[1] == 0
        assert rate.take("a")[1] == 1

    def test_a_bucket_never_holds_more_than_the_burst(self, hands):
        rate = RateLimit(10, 2, hands)
        rate.take("a")
        hands.now += 3600
        assert [rate.take("a")[1] for _ in range(3)] == [0, 0, 0.1]

    def test_who_is_refused_pays_nothing(self, hands):
        rate = RateLimit(1, 1, hands)
        assert [rate.take("a")[1] for _ in range(5)] == [0, 1, 1, 1, 1]

    def test_the_policy_says_how_much_in_how_long(self, hands):
        headers, _ = RateLimit(1000, 2500, hands).take("a")
        assert dict(headers)[b"ratelimit-policy"] == b'"key";q=2500;w=3'

    def test_memory_is_bounded(self, hands):
        rate = RateLimit(1, 1, hands)
        for number in range(NAMES_MOST + 10):
            rate.take(str(number))
        assert len(rate._buckets) == NAMES_MOST

    def test_it_costs_next_to_nothing(self):
        """A microsecond and a half, where an empty function takes a twentieth of one."""
        rate = RateLimit(1e9, 10**9, perf_counter)
        assert in_calls(lambda: rate.take("a")) < 90


class TestFailures:
    def test_twenty_a_minute_and_no_more(self, hands):
        failures = Failures(20, hands)
        for _ in range(20):
            failures.demand_few("a")
            failures.add("a")
            hands.now += 1
        with pytest.raises(Problem) as refused:
            failures.demand_few("a")
        assert refused.value.code == "too_many_requests"
        assert refused.value.headers["Retry-After"] == "40"
        failures.demand_few("b")
        hands.now += 40
        failures.demand_few("a")

    def test_a_new_minute_counts_anew(self, hands):
        failures = Failures(2, hands)
        failures.add("a")
        hands.now += FAILURES_SECONDS
        failures.add("a")
        failures.demand_few("a")
        failures.add("a")
        with pytest.raises(Problem):
            failures.demand_few("a")

    def test_memory_is_bounded_and_the_latest_stay(self, hands):
        failures = Failures(1, hands)
        failures.add("first")
        for number in range(NAMES_MOST):
            failures.add(str(number))
        assert len(failures._found) == NAMES_MOST
        failures.demand_few("first")
        with pytest.raises(Problem):
            failures.demand_few(str(NAMES_MOST - 1))


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 0, "10.0.0.1"),
        (["203.0.113.7"], 0, "10.0.0.1"),
        (["203.0.113.7"], 1, "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7"], 1, "203.0.113.7"),
        (["6.6.6.6", "203.0.113.7"], 1, "203.0.113.7"),
        (["6.6.6.6, 203.0.113.7, 10.0.0.9"], 2, "203.0.113.7"),
        (["203.0.113.7"], 2, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
        (["nonsense"], 1, "10.0.0.1"),
        (["2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::/64"),
        (["2001:db8:1:2:ffff::1"], 1, "2001:db8:1:2::/64"),
        (["::ffff:203.0.113.7"], 1, "203.0.113.7"),
        (["203.0.113.7,"], 1, "10.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_say_is_believed(forwarded, proxies, address):
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    assert client_address({"client": ("10.0.0.1", 1234), "headers": headers}, proxies) == address


def test_a_client_without_an_address_has_a_name_too():
    assert client_address({"client": None, "headers": []}, 0) == client_address({"headers": []}, 1)


@pytest.fixture
def held():
    """A service with low limits, for whose buckets the time stands still."""
    with webapp.on_sqlite(failures_per_minute=20) as web:
        web.app.state.rate_limit = RateLimit(1, 3, lambda: 1000.0)
        yield web


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/offers", None), ("POST", "/offers/preview", case("p")), ("GET", "/offers/off_1", None)],
)
def test_every_answer_to_a_key_tells_what_is_left(held, method, path, body):
    answers = [held.client.request(method, path, json=body, headers=held.headers) for _ in range(4)]
    assert [answer.headers["ratelimit"] for answer in answers] == [f'"key";r={left};t=1' for left in (2, 1, 0, 0)]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"key";q=3;w=3'}
    assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]
    assert answers[3].headers["retry-after"] == "1"
    assert answers[3].json()["code"] == "too_many_requests"
    assert answers[3].headers["content-type"] == "application/problem+json"


def test_a_scope_that_is_lacking_costs_a_token_too(held):
    weak = held.key("north", Scope.POLICIES_READ)
    answer = held.client.get("/offers", headers=weak)
    assert (answer.status_code, answer.headers["ratelimit"]) == (403, '"key";r=2;t=1')


def test_without_a_rate_nothing_is_said():
    with webapp.on_sqlite(rate_limit_per_second=0) as web:
        assert "ratelimit" not in web.get("/offers").headers


@pytest.mark.parametrize("headers", [{}, WRONG, {"Authorization": "Basic x"}])
def test_an_address_that_fails_too_often_waits(held, headers):
    answers = [held.client.get("/offers", headers=headers) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert 1 <= int(answers[20].headers["retry-after"]) <= 60
    assert "www-authenticate" not in answers[20].headers


def test_keys_that_are_known_go_on_working_from_such_an_address(held):
    assert held.get("/offers").status_code == 200
    for _ in range(25):
        held.client.get("/offers", headers=WRONG)
    assert held.get("/offers").status_code == 200
    unknown = held.key("north")
    assert held.client.get("/offers", headers=unknown).status_code == 429
    assert held.client.get("/livez").status_code == 200


def test_an_address_made_up_in_a_header_changes_nothing(held):
    for number in range(21):
        answer = held.client.get("/offers", headers={**WRONG, "X-Forwarded-For": f"203.0.113.{number}"})
    assert answer.status_code == 429


def test_behind_a_proxy_each_client_counts_for_itself():
    with webapp.on_sqlite(trusted_proxies=1, failures_per_minute=2) as web:
        statuses = [
            web.client.get("/offers", headers={**WRONG, "X-Forwarded-For": f"6.6.6.{n}, 203.0.113.7"}).status_code
            for n in range(3)
        ]
        other = web.client.get("/offers", headers={**WRONG, "X-Forwarded-For": "203.0.113.8"})
    assert statuses == [401, 401, 429]
    assert other.status_code == 401


def test_a_refused_address_costs_no_look_at_the_store(held):
    asked = []
    cache = held.app.state.key_cache
    keys = cache._keys

    class Counting:
        def authenticate(self, token):
            asked.append(token)
            return keys.authenticate(token)

    cache._keys = Counting()
    for _ in range(30):
        held.client.get("/offers", headers=WRONG)
    assert len(asked) == 20


def test_admission_of_a_known_key_stays_cheap(web):
    """Authentication and rate together."""
    web.get("/offers")
    fields = {name.lower().encode(): value.encode() for name, value in web.headers.items()}
    scope = {"app": web.app, "fields": fields, "client": ("127.0.0.1", 1)}

    def admit():
        with suppress(StopIteration):  # it waits for nothing
            authenticate(scope, Scope.OFFERS_READ).send(None)
            raise AssertionError("it waits")

    assert in_calls(admit) < 500
