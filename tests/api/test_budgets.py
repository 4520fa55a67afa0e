"""Budgets over HTTP: made once, read with what is used of them, changed by whoever has read them."""

from datetime import UTC, datetime
from itertools import count

import pytest

from compensation_service.domain.api_key import Scope
from webapp import case

BODY = {"name": "All", "currency": "EUR", "limit": 100_000, "month": f"{datetime.now(UTC):%Y-%m}"}
_numbers = count()


def create(web, headers=None, key=None, **changes):
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    asking = {**(headers or web.headers), "Idempotency-Key": key or f"budget-{next(_numbers)}"}
    return web.client.post("/budgets", json=body, headers=asking)


def merchant(web):
    """Headers of a merchant of its own, whose budgets are its alone."""
    return web.key(f"shop-{next(_numbers)}")


def test_what_offers_reserve_and_spend_can_be_read_at_any_time(web_on_each):
    web = web_on_each
    headers = merchant(web)
    made = create(web, headers)
    assert made.status_code == 201
    assert (made.headers["etag"], made.json()["left"]["amount"]) == ('"1"', 100_000)
    path = f"/budgets/{made.json()['id']}"

    def figures():
        found = web.client.get(path, headers=headers)
        assert found.headers["etag"] == '"1"', "offers do not change what If-Match stands for"
        return [found.json()[name]["amount"] for name in ("reserved", "spent", "liable", "left")]

    offers = [web.offer(f"ref-{n}", f"C-{n}", headers) for n in range(2)]
    most = [max(option["cost"]["amount"] for option in offer["options"]) for offer in offers]
    assert figures() == [sum(most), 0, sum(most), 100_000 - sum(most)]
    chosen = next(option for option in offers[0]["options"] if option["cost"]["amount"] < most[0])
    web.client.post(f"/offers/{offers[0]['id']}/accept", json={"option": chosen["id"]}, headers=headers)
    spent = chosen["cost"]["amount"]
    assert figures() == [most[1], spent, most[1] + spent, 100_000 - most[1] - spent]
    web.client.post(f"/offers/{offers[1]['id']}/decline", json={}, headers=headers)
    assert figures() == [0, spent, spent, 100_000 - spent]
    assert web.client.get("/budgets", headers=headers).json()["data"][0]["spent"]["amount"] == spent


def test_an_exhausted_budget_is_said_in_the_answer(web):
    headers = merchant(web)
    create(web, headers, limit=1)
    offer = web.offer("ref", merchant=headers)
    assert offer["goodwill"]["refused"]["code"] == offer["guards"][0]["code"] == "budget_exhausted"
    assert offer["status"] == "informational"
    preview = web.client.post("/offers/preview", json=case("ref"), headers=headers).json()
    assert preview["goodwill"]["amount"]["amount"] > 0, "a preview looks into no budget"


def test_a_repeated_request_makes_one_budget(web):
    headers = merchant(web)
    first, second = (create(web, headers, "same") for _ in range(2))
    assert second.headers["idempotent-replayed"] == "true"
    assert first.content == second.content
    assert len(web.client.get("/budgets", headers=headers).json()["data"]) == 1
    assert create(web, headers, "same", limit=5).json()["code"] == "idempotency_key_reused"
    assert web.client.post("/budgets", json=BODY, headers=headers).json()["code"] == "idempotency_key_missing"


