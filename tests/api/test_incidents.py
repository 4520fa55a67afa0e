"""Incidents over HTTP: recorded, decided later, changed, opened again; and what that means for later decisions."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from compensation_service.api.answers import OfferOut
from compensation_service.api.incident_answers import IncidentDetail, IncidentOut, TimelinePage
from compensation_service.clock import random_id, system_clock
from compensation_service.policies.load import default_text
from compensation_service.services.escalations import EscalationService
from compensation_service.services.policy_book import PolicyBook
from decision.cases import A_CHOICE_OF_SUMS, BY_DAYS
from webapp import case

_numbers = count()
NOT_DECIDED = {"id", "incident", "links"}
"""What differs between two offers that were decided alike."""


@pytest.fixture
def web(web_on_each):
    return web_on_each


def told(**more):
    """What a help desk knows at first: not enough for a decision."""
    number = next(_numbers)
    body = {
        "incident": {"reference": f"inc-{number}", "category": "late_delivery"},
        "order": {"reference": f"order-{number}"},
        "customer": {"reference": f"customer-{number}", "locale": "en"},
    }
    return {**body, **more}


REST = {
    "incident": {"delay_hours": 72, "fault": "company"},
    "order": {"currency": "EUR", "total": 10490, "shipping": 490},
}
"""What is found out later."""


def record(web, body=None, **headers):
    answer = web.post("/incidents", body or told(), **headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def decide(web, incident, body=REST, **headers):
    return web.post(f"/incidents/{incident['id']}/decision", body, **headers)


def change(web, incident_id, version, body):
    return web.client.patch(f"/incidents/{incident_id}", json=body, headers={**web.headers, "If-Match": version})


def read(web, incident):
    return web.get(f"/incidents/{incident['id']}").json()


def types(web, incident):
    return [event["type"] for event in read(web, incident)["events"]]


def offered(web, customer="C-1"):
    """An incident that came with a request for an offer, and the offer."""
    offer = web.offer(f"made-{next(_numbers)}", customer)
    return offer["incident"], offer


def finish(web, offer):
    assert web.post(f"/offers/{offer['id']}/accept", {}).status_code == 200


def test_an_incident_is_recorded_without_a_decision(web):
    body = told(owner="Elena, returns desk", root_cause={"stage": "transit", "carrier": "Snail Post"})
    answer = web.post("/incidents", body)
    recorded = IncidentOut.model_validate(answer.json())
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert (recorded.status, recorded.band, recorded.severity) == ("open", None, None)
    assert (recorded.owner, recorded.root_cause.stage, recorded.root_cause.carrier) == (
        "Elena, returns desk",
        "transit",
        "Snail Post",
    )
    shown = read(web, answer.json())
    assert IncidentDetail.model_validate(shown).events[0].type == "incident.recorded"
    assert (shown["offers"], shown["follow_ups"], shown["has_earlier_events"]) == ([], [], False)
    assert web.get(f"/incidents?reference={recorded.reference}").json()["data"] == [answer.json()]


def test_the_same_again_answers_the_same_and_something_else_is_refused(web):
    body = told()
    first = record(web, body)
    again = web.post("/incidents", body)
    assert (again.status_code, again.headers["idempotent-replayed"], again.json()) == (200, "true", first)
    change(web, first["id"], "*", {"facts": {"incident": {"fault": "partner"}}})
    later = web.post("/incidents", body)
    assert (later.status_code, later.json()["fault"]) == (200, "partner"), "as it stands"
    for other in (
        {**body, "customer": {"reference": "somebody-else"}},
        {**body, "incident": {**body["incident"], "category": "wrong_item"}},
        {**body, "owner": "Elena"},
    ):
        refused = web.post("/incidents", other)
        assert refused.status_code == 422
        assert [error["code"] for error in refused.json()["errors"]] == ["reference_taken"]
    incident, offer = offered(web, "C-known")
    known = case(offer["incident"]["reference"], "C-known")
    assert web.post("/incidents", known).json()["id"] == incident["id"], "it came with a request for an offer before"


def test_without_a_reference_a_key_is_needed_and_does(web):
    body = told()
    del body["incident"]["reference"]
    assert web.post("/incidents", body).json()["code"] == "idempotency_key_missing"
    first = web.post("/incidents", body, **{"Idempotency-Key": "record"})
    again = web.post("/incidents", body, **{"Idempotency-Key": "record"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    other = web.post("/incidents", told(), **{"Idempotency-Key": "record"})
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"customer": {"reference": "C-1"}}, "/incident"),
        ({"incident": {"reference": "R"}, "customer": {"reference": "C-1"}}, "/incident/category"),
        ({"incident": {"reference": "R", "category": "other"}, "customer": {}}, "/customer/reference"),
        ({**told(), "order": {"total": 5, "shipping": 6}}, "/order"),
        ({**told(), "decided_at": "2026-01-01T00:00:00Z"}, "/decided_at"),
        ({**told(), "root_cause": {"stage": "moon"}}, "/root_cause/stage"),
        ({**told(), "earlier": "inc_nothing"}, "/earlier"),
    ],
)
def test_what_is_not_usable_is_named(web, body, place):
    refused = web.post("/incidents", body)
    assert refused.status_code == 422
    assert place in [error["pointer"] for error in refused.json()["errors"]]


def test_a_decision_on_a_recorded_incident_is_that_of_a_request_for_an_offer(web):
    incident = record(web)
    missing = decide(web, incident, {})
    assert missing.status_code == 422
    assert {error["pointer"] for error in missing.json()["errors"]} == {"/order/currency", "/order/total"}
    assert decide(web, incident, {"order": REST["order"]}).json()["code"] == "unusable_facts"
    answer = decide(web, incident)
    assert answer.status_code == 201
    offer = OfferOut.model_validate(answer.json())
    assert offer.incident.id == incident["id"]
    whole = told()
    direct = web.post("/offers", {name: {**whole[name], **REST.get(name, {})} for name in whole})
    assert alike(answer.json()) == alike(direct.json())
    after = read(web, incident)
    assert (after["status"], after["band"], after["fault"]) == ("offered", "moderate", "company")
    assert after["offers"] == [{"id": offer.id, "status": "open", "decided_at": answer.json()["decided_at"]}]
    assert types(web, incident) == ["incident.recorded", "offer.created"]


def alike(offer):
    """What was decided, without names and moments."""
    moments = {"decided_at", "acknowledge_by", "respond_by", "carry_out_by", "follow_up_at", "expires_at"}
    text = json.dumps({name: value for name, value in offer.items() if name not in NOT_DECIDED | moments})
    return text.replace(offer["decided_at"][:10], "today")


def test_one_offer_at_a_time_and_the_same_again_is_that_one(web):
    incident = record(web)
    first = decide(web, incident)
    for body in ({}, REST):
        again = decide(web, incident, body)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        assert again.headers["idempotent-replayed"] == "true"
    other = decide(web, incident, {"incident": {"delay_hours": 96}})
    assert (other.status_code, other.json()["code"], other.json()["allowed"]) == (409, "illegal_move", [])
    keyed = decide(web, incident, REST, **{"Idempotency-Key": "decide"})
    assert keyed.content == decide(web, incident, REST, **{"Idempotency-Key": "decide"}).content


def test_a_request_for_an_offer_finds_what_was_recorded(web):
    """The help desk records, the shop's backend asks: one incident, one offer, and the file stays."""
    body = told(owner="Elena")
    incident = record(web, body)
    whole = {name: {**body[name], **REST.get(name, {})} for name in ("incident", "order", "customer")}
    stranger = {**whole, "customer": {"reference": "somebody-else"}}
    assert web.post("/offers", stranger).json()["errors"][0]["code"] == "reference_taken"
    made = web.post("/offers", whole)
    assert (made.status_code, made.json()["incident"]["id"]) == (201, incident["id"])
    assert web.post("/offers", whole).json()["id"] == made.json()["id"]
    after = read(web, incident)
    assert (after["status"], after["owner"], after["version"]) == ("offered", "Elena", 2)
    assert types(web, incident) == ["incident.recorded", "offer.created"]
    closed = record(web, told())
    change(web, closed["id"], "*", {"status": "closed"})
    asked = {**whole, "incident": {**whole["incident"], "reference": closed["reference"]}}
    asked["customer"] = closed["customer"]
    assert web.post("/offers", asked).json()["allowed"] == ["reopen"], "it is over until it is opened again"


