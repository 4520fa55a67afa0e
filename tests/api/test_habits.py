"""What the store knows of a customer's past bites in the next decision, with nothing told in the request, over HTTP."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

import databases
import webapp
from compensation_service.clock import random_id, random_token
from compensation_service.main import create_app
from compensation_service.settings import Settings

BROKEN = {"category": "defective_item", "grade": "impaired", "delay_hours": None}
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Days:
    """A clock that tests turn on by days."""

    def __init__(self):
        self.now = BEGIN

    def __call__(self):
        return self.now

    def pass_by(self, days):
        self.now += timedelta(days=days)


@contextmanager
def serving(url, clock):
    settings = Settings(database_url=url, public_base_url=webapp.BASE, **webapp.UNHELD)
    app = create_app(settings, clock, random_id, random_token)
    with TestClient(app, base_url=webapp.BASE) as client:
        yield webapp.Web(app, client, url)


@pytest.fixture(scope="module")
def clock():
    return Days()


@pytest.fixture(scope="module")
def web(clock, tmp_path_factory):
    with databases.fresh_sqlite(tmp_path_factory.mktemp("habits")) as url, serving(url, clock) as web:
        yield web


def case(web, clock, reference, customer, *, prefers=None, **incident):
    """A delivery two days late, reported an hour ago."""
    reported_at = (clock.now - timedelta(hours=1)).isoformat()
    body = webapp.case(reference, customer)
    body["incident"] = {
        "reference": reference,
        "category": "late_delivery",
        "delay_hours": 72,
        "fault": "company",
        "reported_at": reported_at,
        **incident,
    }
    body["customer"] = {"reference": customer, **({"prefers": prefers} if prefers else {})}
    answer = web.post("/offers", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def kinds(offer):
    return {remedy["kind"] for option in offer["options"] for remedy in option["remedies"]}


def guards(offer):
    return {guard["code"] for guard in offer["guards"]}


def reasons(offer):
    return {reason["code"] for reason in offer["approval"]["reasons"]} if offer["approval"] else set()


@pytest.mark.parametrize("end", [None, "accept", "decline", "withdraw"])
def test_the_second_apology_in_ninety_days_is_a_persons(web, clock, end):
    """It was heard, whatever became of the offer."""
    customer = f"C-apology-{end}"
    first = case(web, clock, f"apology-{end}-1", customer)
    assert "apology" in kinds(first)
    if end:
        assert web.post(f"/offers/{first['id']}/{end}", {}).status_code == 200
    clock.pass_by(89)
    second = case(web, clock, f"apology-{end}-2", customer)
    assert "apology" not in kinds(second)
    assert "personal_call" in kinds(second)
    assert "apology_by_person" in guards(second)
    clock.pass_by(2)
    third = case(web, clock, f"apology-{end}-3", customer)
    assert "apology" in kinds(third), "the first one is ninety days away, and the second was no machine's"


def test_an_apology_that_nobody_heard_does_not_count(web, clock):
    """What was rejected before the customer saw it, or gave way to another offer of the same incident."""
    first = case(web, clock, "unheard-1", "C-unheard")
    again = webapp.case("unheard-1", "C-unheard")
    web.post(f"/offers/{first['id']}/supersede", again, **{"Idempotency-Key": "unheard"})
    with web.app.state.services.store.reading("north") as unit:
        assert unit.offers.get(first["id"]).offer.status == "superseded"
    second = case(web, clock, "unheard-2", "C-unheard")
    assert "apology_by_person" in guards(second), "one was heard, in the offer that took the place"


def test_the_same_soft_kind_is_given_twice_in_ninety_days(web, clock):
    for number in range(2):
        offer = case(web, clock, f"soft-{number}", "C-soft", prefers="gift", **BROKEN)
        chosen = next(each for each in offer["options"] if "gift" in [remedy["kind"] for remedy in each["remedies"]])
        web.post(f"/offers/{offer['id']}/accept", {"option": chosen["id"]})
    third = case(web, clock, "soft-2", "C-soft", prefers="gift", **BROKEN)
    assert "gift" not in kinds(third)
    assert "worn_out" in {code.partition(".")[0] for code in guards(third)}
    clock.pass_by(91)
    assert "gift" in kinds(case(web, clock, "soft-3", "C-soft", prefers="gift", **BROKEN))


def test_a_soft_kind_that_was_declined_wears_nothing_off(web, clock):
    for number in range(3):
        offer = case(web, clock, f"declined-{number}", "C-declined", prefers="gift", **BROKEN)
        assert "gift" in kinds(offer)
        web.post(f"/offers/{offer['id']}/decline", {})


def test_claims_without_proof_ask_for_evidence_and_then_for_a_person(web, clock):
    offers = [case(web, clock, f"claims-{number}", "C-claims", verified=False) for number in range(4)]
    assert ["evidence_requested" in guards(offer) for offer in offers] == [False, False, True, True]
    assert ["claim_rate_person" in reasons(offer) for offer in offers] == [False, False, False, True]
    assert offers[3]["goodwill"]["exact"] == offers[0]["goodwill"]["exact"], (
        "never a colder tone: unverified is no repeat"
    )
    clock.pass_by(366)
    later = case(web, clock, "claims-later", "C-claims", verified=False)
    assert (guards(later) & {"evidence_requested"}, reasons(later)) == (set(), set())


def test_what_did_not_arrive_three_times_without_proof_needs_a_person(web, clock):
    offers = []
    for number in range(3):
        offer = case(
            web, clock, f"never-{number}", "C-never", category="not_received", delay_hours=None, verified=False
        )
        offers.append("unverified_not_received_person" in reasons(offer))
        clock.pass_by(20)
    assert offers == [False, False, True]


def test_two_reference_values_in_twelve_months_are_the_most_without_a_manager(web, clock):
    total, found = 0, None
    for number in range(12):
        offer = case(web, clock, f"year-{number}", "C-year")
        total += offer["goodwill"]["amount"]["amount"]
        clock.pass_by(20)
        if total > 20_000:
            found = offer
            break
        assert "goodwill_12m" not in reasons(offer)
    assert found is not None
    assert (found["status"], found["approval"]["role"]) == ("pending_approval", "manager")
    assert "goodwill_12m" in reasons(found)
    clock.pass_by(366)
    assert case(web, clock, "year-later", "C-year")["status"] == "open"


def test_half_a_reference_value_is_the_most_for_an_order_without_a_person(web):
    total = 0
    for number in range(8):
        body = webapp.case(f"half-{number}", f"C-half-{number}")
        body["order"]["reference"] = "half"
        offer = web.post("/offers", body).json()
        total += offer["goodwill"]["amount"]["amount"]
        assert ("order_goodwill_above_automatic" in reasons(offer)) == (
            total > 5_000 and offer["goodwill"]["amount"]["amount"] > 0
        )
    assert 5_000 < total <= 10_000