@pytest.mark.parametrize(
    ("changes", "starts", "ends"),
    [
        ({"month": "2026-12"}, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ({"month": "2027-02"}, "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z"),
        (
            {"month": None, "starts_at": "2026-12-15T00:00:00+02:00", "ends_at": "2026-12-16T00:00:00+02:00"},
            "2026-12-14T22:00:00Z",
            "2026-12-15T22:00:00Z",
        ),
    ],
)
def test_a_period_is_a_month_or_lies_between_two_moments(web, changes, starts, ends):
    made = create(web, **changes).json()
    assert (made["starts_at"], made["ends_at"]) == (starts, ends)


MOMENTS = {"starts_at": "2026-12-15T00:00:00Z", "ends_at": "2026-12-14T00:00:00Z"}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"month": None}, "", "period_expected"),
        (MOMENTS, "", "period_expected"),
        ({"month": None, "starts_at": MOMENTS["starts_at"]}, "", "period_expected"),
        ({"month": None, **MOMENTS}, "/ends_at", "ends_before_it_starts"),
        ({"month": "2026-13"}, "/month", "string_pattern_mismatch"),
        ({"currency": "CHF"}, "/currency", "unknown_currency"),
        ({"category": "late_delivry"}, "/category", "unknown_category"),
        ({"limit": -1}, "/limit", "greater_than_equal"),
        ({"limit": 10.5}, "/limit", "int_type"),
        ({"low_percent": 101}, "/low_percent", "less_than_equal"),
    ],
)
def test_what_could_never_be_a_budget_is_refused_at_its_place(web, changes, pointer, code):
    answer = create(web, **changes)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


class TestChange:
    @pytest.fixture
    def budget(self, web):
        headers = merchant(web)
        made = create(web, headers).json()
        offer = web.offer("ref", merchant=headers)
        used = max(option["cost"]["amount"] for option in offer["options"])

        def change(match='"1"', **body):
            sent = {**headers, "If-Match": match} if match else headers
            return web.client.patch(f"/budgets/{made['id']}", json=body, headers=sent)

        change.used, change.offer, change.headers = used, offer, headers
        return change

    def test_the_limit_can_be_lowered_to_what_is_used_and_no_further(self, budget):
        refused = budget(limit=budget.used - 1)
        assert (refused.status_code, refused.json()["code"]) == (409, "limit_below_used")
        changed = budget(limit=budget.used)
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        assert changed.json()["left"]["amount"] == 0
        assert changed.json()["low_since"] is not None

    def test_what_was_changed_since_is_not_overwritten(self, budget):
        assert budget(name="December").json()["name"] == "December"
        assert budget(name="January").status_code == 412
        assert budget("*", name="January").json()["version"] == 3
        assert budget(None, name="February").status_code == 428

    def test_what_is_left_out_stays(self, budget):
        before = budget(name="December").json()
        after = budget('"2"', low_percent=50).json()
        same = {"version", "low_percent", "changed_at"}
        assert {name: value for name, value in after.items() if name not in same} == {
            name: value for name, value in before.items() if name not in same
        }

    def test_an_end_before_the_beginning_is_refused(self, budget):
        assert budget(ends_at="2000-01-01T00:00:00Z").json()["errors"][0]["pointer"] == "/ends_at"


def test_the_list_is_filtered_and_turned(web):
    headers = merchant(web)
    made = [create(web, headers, name=f"n{n}", currency=currency) for n, currency in enumerate(["EUR", "USD", "EUR"])]
    create(web, headers, name="late", category="late_delivery", month="2026-12")

    def listed(query):
        return web.client.get(f"/budgets?{query}", headers=headers).json()

    assert [each["name"] for each in listed("currency=EUR")["data"]] == ["late", "n2", "n0"]
    assert [each["name"] for each in listed("category=late_delivery")["data"]] == ["late"]
    assert [each["name"] for each in listed("at=2026-12-10T00:00:00Z")["data"]] == ["late"]
    page = listed("limit=1")
    assert page["has_more"]
    rest = listed(f"limit=100&cursor={page['next_cursor']}")["data"]
    assert [each["id"] for each in rest] == [answer.json()["id"] for answer in reversed(made)]


def test_reading_and_writing_are_two_scopes(web):
    reader = web.key("north", Scope.BUDGETS_READ)
    assert web.client.get("/budgets", headers=reader).status_code == 200
    assert create(web, reader).status_code == 403