def test_what_is_known_is_corrected_piece_by_piece(web):
    incident = record(web)
    changed = change(web, incident["id"], '"1"', {"facts": {"incident": {"fault": "partner", "summary": "Rain."}}})
    assert (changed.status_code, changed.headers["etag"], changed.json()["version"]) == (200, '"2"', 2)
    assert (changed.json()["fault"], changed.json()["summary"]) == ("partner", "Rain.")
    change(web, incident["id"], '"2"', {"facts": {"incident": {"summary": None}, "order": REST["order"]}})
    answer = decide(web, incident, {"incident": {"delay_hours": 72}})
    assert answer.status_code == 201
    assert read(web, incident)["summary"] is None
    assert [factor["value"] for factor in answer.json()["goodwill"]["factors"] if factor["code"] == "fault"] == ["0.85"]


def test_the_file_says_who_answers_for_it_and_where_it_went_wrong(web):
    incident = record(web, told(root_cause={"stage": "packing", "cause": "no padding"}))
    body = {"owner": "Elena", "root_cause": {"product": "Kettle", "cause": None}}
    changed = change(web, incident["id"], '"1"', body).json()
    assert changed["owner"] == "Elena"
    assert changed["root_cause"] == {"stage": "packing", "cause": None, "product": "Kettle", "carrier": None}
    nothing = change(web, incident["id"], '"2"', {"owner": "Elena"}).json()
    assert nothing["version"] == 2, "what is so already changes nothing"
    cleared = change(web, incident["id"], '"2"', {"owner": None, "root_cause": None}).json()
    assert (cleared["owner"], set(cleared["root_cause"].values())) == (None, {None})
    events = read(web, incident)["events"]
    assert [event.get("changed") for event in events] == [None, ["owner", "root_cause"], ["owner", "root_cause"]]


