"""Keys over HTTP: what a key may make, that secrets show once, and when an old key ends."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import webapp
from compensation_service.domain.api_key import KEYS_MOST, Role, Scope
from webapp import case

NUMBERS = count()
MANAGE = [Scope.KEYS_MANAGE, Scope.OFFERS_READ]


@pytest.fixture(scope="module")
def web():
    """A service that remembers no key, so that every request sees keys as they are."""
    with webapp.on_sqlite(key_cache_seconds=0) as web:
        yield web


@pytest.fixture
def agent(web):
    """A key of an agent that may manage keys and read offers."""
    return holder(web, Role.AGENT, MANAGE)


def holder(web, role, scopes, merchant="north"):
    key, token = web.app.state.services.keys.create(merchant, "holder", role, frozenset(scopes))
    return {"Authorization": f"Bearer {token}", "id": key.id}


def bearer(headers):
    return {name: value for name, value in headers.items() if name != "id"}


def create(web, by, idempotency_key=None, **body):
    body = {"name": "made", "scopes": ["offers:read"], **body}
    headers = {**bearer(by), "Idempotency-Key": idempotency_key or f"make-{next(NUMBERS)}"}
    return web.client.post("/api-keys", json=body, headers=headers)


def act(web, by, key_id, action, body=None, **headers):
    return web.client.post(f"/api-keys/{key_id}/{action}", json=body or {}, headers={**bearer(by), **headers})


def works(web, token, path="/offers"):
    return web.client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_key_is_made_and_its_token_shown_once(web, agent):
    made = create(web, agent, name="till")
    assert made.status_code == 201
    key = made.json()
    assert works(web, key["token"])
    assert (key["name"], key["role"], key["scopes"], key["status"]) == ("till", "service", ["offers:read"], "active")
    assert key["created_by"] == agent["id"]
    shown = web.client.get(f"/api-keys/{key['id']}", headers=bearer(agent))
    assert shown.json() == {name: value for name, value in key.items() if name not in {"token", "overlap_until"}}
    listed = web.client.get("/api-keys", headers=bearer(agent))
    assert listed.json()["data"][0] == shown.json()
    secret = key["token"].rpartition("_")[2]
    assert secret not in shown.text + listed.text


def test_a_repeated_request_gets_the_same_key_without_its_token(web, agent):
    first, again = (create(web, agent, "again") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "token": None}
    assert again.headers["idempotent-replayed"] == "true"
    assert create(web, agent, "again", name="other").json()["code"] == "idempotency_key_reused"


def test_no_secret_is_stored_anywhere(web, agent):
    secret = create(web, agent, "stored").json()["token"].rpartition("_")[2]
    database = web.app.state.services.store._engines.writer.url.database
    for suffix in ("", "-wal"):
        assert secret.encode() not in Path(database + suffix).read_bytes()


def test_an_idempotency_key_is_needed(web, agent):
    answer = web.client.post("/api-keys", json={"name": "n", "scopes": ["offers:read"]}, headers=bearer(agent))
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("scope", Scope)
def test_no_key_makes_one_that_may_more_than_itself(web, agent, role, scope):
    answer = create(web, agent, role=role, scopes=[scope])
    if scope not in MANAGE:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    elif role not in {Role.SERVICE, Role.AGENT}:
        assert (answer.status_code, answer.json()["code"]) == (403, "authority_needed")
    else:
        assert answer.status_code == 201


@pytest.mark.parametrize("action", ["rotate", "revoke"])
@pytest.mark.parametrize(("role", "scopes"), [(Role.LEAD, MANAGE), (Role.AGENT, [*MANAGE, Scope.OFFERS_WRITE])])
def test_no_key_touches_one_that_may_more_than_itself(web, agent, action, role, scopes):
    above = holder(web, role, scopes)
    assert act(web, agent, above["id"], action).status_code == 403
    assert web.client.get("/offers", headers=bearer(above)).status_code == 200


@pytest.mark.parametrize("path", ["{}", "{}/rotate", "{}/revoke"])
def test_keys_of_others_are_not_there(web, agent, path):
    other = holder(web, Role.SERVICE, [Scope.OFFERS_READ], "south")
    method = "POST" if "/" in path else "GET"
    answer = web.client.request(
        method, f"/api-keys/{path.format(other['id'])}", json={} if method == "POST" else None, headers=bearer(agent)
    )
    assert answer.status_code == 404
    assert other["id"] not in web.client.get("/api-keys?limit=100", headers=bearer(agent)).text


def test_a_rotated_key_goes_on_for_the_overlap_and_no_longer(web, agent):
    old = create(web, agent, name="till", expires_at=(datetime.now(UTC) + timedelta(days=90)).isoformat()).json()
    answer = act(web, agent, old["id"], "rotate", {"overlap_seconds": 3600})
    assert answer.status_code == 201
    new = answer.json()
    assert (new["replaces"], new["name"], new["scopes"], new["role"]) == (old["id"], "till", old["scopes"], "service")
    assert works(web, old["token"])
    assert works(web, new["token"])
    ends = web.client.get(f"/api-keys/{old['id']}", headers=bearer(agent)).json()["expires_at"]
    assert ends == new["overlap_until"] < old["expires_at"]
    assert datetime.fromisoformat(new["expires_at"]) - datetime.now(UTC) > timedelta(days=89)
    assert act(web, agent, old["id"], "rotate").json()["code"] == "key_is_replaced"
    last = act(web, agent, new["id"], "rotate", {"overlap_seconds": 0}).json()
    assert not works(web, new["token"])
    assert works(web, last["token"])
    assert web.client.get(f"/api-keys/{new['id']}", headers=bearer(agent)).json()["status"] == "expired"
    assert act(web, agent, new["id"], "rotate").json()["code"] == "key_is_replaced"


def test_a_rotation_is_repeated_without_a_second_effect(web, agent):
    old = create(web, agent).json()
    headers = {"Idempotency-Key": "rotate"}
    first, again = (act(web, agent, old["id"], "rotate", None, **headers) for _ in range(2))
    assert again.json() == {**first.json(), "token": None}
    assert works(web, first.json()["token"])


def test_a_revoked_key_is_over_for_good(web, agent):
    key = create(web, agent).json()
    first, again = (act(web, agent, key["id"], "revoke") for _ in range(2))
    assert (first.status_code, again.json()) == (200, first.json())
    assert (first.json()["status"], first.json()["revoked_by"]) == ("revoked", agent["id"])
    assert not works(web, key["token"])
    assert act(web, agent, key["id"], "rotate").json()["code"] == "key_is_over"


def test_a_key_may_end_itself(web):
    mine = holder(web, Role.SERVICE, MANAGE)
    assert act(web, mine, mine["id"], "revoke").status_code == 200
    assert act(web, mine, mine["id"], "revoke").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"role": "owner"},
        {"name": ""},
        {"merchant_id": "south"},
        {"id": "abcdefgh2345"},
        {"secret_sha256": "0" * 64},
        {"created_by": "command-line"},
    ],
)
def test_what_cannot_be_is_refused(web, agent, change):
    assert create(web, agent, **change).status_code == 422


@pytest.mark.parametrize("overlap", [-1, 30 * 86_400 + 1, "60"])
def test_an_overlap_is_bounded(web, agent, overlap):
    key = create(web, agent).json()
    assert act(web, agent, key["id"], "rotate", {"overlap_seconds": overlap}).status_code == 422
    assert works(web, key["token"])


def test_pages_hold_every_key_once(web):
    admin = holder(web, Role.ADMIN, Scope, "east")
    made = {create(web, admin).json()["id"] for _ in range(5)} | {admin["id"]}
    seen, query = [], "?limit=2"
    while query:
        page = web.client.get(f"/api-keys{query}", headers=bearer(admin)).json()
        seen += [key["id"] for key in page["data"]]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen))
    assert set(seen) == made


def test_a_key_that_was_revoked_meanwhile_makes_no_other(database_url):
    """The key is remembered for reads, but a write looks in its own transaction."""
    with webapp.running(database_url) as web:
        mine = holder(web, Role.SERVICE, MANAGE)
        assert web.client.get("/offers", headers=bearer(mine)).status_code == 200
        web.app.state.services.keys.revoke("north", mine["id"])
        assert create(web, mine).status_code == 401
        assert act(web, mine, mine["id"], "rotate").status_code == 401


def test_on_either_database(database_url):
    with webapp.running(database_url, key_cache_seconds=0) as web:
        mine = holder(web, Role.LEAD, Scope)
        key = create(web, mine, scopes=["offers:write", "offers:read"]).json()
        new = act(web, mine, key["id"], "rotate").json()
        headers = {"Authorization": f"Bearer {new['token']}"}
        assert web.client.post("/offers", json=case("keys"), headers=headers).status_code == 201
        assert act(web, mine, new["id"], "revoke").json()["status"] == "revoked"
        assert web.client.post("/offers", json=case("keys-2"), headers=headers).status_code == 401
        page = web.client.get("/api-keys?limit=2", headers=bearer(mine)).json()
        rest = web.client.get(f"/api-keys?limit=2&cursor={page['next_cursor']}", headers=bearer(mine)).json()
        assert {each["id"] for each in page["data"]} == {key["id"], new["id"]}
        assert mine["id"] in {each["id"] for each in rest["data"]}


def test_a_merchant_has_a_bounded_number_of_keys(web):
    keys = web.app.state.services.keys
    admin = holder(web, Role.ADMIN, Scope, "west")
    with web.app.state.services.store.writing("west") as unit:
        some = unit.api_keys.get(admin["id"])
        for number in range(KEYS_MOST - 1):
            unit.api_keys.add(type(some)(f"many{number:08d}", "west", "n", some.role, some.scopes, "", some.created_at))
    assert create(web, admin).json()["code"] == "too_many_api_keys"
    keys.revoke("west", "many00000001")
    assert create(web, admin).status_code == 201
