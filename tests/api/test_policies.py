"""`/policies` over HTTP: what is answered, what is refused, and that it decides."""

import pytest

import webapp
from compensation_service.api.policy_answers import (
    PolicyCheckOut,
    PolicyDiffOut,
    PolicyPage,
    PolicyVersionWhole,
    RecomputeOut,
)
from compensation_service.domain.api_key import Scope
from compensation_service.policies.load import default_text

GENEROUS = default_text().replace("share_max: 0.30", "share_max: 0.35", 1)
BROKEN = default_text().replace("total_cap: 1.20", "total_cap: 1.51", 1)


@pytest.fixture
def shop(web):
    """A merchant of its own for each test: the key of an author, and that of a second person."""
    return Shop(web)


class Shop:
    made = 0

    def __init__(self, web):
        Shop.made += 1
        self.merchant = f"shop-{Shop.made}"
        self.web = web
        self.author, self.second = (web.key(self.merchant) for _ in range(2))

    def ask(self, method, path, body=None, headers=None, **more):
        return self.web.client.request(method, path, json=body, headers={**(headers or self.author), **more})

    def draft(self, text=GENEROUS, key="k1"):
        answer = self.ask("POST", "/policies", {"text": text}, **{"Idempotency-Key": key})
        assert answer.status_code == 201, answer.text
        return answer

    def activate(self, version, etag, body=None, headers=None, **more):
        path = f"/policies/{version}/activate"
        return self.ask("POST", path, body or {}, headers or self.second, **{"If-Match": etag, **more})


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_from_the_default_to_a_version_of_ones_own(shop):
    before = shop.web.offer("R-1", merchant=shop.author)
    draft = shop.draft()
    PolicyVersionWhole.model_validate(draft.json())
    assert (draft.json()["version"], draft.json()["status"], draft.json()["text"]) == (2, "draft", GENEROUS)
    etag = draft.headers["ETag"]
    assert shop.ask("GET", "/policies/2").headers["ETag"] == etag
    active = shop.activate(2, etag)
    assert active.status_code == 200, active.text
    assert active.json()["deciding"]
    assert active.headers["ETag"] != etag
    after = shop.web.offer("R-2", customer="C-2", merchant=shop.author)
    previewed = shop.ask("POST", "/offers/preview", webapp.case(None)).json()
    assert [made["policy"]["version"] for made in (before, after, previewed)] == [1, 2, 2]
    assert "stale_since" not in previewed["policy"]
    assert before["goodwill"]["exact"] < after["goodwill"]["exact"]
    for made in (before, after):
        again = shop.ask("POST", f"/offers/{made['id']}/recompute")
        assert RecomputeOut.model_validate(again.json()).same, again.text


def test_a_list_shows_the_newest_first_without_texts(shop):
    for number in range(3):
        shop.draft(key=f"k{number}")
    first = shop.ask("GET", "/policies?limit=3").json()
    PolicyPage.model_validate(first)
    assert [version["version"] for version in first["data"]] == [4, 3, 2]
    rest = shop.ask("GET", f"/policies?limit=3&cursor={first['next_cursor']}").json()
    assert [version["version"] for version in rest["data"]] == [1]
    assert not rest["has_more"]


def test_a_text_that_cannot_decide_is_refused_with_every_place(shop):
    answer = shop.ask("POST", "/policies", {"text": BROKEN}, **{"Idempotency-Key": "k"})
    assert problem(answer) == (422, "unusable_policy")
    (finding,) = answer.json()["findings"]
    line = BROKEN.splitlines()[finding["line"] - 1]
    assert line[finding["column"] - 1 :].startswith("1.51")
    assert (finding["path"], finding["code"]) == ("goodwill.total_cap", "total_cap_too_high")
    assert finding["reason"]
    assert finding["advice"]
    assert answer.json()["errors"][0]["pointer"] == "/text"


def test_a_check_tells_the_same_and_keeps_nothing(shop):
    broken = shop.ask("POST", "/policies/check", {"text": BROKEN})
    assert broken.status_code == 200
    assert PolicyCheckOut.model_validate(broken.json()).problems[0].code == "total_cap_too_high"
    unwise = PolicyCheckOut.model_validate(shop.ask("POST", "/policies/check", {"text": GENEROUS}).json())
    assert unwise.usable
    assert unwise.warnings
    assert len(shop.ask("GET", "/policies").json()["data"]) == 1