def test_a_change_says_what_it_was_decided_on(web):
    incident = record(web)
    path = f"/incidents/{incident['id']}"
    missing = web.client.patch(path, json={"owner": "Elena"}, headers=web.headers)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert change(web, incident["id"], '"1"', {"owner": "Elena"}).status_code == 200
    stale = change(web, incident["id"], '"1"', {"owner": "Boris"})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert web.get(path).headers["etag"] == '"2"'
    assert read(web, incident)["owner"] == "Elena"
    decide(web, incident)
    assert change(web, incident["id"], '"2"', {"owner": "Boris"}).status_code == 412, "an offer changes it too"


@pytest.mark.parametrize(
    "facts",
    [
        {"incident": {"reference": "another"}},
        {"customer": {"reference": "another"}},
        {"customer": {"reference": None}},
        {"incident": {"category": None}},
        {"incident": {"delay_hours": "soon"}},
        {"order": {"shipping": 5, "total": 1}},
        {"lines": []},
    ],
)
def test_an_incident_stays_what_it_is(web, facts):
    incident = record(web)
    assert change(web, incident["id"], "*", {"facts": facts}).status_code == 422
    assert decide(web, incident, facts).status_code == 422
    assert read(web, incident)["version"] == 1


def test_somebody_can_end_it_without_an_offer(web):
    for status, event in (("resolved", "incident.resolved"), ("closed", "incident.closed")):
        incident = record(web)
        ended = change(web, incident["id"], '"1"', {"status": status})
        assert ended.json()["status"] == status
        assert change(web, incident["id"], "*", {"status": status}).json()["version"] == 2
        assert types(web, incident) == ["incident.recorded", event]
        assert decide(web, incident).status_code == 409
    incident, _ = offered(web)
    refused = change(web, incident["id"], "*", {"status": "closed"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, []), "its offer waits for the customer"
    assert change(web, incident["id"], "*", {"status": "open"}).status_code == 422


@pytest.mark.parametrize("move", ["decline", "withdraw"])
def test_an_offer_that_came_to_nothing_leaves_the_incident_open(web, move):
    incident, offer = offered(web, f"C-{move}")
    assert web.post(f"/offers/{offer['id']}/{move}", {}).status_code == 200
    assert read(web, incident)["status"] == "open"
    repeated = web.post("/offers", case(offer["incident"]["reference"], f"C-{move}"))
    assert (repeated.status_code, repeated.json()["id"]) == (200, offer["id"]), "a retry makes no second offer"
    anew = decide(web, incident, {})
    assert anew.status_code == 201
    assert anew.json()["id"] != offer["id"]
    assert [each["status"] for each in read(web, incident)["offers"]][1] == "open"
    latest = web.post("/offers", case(offer["incident"]["reference"], f"C-{move}"))
    assert latest.json()["id"] == anew.json()["id"]


def test_it_is_opened_again_and_decided_anew(web):
    incident, offer = offered(web, "C-again")
    refused = web.post(f"/incidents/{incident['id']}/reopen", {"reason": "too early"})
    assert refused.status_code == 409
    finish(web, offer)
    assert read(web, incident)["status"] == "resolved"
    opened = web.post(f"/incidents/{incident['id']}/reopen", {"reason": "The new one leaks as well."})
    assert (opened.json()["status"], opened.json()["reopened"]) == ("open", 1)
    again = web.post(f"/incidents/{incident['id']}/reopen", {"reason": "The new one leaks as well."})
    assert (again.status_code, again.json()["reopened"]) == (200, 1)
    other = web.post(f"/incidents/{incident['id']}/reopen", {"reason": "Something else."})
    assert (other.status_code, other.json()["allowed"]) == (409, ["offer", "settle", "close"])
    (event,) = [event for event in read(web, incident)["events"] if event["type"] == "incident.reopened"]
    assert event["reopening"] == {"number": 1, "reason": "The new one leaks as well."}
    anew = decide(web, incident, {})
    assert anew.status_code == 201
    assert "repeats" in [factor["code"] for factor in anew.json()["severity"]["factors"]]
    assert [each["status"] for each in read(web, incident)["offers"]] == ["accepted", "open"]
    assert read(web, incident)["follow_ups"][0]["status"] == "cancelled"


@pytest.mark.parametrize(("first", "then"), [("A-1", "A-1"), (None, None), (None, "A-2"), ("A-3", None)])
def test_a_price_that_was_given_back_is_not_given_back_when_it_is_opened_again(web, first, then):
    cancelled = {
        "reference": f"back-{first}-{then}",
        "category": "cannot_supply",
        "grade": "cancelled",
        "fault": "company",
    }
    order = {"currency": "EUR", "total": 10_000}
    incident = record(web, told(incident=cancelled, order={**order, "reference": first}))
    offer = decide(web, incident, {}).json()
    assert [item["amount"]["amount"] for item in offer["entitlements"]] == [10_000]
    finish(web, offer)
    web.post(f"/incidents/{incident['id']}/reopen", {"reason": "Nothing came, again."})
    anew = decide(web, incident, {"order": {**order, "reference": then}})
    assert (anew.status_code, anew.json()["entitlements"]) == (201, [])


OF_OTHERS = "".join(
    BY_DAYS.removeprefix("\nschemes:\n")
    .replace("shop-by-days", f"shop-in-{currency.lower()}")
    .replace("EUR", currency)
    .replace("late_delivery", "other")
    for currency in ("EUR", "GBP")
)
PROMISED = BY_DAYS + A_CHOICE_OF_SUMS + "    categories: [wrong_item]\n" + OF_OTHERS


@pytest.fixture
def promising(web):
    """A shop of its own that pays 5.00 for a late parcel, 5.00 or a voucher for a wrong item, and for other trouble
    in euros and in pounds."""
    headers, second = ({**web.key("promising"), "Idempotency-Key": "promise"} for _ in range(2))
    body = {"text": default_text() + PROMISED}
    made = web.client.post("/policies", json=body, headers=headers)
    while made.status_code == 503:  # reading a policy takes a while where much else goes on
        made = web.client.post("/policies", json=body, headers=headers)
    assert made.status_code in {200, 201}, made.text
    path = f"/policies/{made.json()['version']}/activate"
    answer = web.client.post(path, json={}, headers={**second, "If-Match": made.headers["etag"]})
    assert answer.status_code in {200, 409, 412}, answer.text  # the other tests may have activated it
    headers.pop("Idempotency-Key")
    return Shop(web, headers)


class Shop:
    def __init__(self, web, headers):
        self.web, self.headers = web, headers

    def ask(self, method, path, body=None):
        answer = self.web.client.request(method, path, json=body, headers=self.headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def again(self, offer, **incident):
        """The incident of an offer is opened again, and decided again."""
        path = f"/incidents/{offer['incident']['id']}"
        self.ask("POST", f"{path}/reopen", {"reason": "No better."})
        return self.ask("POST", f"{path}/decision", {"incident": incident} if incident else {})

    def take(self, offer, **choice):
        if offer["status"] == "open":
            self.ask("POST", f"/offers/{offer['id']}/accept", choice)


def late(reference, days, order=None):
    """A parcel that comes late by the customer's own doing: nothing but what was promised is due."""
    body = case(reference, f"customer-{reference}")
    incident = {**body["incident"], "fault": "customer", "attributes": {"days": days}}
    return {**body, "incident": incident, "order": {**body["order"], "reference": order or f"order-{reference}"}}


def left_to_give(offer):
    """What is left to give by the promise, and the sums that the options begin with."""
    [owed] = offer["entitlements"]
    first = [option["remedies"][0]["value"] for option in offer["options"]]
    return owed["amount"] and owed["amount"]["amount"], {value["amount"] for value in first if value}


@pytest.mark.parametrize("fails", [False, True])
def test_what_was_promised_is_given_once_for_an_incident_that_is_opened_again(promising, fails):
    """Also where giving it failed: it is still owed by the offer that was accepted."""
    offer = promising.ask("POST", "/offers", late(f"once-{next(_numbers)}", 1))
    assert left_to_give(offer) == (500, {500})
    promising.take(offer)
    if fails:
        promising.ask("POST", f"/offers/{offer['id']}/remedies/1/failed", {})
    for days, left in ((1, 0), (1, 0), (3, 1_000), (2, 0), (4, 500)):
        offer = promising.again(offer, attributes={"days": days})
        amount, sums = left_to_give(offer)
        assert (amount, left in sums) == (left, left > 0)
        assert "по-ранно предложение" in offer["entitlements"][0]["text"]
        assert promising.ask("POST", f"/offers/{offer['id']}/recompute", {})["same"]
        promising.take(offer)


def test_what_was_not_taken_or_is_of_another_incident_was_not_given(promising):
    declined = promising.ask("POST", "/offers", late(f"declined-{next(_numbers)}", 2))
    promising.ask("POST", f"/offers/{declined['id']}/decline", {"reason": "too_little"})
    closed = promising.web.client.patch(
        f"/incidents/{declined['incident']['id']}",
        json={"status": "closed"},
        headers={**promising.headers, "If-Match": "*"},
    )
    assert closed.status_code == 200, closed.text
    anew = promising.again(declined)
    assert left_to_give(anew) == (1_000, {1_000})
    promising.take(anew)
    other = promising.ask("POST", "/offers", late(f"other-{next(_numbers)}", 1, order=f"order-{declined['id']}"))
    assert left_to_give(other) == (500, {500})


def test_a_promise_in_a_form_of_the_customers_choice_is_given_once(promising):
    body = late(f"form-{next(_numbers)}", 1)
    body["incident"] |= {"category": "wrong_item", "grade": "variant", "delay_hours": None, "attributes": {}}
    offer = promising.ask("POST", "/offers", body)
    assert {500, 700} <= left_to_give(offer)[1]
    voucher, *_ = [each["id"] for each in offer["options"] if each["remedies"][0]["kind"] == "store_credit"]
    promising.take(offer, option=voucher)
    left, sums = left_to_give(promising.again(offer))
    assert (left, sums & {500, 700}) == (0, set())


def owed_in_each_currency(offer):
    return {owed["amount"]["currency"]: owed["amount"]["amount"] for owed in offer["entitlements"]}


def test_what_was_given_in_another_currency_settles_nothing(promising):
    body = late(f"currency-{next(_numbers)}", 1)
    body["incident"] |= {"category": "other", "grade": "minor", "delay_hours": None}
    body["order"]["currency"] = "GBP"
    offer = promising.ask("POST", "/offers", body)
    assert owed_in_each_currency(offer) == {"EUR": 500, "GBP": 500}
    promising.take(offer)
    path = f"/incidents/{offer['incident']['id']}"
    promising.ask("POST", f"{path}/reopen", {"reason": "It was paid in euros."})
    anew = promising.ask("POST", f"{path}/decision", {"order": {**body["order"], "currency": "EUR"}})
    assert owed_in_each_currency(anew) == {"EUR": 500, "GBP": 500}


def test_what_an_erased_customer_was_given_is_not_known_any_more(promising):
    body = late(f"erased-{next(_numbers)}", 1)
    offer = promising.ask("POST", "/offers", body)
    promising.take(offer)
    promising.ask("POST", f"/customers/{body['customer']['reference']}/erase", {"reason": "asked for"})
    path = f"/incidents/{offer['incident']['id']}"
    erased = promising.ask("POST", f"{path}/reopen", {"reason": "No better."})["customer"]
    incident = {**body["incident"], "reference": None}
    told_again = {"incident": incident, "order": {**body["order"], "reference": None}, "customer": erased}
    assert left_to_give(promising.ask("POST", f"{path}/decision", told_again)) == (500, {500})


def test_what_was_not_over_weighs_in_later_decisions_as_a_failed_recovery(web):
    scores = {}
    for customer in ("C-content", "C-let-down"):
        incident, offer = offered(web, customer)
        finish(web, offer)
        if customer == "C-let-down":
            web.post(f"/incidents/{incident['id']}/reopen", {"reason": "No better."})
        _, following = offered(web, customer)
        scores[customer] = weight_of_repeats(following)
    assert scores == {"C-content": "1.5", "C-let-down": "2.5"}


def weight_of_repeats(offer):
    """R of an offer, read off its explanation."""
    (factor,) = [factor for factor in offer["severity"]["factors"] if factor["code"] == "repeats"]
    return factor["text"].rpartition(" ")[2].replace(",", ".")


def test_an_incident_that_was_only_recorded_counts_as_one_and_its_own_decision_leaves_it_out(web):
    body = told()
    incident = record(web, body)
    own = decide(web, incident).json()
    assert "repeats" not in [factor["code"] for factor in own["severity"]["factors"]]
    second = record(web, {**told(), "customer": body["customer"], "earlier": incident["id"]})
    assert second["earlier"] == incident["id"]
    assert weight_of_repeats(decide(web, second).json()) == "1.5", "the chain counts once, as the incident that it is"


def test_an_incident_without_a_reference_is_not_its_own_predecessor(web):
    body = told()
    del body["incident"]["reference"]
    incident = web.post("/incidents", body, **{"Idempotency-Key": body["customer"]["reference"]}).json()
    own = decide(web, incident).json()
    assert "repeats" not in [factor["code"] for factor in own["severity"]["factors"]]


def test_a_chain_holds_incidents_of_one_customer_and_ends(web):
    body = told()
    first = record(web, body)
    second = record(web, {**told(), "customer": body["customer"], "earlier": first["id"]})
    stranger = record(web)
    for incident, earlier in ((first, second["id"]), (first, first["id"]), (first, stranger["id"])):
        refused = change(web, incident["id"], "*", {"earlier": earlier})
        assert [error["code"] for error in refused.json()["errors"]] == ["unknown_earlier_incident"]
    assert change(web, second["id"], "*", {"earlier": None}).json()["earlier"] is None


def test_nothing_of_an_incident_that_is_not_there(web):
    nothing = {"id": "inc_nothing"}
    assert decide(web, nothing).status_code == 404
    assert change(web, "inc_nothing", "*", {}).status_code == 404
    assert web.post("/incidents/inc_nothing/reopen", {"reason": "x"}).status_code == 404
    assert web.get("/incidents/inc_nothing/timeline").status_code == 404


def test_the_timeline_turns_pages_and_filters(web):
    incident, offer = offered(web, "C-timeline")
    finish(web, offer)
    for number in range(3):
        change(web, incident["id"], "*", {"owner": f"Owner {number}"})
    path, told_ = f"/incidents/{incident['id']}/timeline?limit=2", []
    while path:
        answer = web.get(path)
        page = TimelinePage.model_validate(answer.json())
        told_ += [event.sequence for event in page.data]
        link = answer.headers.get("link")
        path = link and link.split(">")[0].removeprefix("<https://offers.example")
    assert told_ == [6, 5, 4, 3, 2, 1]
    only = web.get(f"/incidents/{incident['id']}/timeline?type=incident.changed").json()["data"]
    assert [event["sequence"] for event in only] == [6, 5, 4]
    accepted = web.get(f"/incidents/{incident['id']}/timeline?type=offer.accepted").json()["data"][0]
    assert (accepted["move"]["action"], accepted["offer"]) == ("accept", offer["id"])
    other, _ = offered(web, "C-timeline")
    cursor = web.get(f"/incidents/{incident['id']}/timeline?limit=1").json()["next_cursor"]
    assert web.get(f"/incidents/{other['id']}/timeline?limit=1&cursor={cursor}").status_code == 400


def test_one_answer_holds_the_latest_hundred(web):
    incident = record(web)
    service = web.app.state.services.incidents
    for number in range(105):
        service.change("north", incident["id"], renamed(number), key_of(web), version=None)
    shown = read(web, incident)
    assert [event["sequence"] for event in shown["events"]] == list(range(7, 107))
    assert shown["has_earlier_events"]


def renamed(number):
    return lambda incident: replace(incident, owner=f"Owner {number}")


def key_of(web):
    return web.headers["Authorization"].split("_")[1]


def test_what_was_told_is_not_changed_by_what_is_sent_later(web):
    """Merging does not reach into what another request sent."""
    body = told()
    before = deepcopy(body)
    incident = record(web, body)
    decide(web, incident)
    assert body == before


def escalate(web, hours):
    """What a worker does so many hours from now."""
    now = system_clock() + timedelta(hours=hours)
    store = web.app.state.services.store
    EscalationService(store, PolicyBook(store, lambda: now), lambda: now, random_id).escalate()


def test_what_nobody_answered_in_time_is_found_and_says_when(web):
    customer = {"reference": "waits"}
    forgotten, seen = (record(web, told(customer=customer)) for _ in range(2))
    message = {"direction": "out", "channel": "email", "words": "We look into it."}
    written = web.post(f"/incidents/{seen['id']}/messages", message, **{"Idempotency-Key": "seen"})
    assert written.status_code == 201, written.text
    again, offer = offered(web, "waits")
    finish(web, offer)
    web.post(f"/incidents/{again['id']}/reopen", {"reason": "It came late again."})
    escalate(web, 2)
    escalated, others = (
        web.get(f"/incidents?customer=waits&escalated={value}&limit=1").json() for value in ("true", "false")
    )
    assert [each["id"] for each in escalated["data"] + others["data"]] == [again["id"], seen["id"]]
    cursor = escalated["next_cursor"]
    rest = web.get(f"/incidents?customer=waits&escalated=true&limit=1&cursor={cursor}").json()
    assert ([each["id"] for each in rest["data"]], rest["has_more"]) == ([forgotten["id"]], False)
    for other in ("", "&escalated=false"):
        assert web.get(f"/incidents?customer=waits{other}&limit=1&cursor={cursor}").json()["code"] == "bad_cursor"
    assert web.get("/incidents?escalated=perhaps").status_code == 422
    exported = web.get("/incidents/export?customer=waits&escalated=true&format=ndjson").text.splitlines()
    (event,) = web.get(f"/incidents/{again['id']}/timeline?type=incident.escalated").json()["data"]
    assert event["clock"] == "acknowledge"
    assert json.loads(exported[0])["escalated_at"] == event["occurred_at"] == read(web, again)["escalated_at"]
    assert read(web, seen)["escalated_at"] is None
    TimelinePage.model_validate(web.get(f"/incidents/{again['id']}/timeline").json())
    IncidentDetail.model_validate(read(web, again))
