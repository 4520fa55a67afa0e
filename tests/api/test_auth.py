"""Who may do what: every operation against every scope, keys that do not count, and what the cache remembers."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from fastapi import FastAPI

from compensation_service.api.auth import KEYS_MOST, PATIENCE_SECONDS, KeyCache, _Seen
from compensation_service.api.routes import SCOPES, GuardedRoute, UndeclaredRoute, check_scopes
from compensation_service.domain.api_key import ApiKey, Role, Scope
from compensation_service.domain.errors import StoreUnavailable, Unauthenticated
from stopwatch import quickest
from webapp import case

START = datetime(2026, 3, 5, tzinfo=UTC)
BODY = {"/offers": case("scopes"), "/offers/preview": case("scopes")}
MERCHANTS = ("north", "south")
PATHS = {
    "{offer_id}": "off_1",
    "{incident_id}": "inc_1",
    "{follow_up_id}": "fup_1",
    "{position}": "1",
    "{version}": "9",
    "{before}": "8",
    "{after}": "9",
    "{code}": "not_found",
    "{asset}": "start.js",
    "{key_id}": "abcdefgh2345",
    "{budget_id}": "bud_1",
    "{endpoint_id}": "whe_1",
    "{delivery_id}": "evt_1",
    "{source_id}": "src_1",
    "{event_id}": "ine_1",
    "{reference}": "nobody",
}


def call(web, method, path, headers):
    body = BODY.get(path) if method == "POST" else None
    for name, value in PATHS.items():
        path = path.replace(name, value)
    return web.client.request(method, path, json=body, headers=headers)


@pytest.fixture(scope="module")
def holders(web):
    """A key with one scope alone, for every scope and two merchants."""
    return {(merchant, scope): web.key(merchant, scope) for merchant in MERCHANTS for scope in Scope}


@pytest.mark.parametrize(("method", "path"), [operation for operation, wanted in SCOPES.items() if wanted])
def test_a_scope_opens_its_own_operations_only(web, holders, method, path):
    """Every operation × every scope × both merchants; what a key sees of the other one is test_isolation's matter."""
    statuses = {holder: call(web, method, path, headers).status_code for holder, headers in holders.items()}
    opened = {holder for holder, status in statuses.items() if status != 403}
    assert opened == {(merchant, SCOPES[method, path]) for merchant in MERCHANTS}
    assert 401 not in statuses.values()


@pytest.mark.parametrize(("method", "path"), SCOPES)
def test_without_a_key_only_public_operations_answer(web, method, path):
    answer = call(web, method, path, {})
    assert (answer.status_code == 401) == (SCOPES[method, path] is not None)


def test_the_table_names_the_operations_that_exist_and_no_other(web):
    assert set(SCOPES) == {(method, route.path) for route in web.app.routes for method in route.methods}


def test_a_route_without_a_scope_stops_the_start():
    app = FastAPI(openapi_url=None)
    app.router.add_api_route("/secret", lambda: None, methods=["GET"], route_class_override=GuardedRoute)
    with pytest.raises(UndeclaredRoute, match="/secret"):
        check_scopes(app)


def test_a_route_that_does_not_guard_itself_stops_the_start():
    app = FastAPI(openapi_url=None)
    app.router.add_api_route("/livez", lambda: None, methods=["GET"])
    with pytest.raises(UndeclaredRoute):
        check_scopes(app)


def token_of(web):
    return web.key("north")["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: token.upper(),
        lambda token: f"Bearer {token}",
        lambda token: token.replace("_", " "),
        lambda _: "cmp_aaaaaaaaaaaa_" + "0" * 64,
        lambda _: "x" * 10_000,
        lambda token: f"{token}, Bearer {token}",
        lambda _: "жжж",
    ],
)
def test_anything_but_the_token_is_refused(web, change):
    header = f"Bearer {change(token_of(web))}".encode()
    assert web.client.get("/offers", headers=[(b"Authorization", header)]).status_code == 401


def test_the_scheme_is_bearer_in_any_case_and_comes_once(web):
    token = token_of(web)
    assert web.client.get("/offers", headers={"Authorization": f"bearer {token}"}).status_code == 200
    assert web.client.get("/offers", headers={"Authorization": f"Basic {token}"}).status_code == 401
    assert web.client.get("/offers", headers={"Authorization": token}).status_code == 401
    twice = [(b"authorization", f"Bearer {token}".encode())] * 2
    assert web.client.get("/offers", headers=twice).status_code == 401
    assert web.client.get(f"/offers?api_key={token}").status_code == 401