def test_a_draft_is_replaced_by_whoever_has_read_it(shop):
    etag = shop.draft().headers["ETag"]
    body = {"text": GENEROUS.replace("name: default", "name: mine")}
    assert problem(shop.ask("PUT", "/policies/2", body)) == (428, "precondition_required")
    assert problem(shop.ask("PUT", "/policies/2", body, **{"If-Match": '"other"'})) == (412, "precondition_failed")
    changed = shop.ask("PUT", "/policies/2", body, **{"If-Match": etag})
    assert (changed.status_code, changed.json()["name"]) == (200, "mine")
    assert problem(shop.ask("PUT", "/policies/2", body, **{"If-Match": etag})) == (412, "precondition_failed")
    assert shop.ask("PUT", "/policies/2", body, **{"If-Match": "*"}).status_code == 200


def test_activation_needs_a_second_person_who_has_read_it(shop):
    etag = shop.draft().headers["ETag"]
    path = "/policies/2/activate"
    assert problem(shop.ask("POST", path, {}, shop.second)) == (428, "precondition_required")
    assert problem(shop.activate(2, '"other"')) == (412, "precondition_failed")
    assert problem(shop.activate(2, etag, headers=shop.author)) == (409, "second_person_needed")
    early = shop.activate(2, etag, {"active_from": "2020-01-01T00:00:00Z"})
    assert problem(early) == (422, "invalid_request")
    assert early.json()["errors"][0]["pointer"] == "/active_from"
    assert shop.activate(2, etag, {"active_from": "2199-01-01T00:00:00Z"}).json()["deciding"] is False
    etag = shop.ask("GET", "/policies/2").headers["ETag"]
    assert problem(shop.activate(2, etag)) == (409, "illegal_move")
    assert problem(shop.ask("PUT", "/policies/2", {"text": GENEROUS}, **{"If-Match": etag})) == (409, "illegal_move")


def test_a_repeated_request_has_one_effect(shop):
    missing = shop.ask("POST", "/policies", {"text": GENEROUS})
    assert problem(missing) == (400, "idempotency_key_missing")
    first, again = shop.draft(), shop.draft()
    assert again.content == first.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = shop.ask("POST", "/policies", {"text": GENEROUS + "#"}, **{"Idempotency-Key": "k1"})
    assert problem(other) == (422, "idempotency_key_reused")
    key = {"Idempotency-Key": "a1"}
    active = shop.activate(2, first.headers["ETag"], **key)
    assert shop.activate(2, first.headers["ETag"], **key).content == active.content


def test_a_difference_in_words_and_cases(shop):
    shop.draft()
    found = PolicyDiffOut.model_validate(shop.ask("GET", "/policies/1/diff/2").json())
    assert [change.text for change in found.changes] == ["late_delivery: share_max 0.30 → 0.35"]
    assert any(case.changed for case in found.golden)
    assert not all(case.changed for case in found.golden)


def test_a_policy_may_be_long_and_not_too_long(shop):
    long = GENEROUS + "# a comment\n" * 50_000
    assert shop.draft(long).json()["text"] == long
    answer = shop.ask("POST", "/policies", {"text": "#" * (2**20)}, **{"Idempotency-Key": "k2"})
    assert problem(answer) == (413, "body_too_large")
    assert problem(shop.ask("POST", "/policies/check", {"text": "a\x00b"})) == (422, "forbidden_character")


def test_another_merchants_versions_are_not_there(shop, web):
    etag = shop.draft().headers["ETag"]
    stranger = Shop(web)
    offer = web.offer("R-9", merchant=shop.author)
    for answer in (
        stranger.ask("GET", "/policies/2"),
        stranger.ask("PUT", "/policies/2", {"text": GENEROUS}, **{"If-Match": etag}),
        stranger.activate(2, etag),
        stranger.ask("GET", "/policies/1/diff/2"),
        stranger.ask("POST", f"/offers/{offer['id']}/recompute"),
    ):
        assert problem(answer) == (404, "not_found")


def test_a_reader_writes_nothing(shop, web):
    reader = web.key(shop.merchant, Scope.POLICIES_READ)
    assert shop.ask("GET", "/policies", headers=reader).status_code == 200
    assert shop.ask("POST", "/policies/check", {"text": GENEROUS}, reader).status_code == 200
    assert shop.ask("POST", "/policies", {"text": GENEROUS}, reader).status_code == 403


def test_a_word_is_no_version(shop):
    assert problem(shop.ask("GET", "/policies/newest")) == (404, "not_found")
    wrong = shop.ask("PUT", "/policies/check", {"text": GENEROUS})
    assert problem(wrong) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"