def test_a_revoked_key_makes_no_offer_although_it_is_remembered(web):
    headers = web.key("north")
    assert web.client.get("/offers", headers=headers).status_code == 200
    web.app.state.services.keys.revoke("north", headers["Authorization"].split("_")[1])
    assert web.client.post("/offers", json=case("revoked"), headers=headers).status_code == 401


class Shelf:
    """Keys by token; counts how often it is asked and can be away."""

    def __init__(self):
        self.asked = 0
        self.away = False
        self.keys = {}

    def add(self, token, **fields):
        self.keys[token] = ApiKey(token, "north", "n", Role.SERVICE, frozenset(Scope), "", START, **fields)

    def authenticate(self, token):
        self.asked += 1
        if self.away:
            raise StoreUnavailable
        if token not in self.keys:
            raise Unauthenticated
        return self.keys[token]


class Hands:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture
def cache(shelf, clock):
    return KeyCache(shelf, clock, 30, 900)


def find(cache, *tokens, patient=False):
    async def all_of_them():
        return await asyncio.gather(*(cache.find(token.encode(), patient=patient) for token in tokens))

    return asyncio.run(all_of_them())


def test_a_key_is_looked_up_once_in_thirty_seconds(cache, shelf, clock):
    shelf.add("a")
    for wait in (0, 10, 19):
        clock.pass_by(wait)
        find(cache, "a")
    assert shelf.asked == 1
    clock.pass_by(1)
    find(cache, "a")
    assert shelf.asked == 2


def test_many_who_wait_for_the_same_key_ask_once(cache, shelf):
    shelf.add("a")
    assert len(find(cache, *["a"] * 20)) == 20
    assert shelf.asked == 1


def test_an_expired_key_is_refused_although_it_is_remembered(cache, shelf, clock):
    shelf.add("a", expires_at=START + timedelta(seconds=10))
    find(cache, "a")
    clock.pass_by(10)
    with pytest.raises(Unauthenticated):
        find(cache, "a")


def test_while_the_store_is_away_only_previews_go_on_for_a_quarter_of_an_hour(cache, shelf, clock):
    shelf.add("a")
    find(cache, "a")
    shelf.away = True
    clock.pass_by(899)
    assert find(cache, "a", patient=True)[0].id == "a"
    with pytest.raises(StoreUnavailable):
        find(cache, "a")
    with pytest.raises(StoreUnavailable):
        find(cache, "b", patient=True)
    clock.pass_by(1)
    with pytest.raises(StoreUnavailable):
        find(cache, "a", patient=True)


def test_a_preview_does_not_wait_for_a_store_that_hangs(cache, shelf, clock):
    shelf.add("a")
    find(cache, "a")
    clock.pass_by(60)

    async def hanging():
        hold = asyncio.Event()
        answered = []

        async def never(*_):
            await hold.wait()
            answered.append(True)

        cache._look_up = never
        key = await cache.find(b"a", patient=True)
        hold.set()
        await asyncio.sleep(0.01)
        assert answered, "the question goes on although nobody waits"
        assert key.id == "a"

    assert quickest(lambda: asyncio.run(hanging()), 0.2) < 0.2


def test_previews_wait_from_the_question_on_and_not_each_for_itself(cache, shelf, clock):
    shelf.add("a")
    find(cache, "a")
    clock.pass_by(60)

    async def hanging():
        cache._look_up = lambda *_: asyncio.sleep(60)
        waits = []
        for _ in range(20):
            began = monotonic()
            assert (await cache.find(b"a", patient=True)).id == "a"
            waits.append(monotonic() - began)
        return waits

    first, *others = asyncio.run(hanging())
    assert first > PATIENCE_SECONDS * 0.9
    assert sorted(others)[9] < PATIENCE_SECONDS / 2


def test_a_revoked_key_is_forgotten_when_it_is_looked_up_again(cache, shelf, clock):
    shelf.add("a")
    find(cache, "a")
    del shelf.keys["a"]
    clock.pass_by(31)
    for patient in (True, False):
        with pytest.raises(Unauthenticated):
            find(cache, "a", patient=patient)


def test_the_cache_is_bounded(cache, shelf):
    shelf.add("a")
    (key,) = find(cache, "a")
    cache._seen = {str(n).encode(): _Seen(key, START, START) for n in range(KEYS_MOST)}
    find(cache, "a")
    assert len(cache._seen) == KEYS_MOST
    assert b"0" not in cache._seen
    assert not cache._asking
